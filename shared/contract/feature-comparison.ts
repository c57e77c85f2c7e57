import { z } from 'zod'
import { FEATURE_STATES, featureComparisonSchema, featureTotalsSchema } from '#shared/jobs/feature-comparison.ts'

/** What the engine tells of the features of a comparison run. */

/** Everything the run keeps beside the rows and distributions, which are asked for by feature. */
export const featureDetailSchema = featureComparisonSchema.extend({
  perSession: z.array(
    featureTotalsSchema.shape.minutes.extend({
      symbol: z.string(),
      sessionDate: z.string(),
      state: z.enum(FEATURE_STATES),
    }),
  ),
})
export type FeatureDetail = z.infer<typeof featureDetailSchema>
