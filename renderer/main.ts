import './strict-csp.ts'

// Loaded in a second step, because a bundler may evaluate what the application imports before what stands above.
void import('./start.tsx')
