import { z } from 'zod'
import { featureSetNameSchema } from '#shared/features/definition.ts'

/** The part of `switchyard.yaml` that says how old and new bars are compared. */

/**
 * What is compared, in storage order: the columns of stored rows stand in this order, so names are only ever added at the end.
 */
export const COMPARED_FIELDS = ['open', 'high', 'low', 'close', 'volume', 'vwap', 'tradeCount'] as const
export type ComparedField = (typeof COMPARED_FIELDS)[number]

/** Fields that many old pipelines do not have: compared in the sessions in which both sides have values of them. */
export const OPTIONAL_FIELDS: readonly ComparedField[] = ['vwap', 'tradeCount']

/** `|new - old| <= abs + ticks * tick size + (rel + bp / 10,000) * |old|` counts as within tolerance. */
export const toleranceSchema = z.strictObject({
  /** In units of the field. */
  abs: z.number().min(0).default(0),
  /** Share of the old value. */
  rel: z.number().min(0).default(0),
  /** Smallest price steps of the symbol. */
  ticks: z.number().min(0).default(0),
  /** Basis points of the old value, a hundredth of a percent each. */
  bp: z.number().min(0).default(0),
})
export type Tolerance = z.infer<typeof toleranceSchema>

/** Of what is no price: a tick is a step of a price. */
export const countToleranceSchema = toleranceSchema.refine(({ ticks }) => ticks === 0, {
  error: 'ticks are steps of a price; use abs, rel or bp here',
})

/** Tolerances of some fields; what is left out stays as it is elsewhere. */
export const fieldTolerancesSchema = z.strictObject({
  open: toleranceSchema.optional(),
  high: toleranceSchema.optional(),
  low: toleranceSchema.optional(),
  close: toleranceSchema.optional(),
  volume: countToleranceSchema.optional(),
  vwap: toleranceSchema.optional(),
  tradeCount: countToleranceSchema.optional(),
})

/** The first minutes of a session, its last ones, and what lies between. */
export const SESSION_PARTS = ['open', 'middle', 'close'] as const
export type SessionPart = (typeof SESSION_PARTS)[number]

/** Other tolerances for some symbols, a part of the session, or both; a later entry counts before an earlier one. */
export const toleranceOverrideSchema = z
  .strictObject({
    /** All symbols when left out. */
    symbols: z.array(z.string().min(1)).min(1).optional(),
    /** The whole session when left out. */
    part: z.enum(SESSION_PARTS).optional(),
    tolerances: fieldTolerancesSchema,
  })
  .refine(({ symbols, part }) => symbols !== undefined || part !== undefined, {
    error: 'names neither symbols nor a part of the session; write it into tolerances instead',
  })

/** Everything that decides whether two values are within tolerance, but for the tick sizes. */
export const toleranceRulesSchema = z.strictObject({
  tolerances: z
    .strictObject({
      open: toleranceSchema.prefault({ abs: 0.01 }),
      high: toleranceSchema.prefault({ abs: 0.01 }),
      low: toleranceSchema.prefault({ abs: 0.01 }),
      close: toleranceSchema.prefault({ abs: 0.01 }),
      volume: countToleranceSchema.prefault({ rel: 0.01 }),
      vwap: toleranceSchema.prefault({ abs: 0.01 }),
      tradeCount: countToleranceSchema.prefault({ rel: 0.01 }),
    })
    .prefault({}),
  overrides: z.array(toleranceOverrideSchema).default([]),
  /** How many minutes belong to the open and to the close of a session. */
  sessionParts: z
    .strictObject({
      openMinutes: z.int().min(0).max(1_440).default(5),
      closeMinutes: z.int().min(0).max(1_440).default(5),
    })
    .prefault({}),
})
export type ToleranceRules = z.infer<typeof toleranceRulesSchema>
export type ToleranceRulesInput = z.input<typeof toleranceRulesSchema>

/** Which columns of the old pipeline are which features, and how far apart their values may be. */
export const featuresComparisonSchema = z.strictObject({
  /** The first one of `features.sets` when left out. */
  set: featureSetNameSchema.optional(),
  /** Feature to column of the old pipeline. A column of the same name needs no entry; null leaves its feature out. */
  columns: z.record(z.string(), z.string().min(1).nullable()).default({}),
  /** Of every feature without one of its own: room for another order of the same arithmetic, and not for much more. */
  tolerance: countToleranceSchema.prefault({ abs: 1e-9, rel: 1e-6 }),
  /** By feature. */
  tolerances: z.record(z.string(), countToleranceSchema).default({}),
})
export type FeaturesComparisonConfig = z.infer<typeof featuresComparisonSchema>

export const comparisonConfigSchema = toleranceRulesSchema.extend({
  features: featuresComparisonSchema.prefault({}),
  /** Minutes that ended less than so long before the run are not settled yet: they are counted apart and not compared. */
  settleMinutes: z.int().min(0).max(10_080).default(0),
  /** How many of the largest differences a run keeps per field. */
  largestDifferences: z.int().min(1).max(1_000).default(20),
})
