import { z } from 'zod'
import { RULE_ACTIONS, RULE_IDS, SEVERITIES } from '#shared/quality/rule-catalogue.ts'
import { sessionDateSchema } from '#shared/jobs/job-kinds.ts'

/** One bar as values; null where there is no finite number. `ts` is its start, epoch seconds. */
export const barValuesSchema = z.object({
  ts: z.number(),
  open: z.number().nullable(),
  high: z.number().nullable(),
  low: z.number().nullable(),
  close: z.number().nullable(),
  volume: z.number().nullable(),
  vwap: z.number().nullable(),
  tradeCount: z.number().nullable(),
})
export type BarValues = z.infer<typeof barValuesSchema>

/** Who looked at a finding and why it may stand. It stays counted. */
export const acknowledgementSchema = z.object({ reason: z.string(), author: z.string(), atMs: z.number() })
export type Acknowledgement = z.infer<typeof acknowledgementSchema>

export const findingSchema = z.object({
  symbol: z.string(),
  sessionDate: z.string(),
  /** First and last bar that it is about, epoch seconds. */
  ts: z.number(),
  lastTs: z.number(),
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  /** Whether it holds the session back from exports and gates until somebody acknowledges it. */
  blocking: z.boolean(),
  /** What was done. */
  action: z.enum(RULE_ACTIONS),
  bars: z.int(),
  message: z.string(),
  /** The first bar that it is about, as received, with its neighbours. */
  context: z
    .object({ previous: barValuesSchema.nullable(), bar: barValuesSchema, next: barValuesSchema.nullable() })
    .optional(),
  acknowledgement: acknowledgementSchema.optional(),
})
export type Finding = z.infer<typeof findingSchema>

/** What tells a finding from all others, also after its session was built again. */
export const findingKeySchema = z.object({
  symbol: z.string(),
  sessionDate: sessionDateSchema,
  ts: z.number(),
  rule: z.enum(RULE_IDS),
})
export type FindingKey = z.infer<typeof findingKeySchema>

/** The metrics of one session. Counts of minutes or bars; coverage is the share of its minutes that were received and kept. */
export const sessionQualitySchema = z.object({
  expected: z.int(),
  received: z.int(),
  missing: z.int(),
  dropped: z.int(),
  flagged: z.int(),
  filled: z.int(),
  fromSecondSource: z.int(),
  notTraded: z.int(),
  halted: z.int(),
  notFetched: z.int(),
  outliers: z.int(),
  nullVolume: z.int(),
  nullVwap: z.int(),
  nullTradeCount: z.int(),
  adjusted: z.int(),
  coverage: z.number(),
  quarantined: z.boolean(),
  refetch: z.boolean(),
  /** When a response last changed the session, milliseconds. */
  lastRevisionAtMs: z.number().optional(),
})
export type SessionQuality = z.infer<typeof sessionQualitySchema>

/** Why the curated block of a session is not what it would be if it were built now. */
export const STALE_CAUSES = ['new', 'raw', 'facts', 'history', 'rules', 'hours', 'gone'] as const
export const staleCauseSchema = z.enum(STALE_CAUSES)
export type StaleCause = z.infer<typeof staleCauseSchema>

/** What building would do, before it is done. */
export const transformPlanSchema = z.object({
  /** Sessions whose block would be built, by cause. */
  stale: z.partialRecord(staleCauseSchema, z.int()),
  sessionsToBuild: z.int(),
  sessionsUnchanged: z.int(),
  sessionsToRemove: z.int(),
  symbols: z.array(z.object({ symbol: z.string(), sessionsToBuild: z.int(), sessionsUnchanged: z.int() })),
  /** At the speed of the latest builds; absent before any. */
  estimatedMs: z.number().optional(),
})
export type TransformPlan = z.infer<typeof transformPlanSchema>

const column = <T extends z.ZodType>(value: T): z.ZodArray<z.ZodNullable<T>> => z.array(value.nullable())

/** Symbols by sessions; each list has one entry for each of `sessions`, null where the symbol has no session or no block. */
export const qualityGridSchema = z.object({
  sessions: z.array(sessionDateSchema),
  /** Whether the first symbol's calendar closes early; the notch in the picture. */
  earlyClose: z.array(z.boolean()),
  rows: z.array(
    z.object({
      symbol: z.string(),
      /** Share of the session's minutes that were received and kept, 0 to 1; null where it was never built. */
      coverage: column(z.number()),
      /** Worst severity among the open findings; `none` where there is none. */
      worst: column(z.enum(['none', ...SEVERITIES])),
      openFindings: column(z.int()),
      acknowledged: column(z.int()),
      filled: column(z.int()),
      /** Whether the block is out of date, and why; null where it is up to date or there is nothing to build. */
      stale: column(staleCauseSchema),
      quarantined: column(z.boolean()),
      /** Whether it misses a threshold of the configuration. */
      belowThreshold: column(z.boolean()),
    }),
  ),
})
export type QualityGrid = z.infer<typeof qualityGridSchema>

/** One rule with what it found in a selection. */
export const ruleReportSchema = z.object({
  id: z.enum(RULE_IDS),
  title: z.string(),
  description: z.string(),
  version: z.int(),
  enabled: z.boolean(),
  severity: z.enum(SEVERITIES),
  blocking: z.boolean(),
  action: z.enum(RULE_ACTIONS),
  params: z.record(z.string(), z.unknown()),
  /** Findings, acknowledged ones included; sessions and bars that they are about. */
  findings: z.int(),
  acknowledged: z.int(),
  sessions: z.int(),
  bars: z.int(),
  /** Findings by session for the newest sessions of the selection, oldest first. */
  trend: z.array(z.object({ sessionDate: z.string(), findings: z.int() })),
})
export type RuleReport = z.infer<typeof ruleReportSchema>

