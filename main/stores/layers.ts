import type { DatabaseKind } from './database.ts'
import { runs } from './migrations/comparisons/0001-runs.ts'
import { inputsAndProfiles } from './migrations/comparisons/0002-inputs-and-profiles.ts'
import { causes } from './migrations/comparisons/0003-causes.ts'
import { featureComparisons } from './migrations/comparisons/0004-feature-comparisons.ts'
import { oldAgainstOld } from './migrations/comparisons/0005-old-against-old.ts'
import { sessions } from './migrations/curated/0001-sessions.ts'
import { quality } from './migrations/curated/0002-quality.ts'
import { findingIndexes } from './migrations/curated/0003-finding-indexes.ts'
import { featureSets } from './migrations/features/0001-feature-sets.ts'
import { legacyBars } from './migrations/legacy/0001-legacy-bars.ts'
import { duplicateMinutes } from './migrations/legacy/0003-duplicate-minutes.ts'
import { filesAndFeatures } from './migrations/legacy/0002-files-and-features.ts'
import { jobs } from './migrations/ops/0001-jobs.ts'
import { jobControls } from './migrations/ops/0002-job-controls.ts'
import { connectionLog } from './migrations/ops/0003-connection-log.ts'
import { qualityDecisions } from './migrations/ops/0004-quality-decisions.ts'
import { causeAcceptances } from './migrations/ops/0005-cause-acceptances.ts'
import { acceptanceExtents } from './migrations/ops/0006-acceptance-extents.ts'
import { responses } from './migrations/raw/0001-responses.ts'
import { verification } from './migrations/raw/0002-verification.ts'
import { priceRatio } from './migrations/raw/0003-price-ratio.ts'

/**
 * Page size of the layers that jobs write in bulk. A block is tens of kilobytes: with pages of 16 KiB writing takes about half
 * the time that it takes with 4 KiB. Larger ones gain little more and waste the rest of a block's last page.
 */
const BLOCK_PAGE_BYTES = 16_384

/**
 * A database per layer, so that one can be dropped or rebuilt without touching another. The application ids spell "SwY" and a
 * digit. Raw and ops hold what cannot be rebuilt and are synchronised fully.
 */
export const LAYERS = {
  raw: {
    name: 'raw',
    applicationId: 0x53775930,
    migrations: [responses, verification, priceRatio],
    synchronous: 'FULL',
  },
  curated: {
    name: 'curated',
    applicationId: 0x53775931,
    migrations: [sessions, quality, findingIndexes],
    synchronous: 'NORMAL',
    pageSize: BLOCK_PAGE_BYTES,
  },
  features: {
    name: 'features',
    applicationId: 0x53775932,
    migrations: [featureSets],
    synchronous: 'NORMAL',
    pageSize: BLOCK_PAGE_BYTES,
  },
  legacy: {
    name: 'legacy',
    applicationId: 0x53775933,
    migrations: [legacyBars, filesAndFeatures, duplicateMinutes],
    synchronous: 'NORMAL',
    pageSize: BLOCK_PAGE_BYTES,
  },
  comparisons: {
    name: 'comparisons',
    applicationId: 0x53775934,
    migrations: [runs, inputsAndProfiles, causes, featureComparisons, oldAgainstOld],
    synchronous: 'NORMAL',
  },
  ops: {
    name: 'ops',
    applicationId: 0x53775935,
    migrations: [jobs, jobControls, connectionLog, qualityDecisions, causeAcceptances, acceptanceExtents],
    synchronous: 'FULL',
  },
} as const satisfies Record<string, DatabaseKind>
