import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { lazy } from 'react'
import { Route, Router, Switch } from 'wouter'
import { queryClient } from './engine-client.ts'
import { useHashLocation } from './hash-location.ts'
import { NotFoundPage } from './shell/not-found-page.tsx'
import { Shell } from './shell/shell.tsx'
import { roleVariables, theme } from './theme.ts'

const OverviewPage = lazy(() => import('./pages/overview/overview-page.tsx'))
const ConnectionPage = lazy(() => import('./pages/connection/connection-page.tsx'))
const IngestPage = lazy(() => import('./pages/ingest/ingest-page.tsx'))
const QualityPage = lazy(() => import('./pages/quality/quality-page.tsx'))
const OldDataPage = lazy(() => import('./pages/old-data/old-data-page.tsx'))
const DescribePage = lazy(() => import('./pages/old-data/describe-page.tsx'))
const ComparePage = lazy(() => import('./pages/compare/compare-page.tsx'))

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={roleVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        {/* The router's way to be given where the address is: it calls the hook itself. */}
        {/* oxlint-disable-next-line react/hooks */}
        <Router hook={useHashLocation}>
          <Shell>
            <Switch>
              <Route path="/" component={OverviewPage} />
              <Route path="/connection" component={ConnectionPage} />
              <Route path="/ingest" component={IngestPage} />
              <Route path="/quality" component={QualityPage} />
              <Route path="/old-data" component={OldDataPage} />
              <Route path="/old-data/describe" component={DescribePage} />
              <Route path="/compare" component={ComparePage} />
              <Route path="/compare/:runId" component={ComparePage} />
              <Route component={NotFoundPage} />
            </Switch>
          </Shell>
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  )
}
