import { z } from 'zod'
import {
  COMPARED_FIELDS,
  type ComparedField,
  comparisonConfigSchema,
  toleranceRulesSchema,
} from '#shared/config/comparison-config.ts'
import type {
  ComparisonRun,
  ComparisonRunDetail,
  Drift,
  ErrorProfileReport,
  NoiseFloorRun,
  TrendPoint,
  WhatIf,
  whatIfInputSchema,
} from '#shared/contract/comparison.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { addCounts, emptyCounts } from '#main/compare/compare-session.ts'
import { ErrorProfile, type ProfileData } from '#main/compare/distributions/error-profile.ts'
import { noiseFloorOf } from '#main/compare/noise-floor.ts'
import { driftOf } from '#main/compare/distributions/drift.ts'
import type { ProfileDimension } from '#main/compare/distributions/profile-book.ts'
import { symbolTolerances } from '#main/compare/tolerances.ts'
import { recountSession } from '#main/compare/what-if.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { inSlices, readingApart } from './in-slices.ts'
import { featureDetail, featureWhatIf, profileReports } from './feature-comparison.ts'
import { type ComparisonStore, requireOldAgainstNew, type StoredRun } from '#main/stores/comparison-store.ts'

/** Answers about stored comparison runs. */

const settingsSchema = comparisonConfigSchema.extend({
  tickSizes: z.record(z.string(), z.number().nullable()).default({}),
})

/** The comparison configuration of a run and the tick sizes it used; what an older run did not have yet has its default. */
function settingsOf(run: StoredRun): z.infer<typeof settingsSchema> {
  return settingsSchema.parse(JSON.parse(run.settings))
}

export function fieldOf(name: string): ComparedField {
  const field = COMPARED_FIELDS.find((known) => known === name)
  if (field === undefined) {
    throw new SwitchyardError('BAD_ARGUMENTS', `${name} is not a compared field.`, {
      hint: `The compared fields are ${COMPARED_FIELDS.join(', ')}.`,
    })
  }
  return field
}

export function toRun(run: StoredRun): ComparisonRun {
  return {
    runId: run.runId,
    createdAtMs: run.createdAtMs,
    from: run.from,
    to: run.to,
    symbols: [...run.symbols],
    sessions: run.summary.sessions,
    sample: run.sample,
    oldRuns: run.oldRuns === null ? null : [...run.oldRuns],
    counts: run.summary.counts,
  }
}

export function noiseFloors(comparisons: ComparisonStore): NoiseFloorRun[] {
  return comparisons
    .noiseRuns()
    .flatMap(({ createdAtMs, from, to, symbols, summary, oldRuns }) =>
      oldRuns === null
        ? []
        : [{ createdAtMs, from, to, symbols: [...symbols], ...noiseFloorOf(summary, [...oldRuns]) }],
    )
}

export function runDetail(comparisons: ComparisonStore, runId: string): ComparisonRunDetail {
  const run = comparisons.run(runId)
  const { tolerances, overrides, sessionParts, settleMinutes, tickSizes } = settingsOf(run)
  const compared = Object.entries(tolerances).filter(([field]) => run.summary.counts.fields[field] !== undefined)
  return {
    ...toRun(run),
    oldPipeline: run.oldPipeline,
    tolerances: Object.fromEntries(compared),
    overrides,
    sessionParts,
    settleMinutes,
    tickSizes,
    inputs: { oldHash: run.oldHash, newHash: run.newHash, codeVersion: run.codeVersion },
    largest: run.summary.largest,
    perSession: comparisons.sessions(run.runId).map(({ symbol, sessionDate, counts }) => {
      const { fields: _fields, ...rest } = counts
      return { symbol, sessionDate, ...rest }
    }),
    features: featureDetail(comparisons, run),
  }
}

export function profilesOf(
  comparisons: ComparisonStore,
  runId: string,
  field: string,
  dimension: ProfileDimension,
): ErrorProfileReport[] {
  comparisons.run(runId)
  return profileReports(storedProfiles(comparisons, runId, dimension, field))
}

function storedProfiles(
  comparisons: ComparisonStore,
  runId: string,
  dimension: ProfileDimension,
  field: string,
): Readonly<Record<string, ProfileData>> {
  return (comparisons.profiles(runId, dimension, field) ?? {}) as Record<string, ProfileData>
}

