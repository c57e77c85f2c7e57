import type { CompareResult, NoiseFloor } from '#shared/jobs/job-kinds.ts'

/** The noise floor that an A/A run shows, field by field. What is within tolerance is unequal here: noise has no tolerance. */
export function noiseFloorOf(
  result: Pick<CompareResult, 'runId' | 'counts' | 'errors'>,
  oldRuns: NoiseFloor['oldRuns'],
): NoiseFloor {
  const { counts, errors } = result
  const fields = Object.entries(counts.fields).map(
    ([field, { equal, withinTolerance, different, nullVersusValue }]) => {
      const unequal = withinTolerance + different + nullVersusValue
      const minutes = equal + unequal
      return [
        field,
        {
          minutes,
          unequal,
          unequalShare: minutes === 0 ? null : unequal / minutes,
          p99: errors[field]?.absolute.p99 ?? null,
          max: errors[field]?.absolute.max ?? null,
        },
      ] as const
    },
  )
  return {
    runId: result.runId,
    oldRuns,
    onlyFirst: counts.oldOnly,
    onlySecond: counts.newOnly,
    fields: Object.fromEntries(fields),
  }
}
