import { z } from 'zod'
import { toleranceSchema } from '#shared/config/comparison-config.ts'
import { errorSummarySchema, largestDifferenceSchema } from './error-summary.ts'

/** What a comparison run says of features. The classes are those of the bars. */

/** A feature of the new pipeline and the column of the old one that it is compared with. */
export const comparedFeatureSchema = z.object({
  name: z.string(),
  oldColumn: z.string(),
  tolerance: toleranceSchema,
})
export type ComparedFeature = z.infer<typeof comparedFeatureSchema>

/** Minutes of one feature. `common` = equal + withinTolerance + different + nullVersusValue. */
export const featureCountsSchema = z.object({
  common: z.int(),
  oldOnly: z.int(),
  /** Also the minutes of sessions in which the old pipeline does not have the column. */
  newOnly: z.int(),
  equal: z.int(),
  withinTolerance: z.int(),
  different: z.int(),
  /** One side has a value and the other has none, as while a window fills. */
  nullVersusValue: z.int(),
})
export type FeatureCounts = z.infer<typeof featureCountsSchema>

/** Minutes by their worst feature, and by feature. */
export const featureTotalsSchema = z.object({
  minutes: z.object({
    common: z.int(),
    oldOnly: z.int(),
    newOnly: z.int(),
    equal: z.int(),
    withinTolerance: z.int(),
    different: z.int(),
    /** Of the different ones, those in which one side has a value that the other has not. */
    nullVersusValue: z.int(),
    /** Too young at the moment of the run; in no other count. */
    notSettled: z.int(),
  }),
  byFeature: z.record(z.string(), featureCountsSchema),
})
export type FeatureTotals = z.infer<typeof featureTotalsSchema>

/** Whether the new features of a session follow from the curated bars and the definition as they are now. */
export const FEATURE_STATES = ['current', 'out-of-date', 'not-built'] as const
export type FeatureState = (typeof FEATURE_STATES)[number]

export const featureComparisonSchema = z.object({
  set: z.string(),
  definitionHash: z.string(),
  features: z.array(comparedFeatureSchema),
  /** Sessions in which either side has features. */
  sessions: z.int(),
  /** Of them, those whose features were built from other curated bars than there are now: they were compared all the same. */
  sessionsOutOfDate: z.int(),
  /** Of them, those with curated bars and without features. */
  sessionsNotBuilt: z.int(),
  /** SHA-256 (hex) over symbol, date and content hash of all blocks of features of a side. */
  oldHash: z.string(),
  newHash: z.string(),
  counts: featureTotalsSchema,
  /** By feature, over the minutes in which both sides have a finite value. */
  errors: z.record(z.string(), errorSummarySchema),
  largest: z.array(largestDifferenceSchema),
})
export type FeatureComparison = z.infer<typeof featureComparisonSchema>
