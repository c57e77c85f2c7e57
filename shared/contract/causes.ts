import { z } from 'zod'
import { sessionDateSchema } from '#shared/jobs/job-kinds.ts'

/** What the engine tells of why old and new bars differ, and of what the operator decided about it. */

/** Part of the bars that a decision is about; what is left out is not restricted. */
export const acceptanceScopeSchema = z.object({
  symbols: z.array(z.string().min(1)).min(1).optional(),
  from: sessionDateSchema.optional(),
  to: sessionDateSchema.optional(),
  /** Values of these fields only; then minutes on one side only are not covered. */
  fields: z.array(z.string().min(1)).min(1).optional(),
})
export type AcceptanceScope = z.infer<typeof acceptanceScopeSchema>

/** By symbol, how large a cause was: the share that needs it of all that was compared of the symbol, 0 to 1. */
export const acceptanceExtentsSchema = z.record(z.string(), z.number())

export const acceptanceSchema = z.object({
  id: z.int(),
  /** Which cause, in any run: its kind and the numbers that make it this one. */
  causeKey: z.string(),
  kind: z.string(),
  /** The cause as it was described when it was accepted. */
  words: z.string(),
  /** The run that showed it. */
  runId: z.string(),
  scope: acceptanceScopeSchema,
  /** When it was accepted. Where it is more than twice as large now, it waits again; empty when it was not kept. */
  extents: acceptanceExtentsSchema,
  reason: z.string(),
  author: z.string(),
  acceptedAtMs: z.number(),
  /** From then on its differences are unexplained again; null never. */
  expiresAtMs: z.number().nullable(),
  withdrawnAtMs: z.number().nullable(),
  withdrawnBy: z.string().nullable(),
  withdrawnReason: z.string().nullable(),
  /** Whether it counts at present. */
  state: z.enum(['active', 'expired', 'withdrawn']),
})
export type Acceptance = z.infer<typeof acceptanceSchema>

/**
 * Differences: one for each field of a minute that is different or empty on one side, one for each minute that only one side has.
 * `explained` + `waiting` + `open` = `total`; a gate counts `waiting` + `open` as unexplained.
 */
export const differenceStateSchema = z.object({
  total: z.int(),
  /** All causes that the explanation needs are accepted. */
  explained: z.int(),
  /** There is an explanation, and not all of its causes are accepted. */
  waiting: z.int(),
  /** Nothing explains them. */
  open: z.int(),
})
export type DifferenceState = z.infer<typeof differenceStateSchema>

const barValuesSchema = z.object({ ts: z.int(), values: z.record(z.string(), z.number().nullable()) })

/** A cause of one run, put together over the symbols that show it. */
export const runCauseSchema = z.object({
  causeKey: z.string(),
  kind: z.string(),
  /** One plain sentence. */
  words: z.string(),
  /** Fields whose values it changes; null where it is about whole rows. */
  fields: z.array(z.string()).nullable(),
  symbols: z.array(
    z.object({
      symbol: z.string(),
      /** Runs of sessions; null for all that were compared. */
      dates: z.array(z.object({ from: z.string(), to: z.string() })).nullable(),
      explained: z.int(),
      /** Of what the cause is about, the part that it accounts for, 0 to 1. */
      fit: z.number(),
      words: z.string(),
      /** Of all values and one-sided minutes of the symbol that were compared, those that need it, 0 to 1. */
      extent: z.number(),
      /** It is accepted for this symbol, but was less than half as large then: it waits again. */
      isOutgrown: z.boolean(),
    }),
  ),
  /** Differences whose explanation needs it, maybe together with others. */
  explained: z.int(),
  /** Of all differences of the run, 0 to 1. */
  share: z.number(),
  samples: z.array(
    z.object({
      symbol: z.string(),
      sessionDate: z.string(),
      old: barValuesSchema.nullable(),
      fresh: barValuesSchema.nullable(),
      /** The old row once this cause and those before it are undone; null when it goes away. */
      undone: barValuesSchema.nullable(),
    }),
  ),
  /** Decisions about it, newest first. */
  acceptances: z.array(acceptanceSchema),
  /** Of `explained`, those that count as explained because this and all other causes they need are accepted. */
  accepted: z.int(),
})
export type RunCause = z.infer<typeof runCauseSchema>

