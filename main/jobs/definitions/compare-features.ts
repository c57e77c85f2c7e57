import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FeatureComparison } from '#shared/jobs/feature-comparison.ts'
import { addTotals, emptyTotals, FEATURE_PROFILE_BITS } from '#main/compare/compare-features.ts'
import { ProfileBook } from '#main/compare/distributions/profile-book.ts'
import { mergeLargest } from '#main/compare/largest-differences.ts'
import { checkFeatureNames, matchFeatures } from '#main/compare/match-features.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { compileFeatureSet } from '#main/pipeline/features/compute-features.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import type { CompareFeaturesTask, CompareTask } from '../compute/compute-task.ts'
import type { JobContext } from '../job-definition.ts'
import type { JobServices, LoadedFeatureSet } from '../job-services.ts'
import { defaultFeatureSet } from './features.ts'
import { planFeatures } from './plan-features.ts'

/** Which features a run compares, and of which set. */
export interface FeaturesToCompare {
  readonly definition: LoadedFeatureSet
  readonly features: FeatureComparison['features']
}

function definitionToCompare(services: JobServices): LoadedFeatureSet {
  return services.featureSet(services.config.comparison.features.set ?? defaultFeatureSet(services))
}

/** Throws CONFIG_INVALID when the configuration names a feature that the set does not have; for the `check` of a job. */
export function checkComparedFeatures(services: JobServices): void {
  const { name, columns } = definitionToCompare(services)
  checkFeatureNames(
    services.config.comparison.features,
    name,
    columns.map((column) => column.name),
  )
}

/**
 * The features that both pipelines have; null when there are none.
 *
 * @throws {SwitchyardError} CONFIG_INVALID when the configuration names a column that the old pipeline does not have, or the stored values
 *   of the set are of another definition.
 */
export function featuresToCompare(services: JobServices): FeaturesToCompare | null {
  const definition = definitionToCompare(services)
  const names = definition.columns.map(({ name }) => name)
  const features = matchFeatures(services.config.comparison.features, names, services.stores.legacy.featureNames())
  if (features.length === 0) return null
  const stored = services.stores.features.set(definition.name)
  if (stored !== undefined && stored.definitionHash !== definition.hash) {
    throw new SwitchyardError(
      'CONFIG_INVALID',
      `The definition of ${definition.name} is not the one that its stored values have.`,
      { hint: 'A changed definition is a new version: copy it to a new file with the next version number.' },
    )
  }
  return { definition, features: [...features] }
}

/**
 * Compares features in the symbols, dates and minutes in which a run compares bars, and stores sessions and distributions with the run,
 * which must have been begun.
 *
 * @param bars what the bars were compared by.
 */
export async function compareFeatures(
  { definition, features }: FeaturesToCompare,
  bars: readonly Omit<CompareTask, 'kind' | 'tolerances'>[],
  runId: string,
  { services, signal }: Pick<JobContext, 'services' | 'signal'>,
  onSession: (symbol: string, sessionDate: string, sessions: number) => void,
): Promise<FeatureComparison> {
  const { curated, comparisons, features: store } = services.stores
  const names = features.map(({ name }) => name)
  const { historySessions } = compileFeatureSet(definition)
  const tasks = bars.map((task): CompareFeaturesTask => {
    const { symbol, from, to } = task
    // As if nothing were stored: what a build of every session would be made from now.
    const { runs } = planFeatures({
      calendar: services.calendarOf(symbol),
      curated: curated.sessions(symbol),
      stored: [],
      definitionHash: definition.hash,
      historySessions,
      from,
      to,
    })
    const wanted = runs.flat().filter((session) => session.wanted)
    return {
      ...task,
      kind: 'compare-features',
      curatedFile: curated.file,
      featuresFile: store.file,
      set: store.set(definition.name) ?? null,
      features,
      inputsHashes: new Map(wanted.map(({ session, inputsHash }) => [session.date, inputsHash])),
    }
  })
  let counts = emptyTotals(names)
  let sessionsOutOfDate = 0
  let sessionsNotBuilt = 0
  const blocks: { symbol: string; sessionDate: string; oldHash: string | null; newHash: string | null }[] = []
  const compared = await services.pool.runAll<'compare-features'>(
    tasks,
    (batch) => {
      comparisons.features.addSessions(runId, batch)
      for (const { symbol, sessionDate, oldHash, newHash, state, counts: own } of batch) {
        blocks.push({ symbol, sessionDate, oldHash, newHash })
        counts = addTotals(counts, own)
        if (state === 'out-of-date') sessionsOutOfDate++
        if (state === 'not-built') sessionsNotBuilt++
      }
      const last = batch[batch.length - 1]
      onSession(last.symbol, last.sessionDate, blocks.length)
    },
    signal,
  )
  const book = new ProfileBook(FEATURE_PROFILE_BITS)
  for (const { pages } of compared) book.merge(pages)
  for (const { pages } of compared) {
    for (const { dimension, field, profiles } of pages) {
      if (dimension !== 'symbol') continue
      book.merge([{ dimension: 'all', field, profiles: { all: Object.values(profiles)[0] } }])
    }
  }
  for (const page of book.pages()) {
    comparisons.features.addProfiles(runId, [page])
    // Compressing them takes seconds; the engine answers in between.
    await nextTurn()
    signal.throwIfAborted()
  }
  const hashOf = (side: 'oldHash' | 'newHash'): string => {
    const lines = blocks
      .filter((block) => block[side] !== null)
      .map((block) => [block.symbol, block.sessionDate, block[side]] as const)
    return hashJson(lines.toSorted(([a, b], [c, d]) => (a < c || (a === c && b < d) ? -1 : 1)))
  }
  return {
    set: definition.name,
    definitionHash: definition.hash,
    features,
    sessions: blocks.length,
    sessionsOutOfDate,
    sessionsNotBuilt,
    oldHash: hashOf('oldHash'),
    newHash: hashOf('newHash'),
    counts,
    errors: Object.fromEntries(names.map((name) => [name, book.profile('all', name, 'all').summary()])),
    largest: mergeLargest(
      compared.map(({ largest }) => largest),
      bars[0]?.largestDifferences ?? 0,
      names,
    ),
  }
}

/** What the summary of a run says of features. */
export function featureWords(features: FeatureComparison | null): string[] {
  if (features === null) return []
  const { minutes } = features.counts
  return [
    `${features.features.length} features in ${minutes.common} common minutes: ${minutes.equal} equal, ${minutes.withinTolerance} within tolerance, ${minutes.different} different; ${minutes.oldOnly} only in old, ${minutes.newOnly} only in new.`,
    ...staleWords(features),
  ]
}

/** Why what was compared may not be what a build would give now. */
function staleWords({ sessionsOutOfDate, sessionsNotBuilt }: FeatureComparison): string[] {
  const sessions = (count: number): string => `${count} ${count === 1 ? 'session' : 'sessions'}`
  return [
    ...(sessionsOutOfDate === 0 ? [] : [`Features of ${sessions(sessionsOutOfDate)} are out of date.`]),
    ...(sessionsNotBuilt === 0 ? [] : [`Features of ${sessions(sessionsNotBuilt)} are not built.`]),
  ]
}

/** Whether features leave something for the operator to look at. */
export function hasFeatureFindings(features: FeatureComparison | null): boolean {
  if (features === null) return false
  const { different, oldOnly, newOnly } = features.counts.minutes
  return different + oldOnly + newOnly + features.sessionsOutOfDate + features.sessionsNotBuilt > 0
}
