import { BAR_SECONDS } from '#shared/bars.ts'
import { sampleSeed } from '#main/compare/block-comparer.ts'
import { addCounts, emptyCounts } from '#main/compare/compare-session.ts'
import { ProfileBook, type ProfilePage } from '#main/compare/distributions/profile-book.ts'
import { adjustTests, type SingleTest } from '#main/compare/distributions/value-tests.ts'
import { type LargestDifference, mergeLargest } from '#main/compare/largest-differences.ts'
import { type SymbolTolerances, symbolTolerances } from '#main/compare/tolerances.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { SessionDate } from '#shared/time.ts'
import type { ComparisonSession } from '#main/stores/comparison-store.ts'
import type { CompareResult, FoundCauses } from '#shared/jobs/job-kinds.ts'
import type { CompareTask } from '../compute/compute-task.ts'
import type { JobDefinition } from '../job-definition.ts'
import type { SymbolResult } from '../compute/compute-task.ts'
import { isInterruption } from '../interruption.ts'
import type { JobServices } from '../job-services.ts'
import { comparedSides } from '../compared-sides.ts'
import { checkSelection, selectedDates, selectedSymbols } from '../selection.ts'
import {
  checkComparedFeatures,
  compareFeatures,
  featuresToCompare,
  featureWords,
  hasFeatureFindings,
} from './compare-features.ts'
import { requireOldPipeline } from './legacy-import.ts'

export const compareJob: JobDefinition<'compare'> = {
  kind: 'compare',
  title: 'Compare old and new',
  lane: 'comparisons',
  controls: [],
  steps: [
    { title: 'Comparing', weight: 2 },
    { title: 'Comparing features', weight: 1 },
  ],
  check: (params, services) => {
    requireOldPipeline(services)
    checkSelection(params, services)
    const { settleMinutes: _settle, largestDifferences: _largest, ...rules } = services.config.comparison
    for (const symbol of selectedSymbols(params, services))
      symbolTolerances(rules, symbol, tickSizeOf(symbol, services))
    checkComparedFeatures(services)
  },
  run: async (params, { services, signal, report, jobId }) => {
    const { comparisons } = services.stores
    const runId = jobId
    // The engine may have died between finishing the run and noting that the job is done.
    if (comparisons.isFinished(runId)) return comparisons.run(runId).summary
    const { settleMinutes, largestDifferences, ...toleranceRules } = services.config.comparison
    const sample = params.sample ?? null
    // Where minutes are left out, neighbours are missing: a shift in time could not be told from anything else.
    const isSearched = sample === null && params.causes !== false && params.oldRuns === undefined
    const oldPipeline = requireOldPipeline(services)
    const wanted = selectedDates(params)
    const sides = comparedSides(params, services)
    const selected = selectedSymbols(params, services).map((symbol) => ({
      symbol,
      dates: [...new Set(sides.dates(symbol, wanted.from, wanted.to))],
    }))
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
    const total = symbols.reduce((sum, { dates }) => sum + dates.length, 0)
    const featurePlan = params.oldRuns === undefined ? featuresToCompare(services) : null
    const { createdAtMs, done } = comparisons.begin(
      {
        runId,
        from,
        to,
        symbols: symbols.map(({ symbol }) => symbol),
        oldPipeline: oldPipeline.name,
        settings: canonicalJson({ ...services.config.comparison, tickSizes }),
        codeVersion: services.version,
        sample,
        oldRuns: params.oldRuns,
      },
      services.nowMs(),
    )
    try {
      let counts = emptyCounts()
      let sessions = 0
      const tasks = symbols.map(({ symbol, dates }): CompareTask => ({
        kind: 'compare',
        legacyFile: sides.legacyFile,
        newSide: sides.newSide(symbol, from, to),
        symbol,
        from,
        to,
        tolerances: tolerancesOf.get(symbol) as SymbolTolerances,
        // A minute is over 60 s after its start.
        unsettledFromTs:
          settleMinutes === 0 ? null : Math.floor(createdAtMs / 1000) - 60 * settleMinutes - BAR_SECONDS + 1,
        sample: sample === null ? null : { share: sample, seed: sampleSeed(symbol) },
        largestDifferences,
        hours: isSearched ? hoursOf(symbol, dates, services) : null,
        tickSize: tickSizes[symbol],
      }))
      const rest = symbols.filter(({ symbol, dates }) => {
        if (!done.includes(symbol)) return true
        const added = comparisons.addedSessions(runId, symbol)
        if (params.oldRuns !== undefined || !isAsCompared(symbol, dates, added, services)) {
          comparisons.dropSymbol(runId, symbol)
          return true
        }
        for (const session of added) counts = addCounts(counts, session.counts)
        sessions += added.length
        return false
      })
      // The search for causes takes about as long as the comparison.
      let searched = sessions
      const restSymbols = new Set(rest.map(({ symbol }) => symbol))
      await services.pool.runAll<'compare'>(
        tasks.filter(({ symbol }) => restSymbols.has(symbol)),
        (batch, index) => {
          if (batch.kind === 'symbol') {
            comparisons.addSymbol(runId, batch.symbol)
            searched += rest[index].dates.length
          } else {
            comparisons.addSessions(runId, batch.sessions)
            for (const session of batch.sessions) counts = addCounts(counts, session.counts)
            sessions += batch.sessions.length
          }
          report(0, (sessions + searched) / (2 * total), {
            detail: rest[index].symbol,
            done: sessions,
            total,
            unit: 'sessions',
          })
        },
        signal,
      )
      const book = new ProfileBook()
      const tests: SingleTest[] = []
      const found: SymbolResult['found'][] = []
      const largest: (readonly LargestDifference[])[] = []
      for (const { symbol } of symbols) {
        const { pages, ...own } = comparisons.symbolResult(runId, symbol) as SymbolResult
        book.merge(pages)
        for (const page of pages) if (page.dimension === 'symbol') book.merge([wholeOf(page)])
        tests.push(...own.tests)
        found.push(own.found)
        largest.push(own.largest)
      }
      const features =
        featurePlan === null
          ? null
          : await compareFeatures(featurePlan, tasks, runId, { services, signal }, (symbol, sessionDate, done) =>
              report(1, Math.min(1, done / total), { detail: `${symbol} ${sessionDate}`, done, unit: 'sessions' }),
            )
      const fields = COMPARED_FIELDS.filter((field) => counts.fields[field] !== undefined)
      const result: CompareResult = {
        runId,
        sessions,
        oldRuns: params.oldRuns ?? null,
        sample,
        counts,
        errors: Object.fromEntries(fields.map((field) => [field, book.profile('all', field, 'all').summary()])),
        tests: [...adjustTests(tests)],
        largest: mergeLargest(largest, largestDifferences),
        found: mergeFound(found),
        features,
      }
      comparisons.addProfiles(runId, book.pages())
      comparisons.finish(runId, result)
      services.publish({ kind: 'layer', layer: 'comparisons' })
      return result
    } catch (thrown) {
      // What the engine's end interrupts goes on after the next start.
      if (!isInterruption(signal)) comparisons.discard(runId)
      throw thrown
    }
  },
  hasFindings: ({ counts, features }) =>
    counts.different + counts.oldOnly + counts.newOnly > 0 || hasFeatureFindings(features),
  summary: ({ counts, sample, found, features, oldRuns }) =>
    [
      ...(oldRuns === null ? [] : ['The old pipeline against itself.']),
      `${counts.common} common minutes: ${counts.equal} equal, ${counts.withinTolerance} within tolerance, ${counts.different} different; ${counts.oldOnly} only in ${oldRuns === null ? 'old' : 'the first run'}, ${counts.newOnly} only in ${oldRuns === null ? 'new' : 'the second'}.`,
      ...(counts.duplicateKeys === 0 ? [] : [`${counts.duplicateKeys} minutes more than once in old.`]),
      ...(counts.notSettled === 0 ? [] : [`${counts.notSettled} not settled yet.`]),
      ...foundWords(found),
      ...(sample === null ? [] : [`Of a sample of ${Number((sample * 100).toPrecision(6))} % of the minutes.`]),
      ...featureWords(features),
    ].join(' '),
}

