import { observedBars } from '#shared/bars.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { Histogram, Overlay } from '#shared/contract/contract.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { RowClass } from '#main/compare/compare-session.ts'
import { htmlReport } from '#main/compare/report/html-report.ts'
import { differenceHistogram } from '#main/compare/difference-histogram.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { os } from './base.ts'
import { acceptancesOf, acceptCause, compareGridOf, runCausesOf, withdrawAcceptance } from './comparison-causes.ts'
import { compareRowsOf } from './comparison-rows.ts'
import { oldSourceOf } from './old-source.ts'
import { inSlices, readingApart } from './in-slices.ts'
import { featureProfiles } from './feature-comparison.ts'
import { runReport } from './comparison-report.ts'
import { drift, fieldOf, noiseFloors, profilesOf, runDetail, toRun, trend, whatIf } from './comparison-runs.ts'

export const compare = os.compare.router({
  start: os.compare.start.handler(({ context, input }) => context.engine.jobs.submit('compare', input)),
  noiseFloor: os.compare.noiseFloor.handler(({ context: { engine }, input }) => {
    engine.takeUpOldPipeline()
    return engine.jobs.submit('noise-floor', input)
  }),
  noiseFloors: os.compare.noiseFloors.handler(({ context }) => noiseFloors(context.engine.stores.comparisons)),
  runs: os.compare.runs.handler(({ context }) => context.engine.stores.comparisons.runs().map(toRun)),
  run: os.compare.run.handler(({ context, input }) => runDetail(context.engine.stores.comparisons, input.runId)),
  report: os.compare.report.handler(({ context, input }) => runReport(context.engine, input.runId)),
  reportHtml: os.compare.reportHtml.handler(async ({ context, input }) => ({
    html: htmlReport(await runReport(context.engine, input.runId)),
  })),
  profiles: os.compare.profiles.handler(({ context, input }) =>
    profilesOf(context.engine.stores.comparisons, input.runId, fieldOf(input.field), input.dimension),
  ),
  featureProfiles: os.compare.featureProfiles.handler(({ context, input }) =>
    featureProfiles(context.engine.stores.comparisons, input.runId, input.feature, input.dimension),
  ),
  whatIf: os.compare.whatIf.handler(({ context, input }) => whatIf(context.engine, input)),
  trend: os.compare.trend.handler(({ context, input }) => trend(context.engine.stores.comparisons, input.limit)),
  reference: os.compare.reference.handler(({ context }) => context.engine.stores.comparisons.reference() ?? null),
  markReference: os.compare.markReference.handler(({ context, input }) => {
    const { services, stores } = context.engine
    stores.comparisons.markReference(input.runId, services.nowMs())
    services.publish({ kind: 'layer', layer: 'comparisons' })
    return stores.comparisons.reference() ?? null
  }),
  drift: os.compare.drift.handler(({ context, input }) => drift(context.engine.stores.comparisons, input.runId)),
  causes: os.compare.causes.handler(({ context, input }) => runCausesOf(context.engine, input.runId)),
  acceptCause: os.compare.acceptCause.handler(({ context, input }) => acceptCause(context.engine, input)),
  withdrawAcceptance: os.compare.withdrawAcceptance.handler(({ context, input }) =>
    withdrawAcceptance(context.engine, input),
  ),
  acceptances: os.compare.acceptances.handler(({ context }) => [...acceptancesOf(context.engine)]),
  grid: os.compare.grid.handler(({ context, input }) => compareGridOf(context.engine, input.runId)),
  rows: os.compare.rows.handler(({ context, input }) => compareRowsOf(context.engine, input)),
  oldSource: os.compare.oldSource.handler(({ context, input }) => oldSourceOf(context.engine, input)),
  overlay: os.compare.overlay.handler(({ context, input }) => overlayOf(context.engine, input)),
  histogram: os.compare.histogram.handler(({ context, input }) => histogramOf(context.engine, input)),
})

function overlayOf(engine: Engine, input: { symbol: string; sessionDate: string; field: string }): Overlay {
  const field = fieldOf(input.field)
  const calendar = engine.services.calendarOf(input.symbol)
  const session = calendar.session(input.sessionDate)
  if (session === null) {
    throw new SwitchyardError('NO_SESSIONS', `${calendar.id} has no session on ${input.sessionDate}.`, {
      hint: 'Choose a day on which the exchange was open.',
    })
  }
  const old = engine.stores.legacy.block(input.symbol, input.sessionDate)?.bars
  const block = engine.stores.curated.block(input.symbol, input.sessionDate)
  // What was filled was not received and is not compared.
  const fresh = block === undefined ? undefined : observedBars(block.bars)
  const values = new Map<number, { old: number | null; new: number | null }>()
  const put = (side: 'old' | 'new', bars: typeof old): void => {
    bars?.ts.forEach((ts, i) => {
      const row = values.get(ts) ?? { old: null, new: null }
      const value = bars[field][i]
      row[side] = Number.isNaN(value) ? null : value
      values.set(ts, row)
    })
  }
  put('old', old)
  put('new', fresh)
  const ts = [...values.keys()].sort((a, b) => a - b)
  return {
    symbol: input.symbol,
    sessionDate: input.sessionDate,
    zone: calendar.zone,
    openTs: session.openTs,
    closeTs: session.closeTs,
    field,
    ts,
    old: ts.map((at) => values.get(at)?.old ?? null),
    new: ts.map((at) => values.get(at)?.new ?? null),
  }
}

async function histogramOf(
  engine: Engine,
  input: { runId: string; field: string; symbol?: string | undefined },
): Promise<Histogram> {
  const field = fieldOf(input.field)
  const f = COMPARED_FIELDS.indexOf(field)
  engine.stores.comparisons.run(input.runId)
  return readingApart(engine, async (comparisons) => {
    const differences: number[] = []
    let zeros = 0
    for await (const rows of inSlices(comparisons.rows(input.runId, input.symbol))) {
      const count = rows.ts.length
      if (rows.counts.fields[field] === undefined) continue
      // Rows that are equal in every field are only counted.
      zeros += rows.counts.equal
      for (let i = 0; i < count; i++) {
        if (rows.class[i] !== RowClass.Different && rows.class[i] !== RowClass.WithinTolerance) continue
        const difference = rows.newValues[f * count + i] - rows.oldValues[f * count + i]
        if (difference === 0) zeros++
        else if (Number.isFinite(difference)) differences.push(difference)
      }
    }
    return differenceHistogram(field, Float64Array.from(differences), zeros)
  })
}