/** Metrics over all symbols of a selection, by session date, oldest first. */
export const qualityTrendSchema = z.array(
  z.object({
    sessionDate: z.string(),
    sessions: z.int(),
    expected: z.int(),
    received: z.int(),
    missing: z.int(),
    filled: z.int(),
    dropped: z.int(),
    flagged: z.int(),
    outliers: z.int(),
    nullVolume: z.int(),
    nullVwap: z.int(),
    findings: z.int(),
    coverage: z.number(),
  }),
)
export type QualityTrend = z.infer<typeof qualityTrendSchema>

/** What made the block of a session. */
export const buildSchema = z.object({
  runId: z.string(),
  builtAtMs: z.number(),
  configHash: z.string(),
  contentHash: z.string(),
  transformVersion: z.int(),
  rawWatermark: z.int(),
  /** How many builds of this session are on record. */
  builds: z.int(),
})
export type Build = z.infer<typeof buildSchema>

/** A session with its bars, findings, metrics and origin. */
export const sessionReportSchema = z.object({
  symbol: z.string(),
  sessionDate: z.string(),
  zone: z.string(),
  /** The hours that the next build goes by, decisions included; those that follow are the ones that the block was built for. */
  hoursNow: z.object({ openTs: z.int(), closeTs: z.int() }).or(z.literal('closed')),
  openTs: z.int(),
  closeTs: z.int(),
  breakStartTs: z.int().nullable(),
  breakEndTs: z.int().nullable(),
  earlyClose: z.boolean(),
  /** Columns of the curated block, ascending in time; empty where there is no block. Bits of `flags` as in `BarFlag`. */
  bars: z.object({
    ts: z.array(z.int()),
    open: z.array(z.number()),
    high: z.array(z.number()),
    low: z.array(z.number()),
    close: z.array(z.number()),
    volume: column(z.number()),
    flags: z.array(z.int()),
  }),
  findings: z.array(findingSchema),
  quality: sessionQualitySchema.optional(),
  /** Thresholds of the configuration that it misses, in words. */
  belowThreshold: z.array(z.string()),
  stale: staleCauseSchema.optional(),
  build: buildSchema.optional(),
  /** The broker's own hours where they differ from the calendar's, and which of them the operator has let hold. */
  brokerHours: z.object({ openTs: z.int(), closeTs: z.int() }).or(z.literal('closed')).optional(),
  hoursDecision: z
    .object({ holds: z.enum(['calendar', 'broker']), reason: z.string(), author: z.string(), atMs: z.number() })
    .optional(),
})
export type SessionReport = z.infer<typeof sessionReportSchema>

/** A raw response that holds a minute, with the request that asked for it. */
export const rawOriginSchema = z.object({
  responseId: z.int(),
  requestId: z.int(),
  receivedAtMs: z.number(),
  /** Whether the curated bar comes from it; of several answers the newest counts. */
  used: z.boolean(),
  /** Rows that it has for the minute. */
  rows: z.array(barValuesSchema),
  /** Factors that its prices and volumes were multiplied by; absent when by nothing. */
  scale: z.object({ price: z.number(), volume: z.number() }).optional(),
  request: z.object({
    kind: z.string(),
    purpose: z.string(),
    attempt: z.int(),
    barSize: z.string(),
    whatToShow: z.string(),
    useRth: z.boolean(),
    endTs: z.int(),
    duration: z.string(),
    sentAtMs: z.number(),
    finishedAtMs: z.number().optional(),
    outcome: z.string().optional(),
    code: z.int().optional(),
    message: z.string().optional(),
  }),
})
export type RawOrigin = z.infer<typeof rawOriginSchema>

/** Everything that made one curated bar. */
export const explanationSchema = z.object({
  symbol: z.string(),
  sessionDate: z.string(),
  zone: z.string(),
  /** Start of the minute, epoch seconds. */
  ts: z.int(),
  /** The curated bar; absent where there is none, and `absence` says why. */
  bar: barValuesSchema.extend({ flags: z.int(), flagNames: z.array(z.string()) }).optional(),
  absence: z.string().optional(),
  /** Where the bar comes from, in a sentence. */
  summary: z.string(),
  origins: z.array(rawOriginSchema),
  findings: z.array(findingSchema),
  build: buildSchema.optional(),
  /** What the request log proved about the session when it was built, and the symbol's normal that it was judged by. */
  facts: z.record(z.string(), z.unknown()).optional(),
  baseline: z.record(z.string(), z.unknown()).optional(),
  /** The configuration and the rules that made the block. */
  config: z.record(z.string(), z.unknown()).optional(),
  stale: staleCauseSchema.optional(),
})
export type Explanation = z.infer<typeof explanationSchema>

/** The broker changed the basis of its history: what was received before is multiplied by these. */
export const adjustmentSchema = z.object({
  symbol: z.string(),
  detectedAtMs: z.number(),
  /** Responses up to this one are in the earlier basis; from `firstNewResponse` on they are in the later one. */
  lastOldResponse: z.int(),
  firstNewResponse: z.int(),
  priceRatio: z.number(),
  volumeRatio: z.number(),
})
export type Adjustment = z.infer<typeof adjustmentSchema>