export function whatIf(engine: Engine, input: z.infer<typeof whatIfInputSchema>): Promise<WhatIf> {
  return readingApart(engine, (comparisons) => whatIfIn(comparisons, input))
}

async function whatIfIn(comparisons: ComparisonStore, input: z.infer<typeof whatIfInputSchema>): Promise<WhatIf> {
  const run = comparisons.run(input.runId)
  const { tickSizes, tolerances, overrides, sessionParts } = settingsOf(run)
  const rules = toleranceRulesSchema.parse({
    tolerances: { ...tolerances, ...input.tolerances },
    overrides: input.overrides ?? overrides,
    sessionParts: input.sessionParts ?? sessionParts,
  })
  const ofSymbol = new Map(
    run.symbols.map((symbol) => [symbol, symbolTolerances(rules, symbol, tickSizes[symbol] ?? null)] as const),
  )
  const needsHours = rules.overrides.some(({ part }) => part !== undefined)
  let before = emptyCounts()
  let after = emptyCounts()
  for await (const session of inSlices(comparisons.rows(run.runId))) {
    const limits = ofSymbol.get(session.symbol)
    if (limits === undefined) continue
    if (needsHours && session.openTs === null && session.counts.common > 0) {
      throw new SwitchyardError('BAD_ARGUMENTS', `The run ${run.runId} does not know when its sessions opened.`, {
        hint: 'It was made by an earlier version. Compare anew, or leave out tolerances for parts of the session.',
      })
    }
    before = addCounts(before, session.counts)
    after = addCounts(after, recountSession(session, limits))
  }
  const features = await featureWhatIf(comparisons, run, input.features)
  return { runId: run.runId, sample: run.sample, rules, before, after, features }
}

export function trend(comparisons: ComparisonStore, limit: number): TrendPoint[] {
  const reference = comparisons.reference()?.runId
  return comparisons
    .runs(limit)
    .toReversed()
    .map((run) => {
      const { counts, errors, found } = run.summary
      const minutes = counts.common + counts.oldOnly + counts.newOnly
      return {
        runId: run.runId,
        createdAtMs: run.createdAtMs,
        from: run.from,
        to: run.to,
        symbols: run.symbols.length,
        sample: run.sample,
        minutes,
        unequalShare: minutes === 0 ? null : (counts.different + counts.oldOnly + counts.newOnly) / minutes,
        differentShare: counts.common === 0 ? null : counts.different / counts.common,
        withoutCauseShare: found === null || found.differences === 0 ? null : 1 - found.attributed / found.differences,
        p99: Object.fromEntries(Object.entries(errors).map(([field, error]) => [field, error.absolute.p99])),
        isReference: run.runId === reference,
      }
    })
}

/** Throws NOT_FOUND when no run is marked as the reference or one of the two has no distributions, BAD_ARGUMENTS for an A/A run. */
export function drift(comparisons: ComparisonStore, runId: string): Drift {
  requireOldAgainstNew(comparisons.run(runId))
  const reference = comparisons.reference()
  if (reference === undefined) {
    throw new SwitchyardError('NOT_FOUND', 'No run is marked as the reference.', {
      hint: 'Mark one: switchyard compare reference RUN.',
    })
  }
  const found = driftFrom(comparisons, runId, reference)
  if (found === undefined) {
    throw new SwitchyardError('NOT_FOUND', `${runId} and ${reference.runId} have no distributions in common.`, {
      hint: 'Runs of an earlier version have none. Compare anew, or mark another reference.',
    })
  }
  return found
}

/** How a run drifts from the reference; undefined when they have no distributions in common. */
export function driftFrom(
  comparisons: ComparisonStore,
  runId: string,
  reference: Drift['reference'],
): Drift | undefined {
  const profiles = (id: string): Record<string, ErrorProfile> =>
    Object.fromEntries(
      COMPARED_FIELDS.flatMap((field) => {
        const data = storedProfiles(comparisons, id, 'all', field)['all']
        return data === undefined ? [] : [[field, ErrorProfile.from(data)]]
      }),
    )
  const fields = driftOf(profiles(runId), profiles(reference.runId))
  return fields.length === 0 ? undefined : { runId, reference, fields: [...fields] }
}
