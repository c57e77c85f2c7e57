import type { RunCause, RunCauses } from '#shared/contract/causes.ts'

interface Together {
  readonly cause: RunCause
  readonly explained: number
}

/** Causes that part of the differences of one need besides it, the most frequent first. */
export function togetherWith({ causes, combinations }: RunCauses, { causeKey }: RunCause): readonly Together[] {
  return causes
    .filter((other) => other.causeKey !== causeKey)
    .map((other) => ({
      cause: other,
      explained: combinations
        .filter(({ causeKeys }) => causeKeys.includes(causeKey) && causeKeys.includes(other.causeKey))
        .reduce((sum, { explained }) => sum + explained, 0),
    }))
    .filter(({ explained }) => explained > 0)
    .toSorted((a, b) => b.explained - a.explained)
}
