import { z } from 'zod'
import {
  countToleranceSchema,
  fieldTolerancesSchema,
  toleranceOverrideSchema,
  toleranceRulesSchema,
  toleranceSchema,
} from '#shared/config/comparison-config.ts'
import { distributionTestSchema, errorSummarySchema, largestDifferenceSchema } from '#shared/jobs/error-summary.ts'
import { featureTotalsSchema } from '#shared/jobs/feature-comparison.ts'
import { comparisonCountsSchema, noiseFloorSchema, oldRunPairSchema } from '#shared/jobs/job-kinds.ts'
import { runCausesSchema } from './causes.ts'
import { featureDetailSchema } from './feature-comparison.ts'

/** What the engine tells of comparison runs. */

export const comparisonRunSchema = z.object({
  runId: z.string(),
  createdAtMs: z.number(),
  from: z.string(),
  to: z.string(),
  symbols: z.array(z.string()),
  sessions: z.int(),
  /** Share of the minutes that was compared; null when all were. */
  sample: z.number().nullable(),
  /** Of an A/A run, the runs of the old pipeline that it compares: `old` is the first, `new` the second. Null else. */
  oldRuns: oldRunPairSchema.nullable(),
  counts: comparisonCountsSchema,
})
export type ComparisonRun = z.infer<typeof comparisonRunSchema>

export const comparisonRunDetailSchema = comparisonRunSchema.extend({
  oldPipeline: z.string(),
  /** Per field, in the whole session of every symbol but for the overrides. */
  tolerances: z.record(z.string(), toleranceSchema),
  overrides: z.array(toleranceOverrideSchema),
  /** Minutes that the parts of a session have. */
  sessionParts: z.object({ openMinutes: z.int(), closeMinutes: z.int() }),
  settleMinutes: z.int(),
  /** By symbol; null where it was not known. */
  tickSizes: z.record(z.string(), z.number().nullable()),
  /** What the run was made from; null in runs from before it was kept. */
  inputs: z.object({
    oldHash: z.string().nullable(),
    newHash: z.string().nullable(),
    codeVersion: z.string().nullable(),
  }),
  largest: z.array(largestDifferenceSchema),
  perSession: z.array(
    z.object({
      symbol: z.string(),
      sessionDate: z.string(),
      common: z.int(),
      oldOnly: z.int(),
      newOnly: z.int(),
      equal: z.int(),
      withinTolerance: z.int(),
      different: z.int(),
      nullVersusValue: z.int(),
      duplicateKeys: z.int(),
      notSettled: z.int(),
    }),
  ),
  /** Null when the run compared no features. */
  features: featureDetailSchema.nullable(),
})
export type ComparisonRunDetail = z.infer<typeof comparisonRunDetailSchema>

export const whatIfInputSchema = z.object({
  runId: z.string(),
  /** Instead of those of the run; a field that is left out keeps what the run had. */
  tolerances: fieldTolerancesSchema.optional(),
  /** Instead of those of the run, which stay when left out. */
  overrides: z.array(toleranceOverrideSchema).optional(),
  sessionParts: toleranceRulesSchema.shape.sessionParts.optional(),
  /** By feature, instead of those of the run; a feature that is left out keeps what the run had. */
  features: z.record(z.string(), countToleranceSchema).optional(),
})
export type WhatIfInput = z.infer<typeof whatIfInputSchema>

/** What a run would have counted with other tolerances, from its stored rows, exactly. */
export const whatIfSchema = z.object({
  runId: z.string(),
  sample: z.number().nullable(),
  rules: toleranceRulesSchema,
  before: comparisonCountsSchema,
  after: comparisonCountsSchema,
  /** Null when the run compared no features. */
  features: z.object({ before: featureTotalsSchema, after: featureTotalsSchema }).nullable(),
})
export type WhatIf = z.infer<typeof whatIfSchema>

/** Differences between one edge and the next: above zero `from` is in the bin, below zero `to`; `from = to = 0` is zero. */
export const errorBinSchema = z.object({ from: z.number(), to: z.number(), count: z.int() })

/** One profile of a run; the key is `all`, a symbol, a session date, or the minute since the session opened. */
export const errorProfileSchema = errorSummarySchema.extend({ key: z.string(), histogram: z.array(errorBinSchema) })
export type ErrorProfileReport = z.infer<typeof errorProfileSchema>

/** The noise floor that an A/A run showed. */
export const noiseFloorRunSchema = noiseFloorSchema.extend({
  createdAtMs: z.number(),
  from: z.string(),
  to: z.string(),
  symbols: z.array(z.string()),
})
export type NoiseFloorRun = z.infer<typeof noiseFloorRunSchema>

/** A run beside the ones before: which share of the minutes is not as it should be, and how far values are apart. */
export const trendPointSchema = z.object({
  runId: z.string(),
  createdAtMs: z.number(),
  from: z.string(),
  to: z.string(),
  symbols: z.int(),
  sample: z.number().nullable(),
  /** Minutes of either side that were compared. */
  minutes: z.int(),
  /** Share of them that is different, only in old or only in new; null without minutes. */
  unequalShare: z.number().nullable(),
  /** Share of the common minutes that is different. */
  differentShare: z.number().nullable(),
  /** Share of the differences that no cause explains, accepted or not; null where none were looked for, or nothing differs. */
  withoutCauseShare: z.number().nullable(),
  /** 99 % of the differences of a field are at most so large; null where it is not known. */
  p99: z.record(z.string(), z.number().nullable()),
  isReference: z.boolean(),
})
export type TrendPoint = z.infer<typeof trendPointSchema>

export const referenceSchema = z.object({ runId: z.string(), markedAtMs: z.number() })

/** Whether the differences of a field are distributed as in the reference run. */
export const fieldDriftSchema = z.object({
  field: z.string(),
  count: z.int(),
  referenceCount: z.int(),
  psi: z.number(),
  /** What the index is on average without a change, and what it exceeds then once in a hundred times. */
  psiExpected: z.number(),
  psiUpper99: z.number(),
  isBeyondChance: z.boolean(),
  bins: z.int(),
  /** Upper edges of the bins but for the last, which is open. */
  edges: z.array(z.number()),
  /** Kolmogorov-Smirnov distance, 0 to 1: the effect size. */
  d: z.number(),
  pValue: z.number(),
  adjustedPValue: z.number(),
  wasserstein: z.number(),
})

export const driftSchema = z.object({
  runId: z.string(),
  reference: referenceSchema,
  fields: z.array(fieldDriftSchema),
})
export type Drift = z.infer<typeof driftSchema>

/** Everything about a run that fits on paper. */
export const comparisonReportSchema = comparisonRunDetailSchema.extend({
  /** Why old and new differ, and how much of it is explained at the moment of the report. */
  explanation: runCausesSchema,
  /** By field, in the whole run. */
  errors: z.record(z.string(), errorSummarySchema),
  histograms: z.record(z.string(), z.array(errorBinSchema)),
  /** By feature, in the whole run. */
  featureHistograms: z.record(z.string(), z.array(errorBinSchema)),
  tests: z.array(distributionTestSchema),
  /** Null where no other run is marked as the reference, or one of the two has no distributions. */
  drift: driftSchema.nullable(),
})
export type ComparisonReport = z.infer<typeof comparisonReportSchema>
