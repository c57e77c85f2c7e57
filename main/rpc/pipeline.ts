import { resolve } from 'node:path'
import { listFolder } from '#main/legacy/list-folder.ts'
import { os } from './base.ts'
import { describedOf, filesOf, previewOf } from './old-data.ts'
import { sniff } from './legacy-sniff.ts'
import { oldOutputOf, oldRunsOf } from './old-runs.ts'
import { explain } from './explain.ts'
import { acknowledge, findingsOf, reopen, rulesOf, trendOf } from './quality-findings.ts'
import { gridOf, transformPlanOf } from './quality-grid.ts'
import { decideHours, sessionReportOf } from './session-report.ts'
import { coverageOf, planOf, sessionFetchOf, withoutNulls } from './coverage.ts'

export const ingest = os.ingest.router({
  plan: os.ingest.plan.handler(({ context, input }) => planOf(context.engine, input)),
  start: os.ingest.start.handler(({ context, input }) => context.engine.jobs.submit('ingest', input)),
  activity: os.ingest.activity.handler(({ context }) => context.engine.services.activity.activity),
  coverage: os.ingest.coverage.handler(({ context, input }) => coverageOf(context.engine, input)),
  session: os.ingest.session.handler(({ context, input }) =>
    sessionFetchOf(context.engine, input.symbol, input.sessionDate),
  ),
  revisions: os.ingest.revisions.handler(({ context, input }) =>
    context.engine.stores.raw.fetches.revisions(input).map((row) => withoutNulls(row)),
  ),
})

export const live = os.live.router({
  start: os.live.start.handler(({ context, input }) => context.engine.jobs.submit('live', input)),
  status: os.live.status.handler(({ context }) => [...context.engine.services.live.symbols]),
})

export const transform = os.transform.router({
  plan: os.transform.plan.handler(({ context, input }) => transformPlanOf(context.engine, input)),
  start: os.transform.start.handler(({ context, input }) => context.engine.jobs.submit('transform', input)),
  rebuild: os.transform.rebuild.handler(({ context, input }) => context.engine.jobs.submit('rebuild', input)),
  verify: os.transform.verify.handler(({ context, input }) => context.engine.jobs.submit('verify', input)),
})

export const quality = os.quality.router({
  findings: os.quality.findings.handler(({ context, input }) => findingsOf(context.engine, input)),
  rules: os.quality.rules.handler(({ context, input }) => rulesOf(context.engine, input)),
  grid: os.quality.grid.handler(({ context, input }) => gridOf(context.engine, input)),
  trend: os.quality.trend.handler(({ context, input }) => trendOf(context.engine, input)),
  session: os.quality.session.handler(({ context, input }) =>
    sessionReportOf(context.engine, input.symbol, input.sessionDate),
  ),
  explain: os.quality.explain.handler(({ context, input }) => explain(context.engine, input.symbol, input.at)),
  acknowledge: os.quality.acknowledge.handler(({ context, input }) => acknowledge(context.engine, input)),
  reopen: os.quality.reopen.handler(({ context, input }) => reopen(context.engine, input.findings)),
  decideHours: os.quality.decideHours.handler(({ context, input }) => decideHours(context.engine, input)),
  adjustments: os.quality.adjustments.handler(({ context, input }) => [
    ...context.engine.stores.curated.adjustments(input.symbols),
  ]),
})

export const features = os.features.router({
  build: os.features.build.handler(({ context, input }) => context.engine.jobs.submit('features', input)),
})

export const legacy = os.legacy.router({
  import: os.legacy.import.handler(({ context: { engine }, input }) => {
    engine.takeUpOldPipeline()
    return engine.jobs.submit('legacy-import', input)
  }),
  run: os.legacy.run.handler(({ context: { engine }, input }) => {
    engine.takeUpOldPipeline()
    return engine.jobs.submit('old-run', input)
  }),
  runs: os.legacy.runs.handler(({ context, input }) => oldRunsOf(context.engine, input.limit)),
  output: os.legacy.output.handler(({ context, input }) => oldOutputOf(context.engine, input.runId)),
  files: os.legacy.files.handler(({ context }) =>
    context.engine.stores.legacy.files().map(({ id: _id, stamp: _stamp, descriptionHash: _hash, ...file }) => ({
      ...file,
      clockChanges: { ...file.clockChanges },
      doubts: [...file.doubts],
    })),
  ),
  sniff: os.legacy.sniff.handler(({ context, input }) => sniff(context.engine, input)),
  rejected: os.legacy.rejected.handler(({ context, input }) => [...context.engine.stores.legacy.rejected(input)]),
  folder: os.legacy.folder.handler(({ context, input }) => listFolder(resolve(context.engine.folder, input.folder))),
  find: os.legacy.find.handler(({ context, input }) => filesOf(context.engine, input)),
  preview: os.legacy.preview.handler(({ context, input, signal }) => previewOf(context.engine, input, signal)),
  described: os.legacy.described.handler(({ context }) => describedOf(context.engine)),
  planChange: os.legacy.planChange.handler(({ context, input }) => context.engine.planDescriptionChange(input)),
  saveChange: os.legacy.saveChange.handler(({ context, input }) =>
    context.engine.saveDescriptionChange(input.change, input.fileHash),
  ),
})

export const dualRun = os.dualRun.router({
  start: os.dualRun.start.handler(({ context: { engine }, input }) => {
    engine.takeUpOldPipeline()
    return engine.jobs.submit('dual-run', input)
  }),
})

export const exporting = os.export.router({
  start: os.export.start.handler(({ context, input }) => context.engine.jobs.submit('export', input)),
})
