import type { JobDefinitions } from '../job-definition.ts'
import { compareJob } from './compare.ts'
import { dualRunJob } from './dual-run.ts'
import { exportJob } from './export.ts'
import { featuresJob } from './features.ts'
import { ingestJob } from './ingest.ts'
import { liveJob } from './live.ts'
import { legacyImportJob } from './legacy-import.ts'
import { noiseFloorJob } from './noise-floor.ts'
import { oldRunJob } from './old-run.ts'
import { rebuildJob, transformJob } from './transform.ts'
import { verifyJob } from './verify.ts'

/** Every kind of job that the engine can do. */
export const JOB_DEFINITIONS: JobDefinitions = {
  ingest: ingestJob,
  live: liveJob,
  transform: transformJob,
  features: featuresJob,
  'legacy-import': legacyImportJob,
  'old-run': oldRunJob,
  compare: compareJob,
  'noise-floor': noiseFloorJob,
  'dual-run': dualRunJob,
  export: exportJob,
  rebuild: rebuildJob,
  verify: verifyJob,
}
