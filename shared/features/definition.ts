import { z } from 'zod'

/**
 * A feature set as `data/features/<name>.yaml` describes it. The definition is the whole truth about a set: what is computed
 * comes from `formula` and `params`, never from a column's name, and everything a reader has to know about a column (warm-up,
 * what makes it null, unit, mathematics, publication) is stated beside it. What the definition claims about warm-up, window
 * and null policy is checked against the formula when the set is compiled.
 */

/** What a null input (missing, not finite, or a price that is not positive) does to a column. */
const NULL_POLICIES = [
  /** Null in every row whose window holds the null input. */
  'window',
  /** Null in that row, and the warm-up starts again in the row after it. */
  'restart',
  /** Null from that row to the end of the session. */
  'rest_of_session',
  /** Null observations are left out; null when fewer than the declared minimum are left. */
  'observations',
  /** Null in every row of the session. */
  'whole_session',
  /** Never null: computed from the time of the bar and the calendar alone. */
  'never',
] as const
export type NullPolicy = (typeof NULL_POLICIES)[number]

/** `session`: windows start at the session's first bar. `sessions`: the column also looks at previous sessions. */
const WINDOW_SCOPES = ['session', 'sessions'] as const
export type WindowScope = (typeof WINDOW_SCOPES)[number]

/** Names the row-wise tables give to the key columns; a feature cannot take one of them. */
const RESERVED_COLUMN_NAMES: readonly string[] = ['symbol', 'session_date', 'ts', 'available_at']

const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be lower case letters, digits and underscores, starting with a letter')

/** Name of a feature set: never a path, because it may come from a request. */
export const featureSetNameSchema = identifier

const featureColumnSchema = z.strictObject({
  name: identifier.refine((name) => !RESERVED_COLUMN_NAMES.includes(name), {
    error: `must not be one of ${RESERVED_COLUMN_NAMES.join(', ')}`,
  }),
  /** Id of a formula of the pipeline. */
  formula: identifier,
  /** The formula's parameters. */
  params: z.record(z.string(), z.number()).default({}),
  window: z.enum(WINDOW_SCOPES),
  warmup: z.strictObject({
    /** Leading bars of a session that are null before the first value can exist. */
    bars: z.int().min(0),
    /** Previous sessions that must be known before the first value can exist. */
    sessions: z.int().min(0),
  }),
  nullPolicy: z.enum(NULL_POLICIES),
  /**
   * Bars that stand for minutes without trades are left out of a column, and null in it, unless it asks for them here. A column that is
   * never null has them always.
   */
  filledBars: z.literal('include').optional(),
  unit: z.string().min(1),
  /** The formula in plain mathematics; `i` is the row within the session, counted from 0. */
  math: z.string().min(1),
  /** The publication the formula comes from. */
  source: z.string().min(1),
})

export const featureSetSchema = z
  .strictObject({
    /** `<set>_v<version>`; also the name of the feature table. */
    name: featureSetNameSchema,
    set: identifier,
    version: z.int().min(1),
    /** The layer the features are computed from. */
    source: z.literal('curated_tws_1m_bars'),
    /** A row's values are known at the end of its bar (`ts` + 60 s), never earlier. */
    availableAt: z.literal('bar_end'),
    description: z.string().min(1),
    columns: z.array(featureColumnSchema).min(1),
  })
  .superRefine((definition, context) => {
    const expected = `${definition.set}_v${definition.version}`
    if (definition.name !== expected) {
      context.addIssue({ code: 'custom', path: ['name'], message: `must be ${expected} (set and version)` })
    }
    const seen = new Set<string>()
    for (const [index, column] of definition.columns.entries()) {
      if (seen.has(column.name)) {
        context.addIssue({
          code: 'custom',
          path: ['columns', index, 'name'],
          message: `${column.name} is already the name of an earlier column`,
        })
      }
      seen.add(column.name)
    }
  })

export type FeatureColumn = z.infer<typeof featureColumnSchema>
export type FeatureSetDefinition = z.infer<typeof featureSetSchema>

/** One thing wrong with a definition: where (keys from the top, list positions from 0) and what. */
export interface DefinitionIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}
