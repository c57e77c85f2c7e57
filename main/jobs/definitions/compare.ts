import { BAR_SECONDS } from '#shared/bars.ts'
import { sampleSeed } from '#main/compare/block-comparer.ts'
import { addCounts, emptyCounts } from '#main/compare/compare-session.ts'
import { ProfileBook, type ProfilePage } from '#main/compare/distributions/profile-book.ts'
import { adjustTests } from '#main/compare/distributions/value-tests.ts'
import { mergeLargest } from '#main/compare/largest-differences.ts'
import { type SymbolTolerances, symbolTolerances } from '#main/compare/tolerances.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { CompareResult } from '#shared/jobs/job-kinds.ts'
import type { JobDefinition } from '../job-definition.ts'
import type { JobServices } from '../job-services.ts'
import { checkSelection, selectedDates, selectedSymbols } from '../selection.ts'
import { requireOldPipeline } from './legacy-import.ts'

export const compareJob: JobDefinition<'compare'> = {
  kind: 'compare',
  title: 'Compare old and new',
  lane: 'comparisons',
  controls: [],
  steps: [{ title: 'Comparing', weight: 1 }],
  check: (params, services) => {
    requireOldPipeline(services)
    checkSelection(params, services)
    const { settleMinutes: _settle, largestDifferences: _largest, ...rules } = services.config.comparison
    for (const symbol of selectedSymbols(params, services))
      symbolTolerances(rules, symbol, tickSizeOf(symbol, services))
  },
  run: async (params, { services, signal, report, jobId }) => {
    const { curated, legacy, comparisons } = services.stores
    const runId = jobId
    // The engine may have died between finishing the run and noting that the job is done.
    if (comparisons.isFinished(runId)) return comparisons.run(runId).summary
    const { settleMinutes, largestDifferences, ...toleranceRules } = services.config.comparison
    const nowMs = services.nowMs()
    const sample = params.sample ?? null
    const oldPipeline = requireOldPipeline(services)
    const wanted = selectedDates(params)
    const selected = selectedSymbols(params, services).map((symbol) => {
      const dates = [
        ...legacy.sessionDates(symbol, wanted.from, wanted.to),
        ...curated.sessions(symbol, wanted.from, wanted.to).map(({ session }) => session.date),
      ].sort()
      return { symbol, dates }
    })
    const symbols = selected.filter(({ dates }) => dates.length > 0)
    if (symbols.length === 0) {
      throw new SwitchyardError('NOTHING_TO_DO', 'Neither the old nor the new pipeline has bars in this selection.', {
        hint: 'Import the old pipeline and curate the new bars first.',
      })
    }
    const tickSizes = Object.fromEntries(symbols.map(({ symbol }) => [symbol, tickSizeOf(symbol, services)]))
    const tolerancesOf = new Map(
      symbols.map(({ symbol }) => [symbol, symbolTolerances(toleranceRules, symbol, tickSizes[symbol])] as const),
    )
    // The run says what it really covered, not how open the question was.
    const from = symbols.map(({ dates }) => dates[0]).sort()[0]
    const to = symbols.map(({ dates }) => dates[dates.length - 1]).sort()[symbols.length - 1]
    const total = symbols.reduce((sum, { dates }) => sum + new Set(dates).size, 0)
    comparisons.begin(
      {
        runId,
        from,
        to,
        symbols: symbols.map(({ symbol }) => symbol),
        oldPipeline: oldPipeline.name,
        settings: canonicalJson({ ...services.config.comparison, tickSizes }),
        codeVersion: services.version,
        sample,
      },
      nowMs,
    )
    try {
      let counts = emptyCounts()
      let sessions = 0
      const compared = await services.pool.runAll<'compare'>(
        symbols.map(({ symbol }) => ({
          kind: 'compare',
          curatedFile: curated.file,
          legacyFile: legacy.file,
          symbol,
          from,
          to,
          tolerances: tolerancesOf.get(symbol) as SymbolTolerances,
          // A minute is over 60 s after its start.
          unsettledFromTs: settleMinutes === 0 ? null : Math.floor(nowMs / 1000) - 60 * settleMinutes - BAR_SECONDS + 1,
          sample: sample === null ? null : { share: sample, seed: sampleSeed(symbol) },
          largestDifferences,
        })),
        (batch) => {
          comparisons.addSessions(runId, batch)
          for (const session of batch) counts = addCounts(counts, session.counts)
          sessions += batch.length
          const last = batch[batch.length - 1]
          report(0, sessions / total, {
            detail: `${last.symbol} ${last.sessionDate}`,
            done: sessions,
            total,
            unit: 'sessions',
          })
        },
        signal,
      )
      const book = new ProfileBook()
      for (const { pages } of compared) {
        book.merge(pages)
        for (const page of pages) if (page.dimension === 'symbol') book.merge([wholeOf(page)])
      }
      const fields = COMPARED_FIELDS.filter((field) => counts.fields[field] !== undefined)
      const result: CompareResult = {
        runId,
        sessions,
        sample,
        counts,
        errors: Object.fromEntries(fields.map((field) => [field, book.profile('all', field, 'all').summary()])),
        tests: [...adjustTests(compared.flatMap(({ tests }) => tests))],
        largest: mergeLargest(
          compared.map(({ largest }) => largest),
          largestDifferences,
        ),
      }
      comparisons.addProfiles(runId, book.pages())
      comparisons.finish(runId, result)
      services.publish({ kind: 'layer', layer: 'comparisons' })
      return result
    } catch (thrown) {
      comparisons.discard(runId)
      throw thrown
    }
  },
  hasFindings: ({ counts }) => counts.different + counts.oldOnly + counts.newOnly > 0,
  summary: ({ counts, sample }) =>
    [
      `${counts.common} common minutes: ${counts.equal} equal, ${counts.withinTolerance} within tolerance, ${counts.different} different; ${counts.oldOnly} only in old, ${counts.newOnly} only in new.`,
      ...(counts.duplicateKeys === 0 ? [] : [`${counts.duplicateKeys} minutes more than once in old.`]),
      ...(counts.notSettled === 0 ? [] : [`${counts.notSettled} not settled yet.`]),
      ...(sample === null ? [] : [`Of a sample of ${Number((sample * 100).toPrecision(6))} % of the minutes.`]),
    ].join(' '),
}

/** The profiles of a symbol as part of the whole run. */
function wholeOf({ field, profiles }: ProfilePage): ProfilePage {
  return { dimension: 'all', field, profiles: { all: Object.values(profiles)[0] } }
}

/** The smallest price step: as configured, else as the broker says; null where neither is known. */
export function tickSizeOf(symbol: string, services: JobServices): number | null {
  return services.symbolConfig(symbol).tickSize ?? services.stores.raw.instrument(symbol)?.minTick ?? null
}