/** The causes of all symbols together; null where none were looked for. */
function mergeFound(symbols: readonly SymbolResult['found'][]): CompareResult['found'] {
  const searched = symbols.filter((found) => found !== null)
  if (searched.length === 0) return null
  const causes = new Map<string, FoundCauses['causes'][number]>()
  for (const cause of searched.flatMap((found) => found.causes).sort((a, b) => b.explained - a.explained)) {
    const { explained, symbols: count } = causes.get(cause.key) ?? { explained: 0, symbols: 0 }
    // The symbol that shows it most says it for all.
    const words = causes.get(cause.key)?.words ?? cause.words
    causes.set(cause.key, { key: cause.key, words, explained: explained + cause.explained, symbols: count + 1 })
  }
  return {
    differences: searched.reduce((sum, { differences }) => sum + differences, 0),
    attributed: searched.reduce((sum, { attributed }) => sum + attributed, 0),
    causes: [...causes.values()].sort((a, b) => b.explained - a.explained || (a.key < b.key ? -1 : 1)),
  }
}

function foundWords(found: CompareResult['found']): string[] {
  if (found === null || found.differences === 0) return []
  const { differences, attributed, causes } = found
  if (causes.length === 0) return [`No cause was found for the ${differences} differences.`]
  const share = Number(((100 * attributed) / differences).toPrecision(4))
  const names = causes.length === 1 ? 'One cause explains' : `${causes.length} causes explain`
  return [`${names} ${attributed} of ${differences} differences (${share} %).`]
}

/** Whether what was compared of a symbol before an interruption is what is stored now. */
function isAsCompared(
  symbol: string,
  dates: readonly SessionDate[],
  added: readonly Pick<ComparisonSession, 'sessionDate' | 'oldHash' | 'newHash'>[],
  { stores: { curated, legacy } }: JobServices,
): boolean {
  const oldHashes = legacy.contentHashes(symbol)
  const newHashes = new Map(
    curated
      .sessions(symbol, dates[0], dates[dates.length - 1])
      .map(({ session, contentHash }) => [session.date, contentHash]),
  )
  return (
    dates.length === added.length &&
    added.every(
      ({ sessionDate, oldHash, newHash }) =>
        (oldHashes.get(sessionDate) ?? null) === oldHash && (newHashes.get(sessionDate) ?? null) === newHash,
    )
  )
}

/** The sessions of the calendar on these days; the old side may have bars on other days, too. */
function hoursOf(symbol: string, dates: readonly SessionDate[], services: JobServices): readonly Session[] {
  const calendar = services.calendarOf(symbol)
  return dates.flatMap((date) => calendar.session(date) ?? [])
}

/** The profiles of a symbol as part of the whole run. */
function wholeOf({ field, profiles }: ProfilePage): ProfilePage {
  return { dimension: 'all', field, profiles: { all: Object.values(profiles)[0] } }
}

/** The smallest price step: as configured, else as the broker says; null where neither is known. */
export function tickSizeOf(symbol: string, services: JobServices): number | null {
  return services.symbolConfig(symbol).tickSize ?? services.stores.raw.instrument(symbol)?.minTick ?? null
}
