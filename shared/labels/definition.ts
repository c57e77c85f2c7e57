import { z } from 'zod'
import { canonicalJson } from '../canonical-json.ts'
import { sha256 } from '../sha256.ts'

/**
 * A label as data: what a model is trained to foresee, worked out from bars after the row. The definition is the whole truth about it;
 * the name only has to agree with it: it starts with the kind and ends with the horizon, as in `forward_log_return_30m` (minutes) or
 * `triple_barrier_tight_20b` (bars). `docs/labels.md` states the formulas.
 */

/** Longest horizon: a week of sessions of 24 hours. */
const MAX_HORIZON = 7 * 1_440

const horizonLength = z.int().min(1).max(MAX_HORIZON)

/**
 * How far a label looks ahead of its row.
 *
 * `bars`: observed bars after the row. `minutes`: minutes of trading after the row's bar; breaks and closed hours do not count.
 * `maxPriceAgeMinutes`: how old, in minutes of trading, the last close may be where a minute has no bar; below the horizon itself, so
 * that the row's own close never stands in for a later one.
 */
const labelHorizonSchema = z.union([
  z.strictObject({ bars: horizonLength }),
  z
    .strictObject({ minutes: horizonLength, maxPriceAgeMinutes: z.int().min(0).default(0) })
    .refine(({ minutes, maxPriceAgeMinutes }) => maxPriceAgeMinutes < minutes, {
      path: ['maxPriceAgeMinutes'],
      error: 'must be below the minutes of the horizon',
    }),
])
export type LabelHorizon = z.infer<typeof labelHorizonSchema>

/** Distance of a barrier from the row's close; null where there is no barrier on that side. */
const distance = z.number().positive().nullable()

/**
 * Upper and lower barrier of a triple-barrier label.
 *
 * `log_return`: each is that log return from the row's close. `volatility`: each is that many times the sample standard deviation of
 * the last `returns` log returns of one bar, the row's own the last, of the row's session; not scaled to the horizon.
 */
const barriersSchema = z
  .discriminatedUnion('unit', [
    z.strictObject({ unit: z.literal('log_return'), upper: distance, lower: distance }),
    z.strictObject({
      unit: z.literal('volatility'),
      returns: z.int().min(2).max(1_500),
      upper: distance,
      lower: distance,
    }),
  ])
  .refine(({ upper, lower }) => upper !== null || lower !== null, { error: 'must have an upper or a lower barrier' })

const common = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be lower case letters, digits and underscores, starting with a letter'),
  horizon: labelHorizonSchema,
  /** How many sessions after the row's own the label may look at; 0: it never crosses the session's close. */
  followingSessions: z.int().min(0).max(30).default(0),
}

export const labelDefinitionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...common, kind: z.literal('forward_log_return') }),
    z.strictObject({ ...common, kind: z.literal('forward_log_return_sign') }),
    z.strictObject({
      ...common,
      kind: z.literal('triple_barrier'),
      barriers: barriersSchema,
      /** The label where the horizon ends before a barrier is touched: 0, or the sign of the return until then. */
      atHorizon: z.enum(['zero', 'sign']),
    }),
  ])
  .superRefine(({ name, kind, horizon }, context) => {
    const suffix = `_${horizonText(horizon)}`
    const isOtherKind = kind === 'forward_log_return' && name.startsWith('forward_log_return_sign_')
    // The last underscore of the kind's part may be the first of the suffix: no more is needed in between.
    const agrees = name.startsWith(`${kind}_`) && name.endsWith(suffix) && name.length >= kind.length + suffix.length
    if (agrees && !isOtherKind) return
    context.addIssue({
      code: 'custom',
      path: ['name'],
      message: `must start with ${kind} and end with ${suffix}, such as ${kind}${suffix}`,
    })
  })
export type LabelDefinition = z.infer<typeof labelDefinitionSchema>
export type TripleBarrierDefinition = Extract<LabelDefinition, { kind: 'triple_barrier' }>

/** A horizon as names of labels write it: `30m` for minutes, `20b` for bars. */
function horizonText(horizon: LabelHorizon): string {
  return 'bars' in horizon ? `${horizon.bars}b` : `${horizon.minutes}m`
}

/**
 * SHA-256 (hex) of the canonical JSON of a definition that the schema has parsed, so that what is left to its default and what states
 * the default are one definition.
 */
export function labelHash(definition: LabelDefinition): string {
  return sha256(canonicalJson(definition))
}
