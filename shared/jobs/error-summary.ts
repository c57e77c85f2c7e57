import { z } from 'zod'

/** What a comparison says of the differences new - old of a field; null where there is nothing to say it of. */

const quantiles = {
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
}

export const errorSummarySchema = z.object({
  /** Minutes in which both sides have a finite value. */
  count: z.int(),
  /** Of them, those without a difference. */
  zeros: z.int(),
  /** Mean of new - old. */
  bias: z.number().nullable(),
  /** Mean of |new - old|. */
  mae: z.number().nullable(),
  /** Root of the mean of (new - old)^2. */
  rmse: z.number().nullable(),
  /** Pearson's correlation of old and new; null where a side is constant. */
  correlation: z.number().nullable(),
  signed: z.object({ min: z.number().nullable(), p01: z.number().nullable(), ...quantiles }),
  /** Of |new - old|. */
  absolute: z.object(quantiles),
  /** Quantiles are off by at most this share of themselves; minimum and maximum are exact. */
  relativeError: z.number(),
})
export type ErrorSummary = z.infer<typeof errorSummarySchema>

/** A minute with one of the largest differences of a field. */
export const largestDifferenceSchema = z.object({
  symbol: z.string(),
  sessionDate: z.string(),
  ts: z.int(),
  field: z.string(),
  oldValue: z.number(),
  newValue: z.number(),
})

/** Whether old and new values of one symbol and field are distributed alike, over the minutes that both have. */
export const distributionTestSchema = z.object({
  symbol: z.string(),
  field: z.string(),
  /** Values on either side. */
  oldCount: z.int(),
  newCount: z.int(),
  /** Kolmogorov-Smirnov distance, 0 to 1: the effect size. */
  d: z.number(),
  pValue: z.number(),
  /** Adjusted for all tests of the run (Benjamini and Hochberg). */
  adjustedPValue: z.number(),
  /** Wasserstein distance, in the unit of the field. */
  wasserstein: z.number(),
  psi: z.number(),
  /** What the index is on average without a change, and what it exceeds then once in a hundred times. */
  psiExpected: z.number(),
  psiUpper99: z.number(),
})
export type DistributionTest = z.infer<typeof distributionTestSchema>
