import { previewPlan } from '#main/tws/plan-ingest.ts'
import { ingestPlanInput } from '#main/jobs/definitions/ingest.ts'
import { os } from './base.ts'

export const ingest = os.ingest.router({
  plan: os.ingest.plan.handler(({ context, input }) =>
    previewPlan(ingestPlanInput(input, context.engine.services), input.from, input.to),
  ),
  start: os.ingest.start.handler(({ context, input }) => context.engine.jobs.submit('ingest', input)),
})

export const transform = os.transform.router({
  start: os.transform.start.handler(({ context, input }) => context.engine.jobs.submit('transform', input)),
  rebuild: os.transform.rebuild.handler(({ context, input }) => context.engine.jobs.submit('rebuild', input)),
  verify: os.transform.verify.handler(({ context, input }) => context.engine.jobs.submit('verify', input)),
})

export const quality = os.quality.router({
  findings: os.quality.findings.handler(({ context, input }) => [...context.engine.stores.curated.findings(input)]),
})

export const features = os.features.router({
  build: os.features.build.handler(({ context, input }) => context.engine.jobs.submit('features', input)),
})

export const legacy = os.legacy.router({
  import: os.legacy.import.handler(({ context, input }) => context.engine.jobs.submit('legacy-import', input)),
  rejected: os.legacy.rejected.handler(({ context, input }) => [...context.engine.stores.legacy.rejected(input.limit)]),
})

export const exporting = os.export.router({
  start: os.export.start.handler(({ context, input }) => context.engine.jobs.submit('export', input)),
})
