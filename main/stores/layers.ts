import type { DatabaseKind } from './database.ts'
import { runs } from './migrations/comparisons/0001-runs.ts'
import { sessions } from './migrations/curated/0001-sessions.ts'
import { featureSets } from './migrations/features/0001-feature-sets.ts'
import { legacyBars } from './migrations/legacy/0001-legacy-bars.ts'
import { jobs } from './migrations/ops/0001-jobs.ts'
import { responses } from './migrations/raw/0001-responses.ts'

/**
 * A database per layer, so that one can be dropped or rebuilt without touching another. The application ids spell "SwY" and a
 * digit. Raw and ops hold what cannot be rebuilt and are synchronised fully.
 */
export const LAYERS = {
  raw: { name: 'raw', applicationId: 0x53775930, migrations: [responses], synchronous: 'FULL' },
  curated: { name: 'curated', applicationId: 0x53775931, migrations: [sessions], synchronous: 'NORMAL' },
  features: { name: 'features', applicationId: 0x53775932, migrations: [featureSets], synchronous: 'NORMAL' },
  legacy: { name: 'legacy', applicationId: 0x53775933, migrations: [legacyBars], synchronous: 'NORMAL' },
  comparisons: { name: 'comparisons', applicationId: 0x53775934, migrations: [runs], synchronous: 'NORMAL' },
  ops: { name: 'ops', applicationId: 0x53775935, migrations: [jobs], synchronous: 'FULL' },
} as const satisfies Record<string, DatabaseKind>
