/**
 * Progress of long work: a union by `kind`, a fraction from 0 to 1, and weighted steps, so that a job made of unequal parts
 * moves evenly.
 */
export type Progress =
  | { readonly kind: 'waiting'; readonly fraction: 0; readonly title: string }
  | {
      readonly kind: 'working'
      /** Share of the whole work that is done, 0 to 1. */
      readonly fraction: number
      /** Name of the running step. */
      readonly title: string
      /** What exactly is being done, for example "SPY 2024-07-01 to 2024-07-08". */
      readonly detail?: string | undefined
      readonly done?: number | undefined
      readonly total?: number | undefined
      /** Unit of `done` and `total`, plural: "sessions", "requests". */
      readonly unit?: string | undefined
      /** Estimated time left in milliseconds; absent until there is enough to estimate from. */
      readonly remainingMs?: number | undefined
    }
  | { readonly kind: 'finished'; readonly fraction: 1; readonly title: string }

export interface ProgressStep {
  readonly title: string
  /** Expected share of the work relative to the other steps; any positive number. */
  readonly weight: number
}

/** Fraction of the whole when `stepFraction` (0 to 1) of step `index` is done and all earlier steps are. */
export function weightedFraction(steps: readonly ProgressStep[], index: number, stepFraction: number): number {
  let before = 0
  let total = 0
  for (let i = 0; i < steps.length; i++) {
    if (i < index) before += steps[i].weight
    total += steps[i].weight
  }
  if (total === 0) return 0
  const current = steps[index]?.weight ?? 0
  return Math.min(1, (before + current * Math.min(1, Math.max(0, stepFraction))) / total)
}

/**
 * Time left in milliseconds if the rest goes at the average pace so far; undefined during the first 2 % and the first
 * second, when the average says nothing.
 */
export function estimateRemainingMs(fraction: number, elapsedMs: number): number | undefined {
  if (fraction < 0.02 || elapsedMs < 1000) return undefined
  return Math.round((elapsedMs * (1 - fraction)) / fraction)
}
