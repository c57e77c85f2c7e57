import { z } from 'zod'
import { sessionDateSchema } from '#shared/jobs/job-kinds.ts'

export const ingestPlanSchema = z.object({
  from: z.string(),
  to: z.string(),
  sessions: z.int(),
  sessionsAlreadyStored: z.int(),
  sessionsToFetch: z.int(),
  /** Sessions that are not over yet, or not for long enough; a run does not ask for them. */
  sessionsNotFinished: z.int(),
  /** Sessions that the broker is known not to have, before its first bar or not in its schedule; they are recorded without a request. */
  sessionsKnownAbsent: z.int(),
  requests: z.int(),
  /** Upper bound: every minute of every session to fetch. */
  expectedBars: z.int(),
  /** How long it would take at the speed of the latest answers; absent before any was seen. */
  estimatedMs: z.number().optional(),
  symbols: z.array(
    z.object({
      symbol: z.string(),
      sessionsAlreadyStored: z.int(),
      sessionsToFetch: z.int(),
      requests: z.int(),
      /** First instant for which the broker has bars, epoch seconds; absent while nobody has asked. */
      headTs: z.int().optional(),
    }),
  ),
})
export type IngestPlan = z.infer<typeof ingestPlanSchema>

/**
 * State of a (symbol, session): complete, every expected minute came; short, some did not and the reason is known; absent, the broker
 * has none and the reason is known; unconfirmed, bars came and not as many as expected, and they are asked for again; failed, the last
 * request for it failed; missing, never asked for; waiting, not over yet; running, being asked for.
 */
export const COVERAGE_STATES = [
  'complete',
  'short',
  'absent',
  'unconfirmed',
  'failed',
  'missing',
  'waiting',
  'running',
] as const
export type CoverageState = (typeof COVERAGE_STATES)[number]

/** Symbols by sessions; a row has one entry for each session of `sessions`, null where the symbol's calendar has none. */
export const coverageSchema = z.object({
  sessions: z.array(sessionDateSchema),
  rows: z.array(
    z.object({
      symbol: z.string(),
      states: z.array(z.enum(COVERAGE_STATES).nullable()),
      /** Distinct minutes that came. */
      bars: z.array(z.int().nullable()),
      /** Minutes of the session by the broker's schedule, else by the calendar. */
      expected: z.array(z.int().nullable()),
    }),
  ),
})
export type Coverage = z.infer<typeof coverageSchema>

/** One request and what came of it. */
export const sessionRequestSchema = z.object({
  requestId: z.int(),
  /** historical, live, schedule or head-timestamp. */
  kind: z.string(),
  /** fetch, confirm, refetch, reconcile, refill, poll or live. */
  purpose: z.string(),
  /** 1 for the first try. */
  attempt: z.int(),
  sentAtMs: z.number(),
  finishedAtMs: z.number().optional(),
  /** complete, no_data, rejected, failed, cancelled, abandoned; absent while it waits. */
  outcome: z.string().optional(),
  code: z.int().optional(),
  message: z.string().optional(),
  /** Distinct minutes of this session in the answer. */
  bars: z.int().optional(),
})
export type SessionRequest = z.infer<typeof sessionRequestSchema>

/** Minutes that a later answer has otherwise than the earlier ones. */
export const revisionSchema = z.object({
  responseId: z.int(),
  symbol: z.string(),
  sessionDate: z.string(),
  atMs: z.number(),
  /** What brought the later values: a refetch, or the history of a session that was streamed. */
  cause: z.enum(['refetch', 'reconciliation']),
  /** Minutes that both have with other prices / with the same prices and another volume, average or count. */
  pricesChanged: z.int(),
  volumesChanged: z.int(),
  /** Minutes that only the later answer has / that the later answer lacks inside its range; the latter are kept. */
  added: z.int(),
  lacking: z.int(),
  /** Largest relative difference of a price. */
  largestPriceChange: z.number(),
  /** New volume / old volume where it is the same in every changed minute, for example 0.01 when TWS changed to lots. */
  volumeRatio: z.number().optional(),
  /** The ratio of all new prices to the old ones, where the broker re-adjusted its history. */
  priceRatio: z.number().optional(),
})
export type Revision = z.infer<typeof revisionSchema>

/** All that is known about the fetching of one session. */
export const sessionFetchSchema = z.object({
  symbol: z.string(),
  sessionDate: z.string(),
  state: z.enum(COVERAGE_STATES),
  bars: z.int(),
  expected: z.int(),
  reason: z.string().optional(),
  /** Runs of minutes that did not come, epoch seconds, the end excluded. */
  gaps: z.array(z.object({ fromTs: z.int(), toTs: z.int() })),
  requests: z.array(sessionRequestSchema),
  revisions: z.array(revisionSchema),
})
export type SessionFetch = z.infer<typeof sessionFetchSchema>

/** What the ingestor is doing at the moment. */
export const ingestActivitySchema = z.object({
  requests: z.array(
    z.object({
      requestId: z.int(),
      symbol: z.string(),
      from: z.string(),
      to: z.string(),
      /** When it went out; absent while it waits for its turn. */
      sentAtMs: z.number().optional(),
      queuedAtMs: z.number(),
      /** 1 for the first try. */
      attempt: z.int(),
      /** fetch, confirm (asked again because it was short), refetch, reconcile, poll or refill. */
      purpose: z.string(),
    }),
  ),
})
export type IngestActivity = z.infer<typeof ingestActivitySchema>

/** A symbol whose bars come as they are made. */
export const liveSymbolSchema = z.object({
  symbol: z.string(),
  /** streaming and polling: bars come; waiting: the session has not begun or TWS is away; refilling: a gap is being fetched. */
  state: z.enum(['waiting', 'streaming', 'polling', 'refilling', 'closed', 'failed']),
  message: z.string(),
  sessionDate: z.string().optional(),
  /** Final bars of this session. */
  bars: z.int(),
  lastFinalTs: z.int().optional(),
  /** Subscriptions that were made anew after an interruption. */
  interruptions: z.int(),
  refilled: z.int(),
})
export type LiveSymbol = z.infer<typeof liveSymbolSchema>