export const runCausesSchema = z.object({
  runId: z.string(),
  /** False for a run from before, of a sample, or one that was asked not to: then no cause is known. */
  isSearched: z.boolean(),
  differences: differenceStateSchema,
  /** What is open: values by field, minutes on one side only, old rows whose minute comes again. */
  open: z.object({ fields: z.record(z.string(), z.int()), oldOnly: z.int(), newOnly: z.int(), doubled: z.int() }),
  /** Those that explain most first. */
  causes: z.array(runCauseSchema),
  /** Each explained difference once, by the causes that its explanation needs; the most frequent first. */
  combinations: z.array(z.object({ causeKeys: z.array(z.string()).min(1), explained: z.int() })),
})
export type RunCauses = z.infer<typeof runCausesSchema>

export const acceptCauseInputSchema = z.object({
  runId: z.string(),
  causeKey: z.string(),
  scope: acceptanceScopeSchema.default({}),
  reason: z.string().trim().min(1),
  author: z.string().trim().min(1),
  expiresAtMs: z.int().nullable().default(null),
})

export const withdrawAcceptanceInputSchema = z.object({
  id: z.int(),
  reason: z.string().trim().min(1),
  author: z.string().trim().min(1),
})

/** Share of a run's sessions that is not explained, as a grid: row-major, symbols by sessions. */
export const compareGridSchema = z.object({
  runId: z.string(),
  symbols: z.array(z.string()),
  sessionDates: z.array(z.string()),
  /** Values compared and minutes on one side only: what a share is of. -1 where nothing was compared. */
  compared: z.array(z.int()),
  total: z.array(z.int()),
  explained: z.array(z.int()),
  waiting: z.array(z.int()),
})
export type CompareGrid = z.infer<typeof compareGridSchema>

/** By the size of the difference, or symbol by symbol in time. */
export const ROW_ORDERS = ['largest', 'time'] as const

export const compareRowsInputSchema = z.object({
  runId: z.string(),
  symbols: z.array(z.string()).optional(),
  from: sessionDateSchema.optional(),
  to: sessionDateSchema.optional(),
  classes: z.array(z.enum(['within_tolerance', 'different', 'old_only', 'new_only', 'not_settled'])).optional(),
  /** Rows in which this field is not equal; the largest difference of it comes first. */
  field: z.string().optional(),
  /** Rows with a difference in `field` (in any field) of at least so much. */
  leastDifference: z.number().min(0).optional(),
  /** Rows whose explanation needs this cause, or rows with something unexplained. */
  causeKey: z.string().optional(),
  state: z.enum(['explained', 'waiting', 'open']).optional(),
  order: z.enum(ROW_ORDERS).default('largest'),
  offset: z.int().min(0).max(1_000_000).default(0),
  limit: z.int().min(1).max(1_000).default(200),
})

export const compareRowSchema = z.object({
  symbol: z.string(),
  sessionDate: z.string(),
  ts: z.int(),
  class: z.string(),
  /** By compared field; null where a side has no value. */
  old: z.record(z.string(), z.number().nullable()),
  fresh: z.record(z.string(), z.number().nullable()),
  /** Fields that are not equal; one that only one side has in the whole session was not compared. */
  unequal: z.array(z.string()),
  /** Keys of the causes that its explanation needs. */
  causeKeys: z.array(z.string()),
  state: z.enum(['explained', 'waiting', 'open']).nullable(),
})
export type CompareRow = z.infer<typeof compareRowSchema>

export const compareRowsSchema = z.object({
  /** How many there are in all. */
  total: z.int(),
  rows: z.array(compareRowSchema),
})

/** Where a row of the old side stands. */
export const oldSourceSchema = z.object({
  symbol: z.string(),
  ts: z.int(),
  sources: z.array(
    z.object({
      file: z.string(),
      /** Line, or row in a file without lines, from 1; null when it was not found. */
      line: z.int().nullable(),
      text: z.string().nullable(),
      /** Whether its values are those that were compared: the last one counts. None is where that cannot be said any more. */
      isCompared: z.boolean(),
      /** Why nothing can be shown: the file is gone or has changed since the import. */
      problem: z.string().nullable(),
    }),
  ),
})
export type OldSource = z.infer<typeof oldSourceSchema>
