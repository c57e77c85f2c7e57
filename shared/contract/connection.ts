import { z } from 'zod'

/**
 * The connection to TWS as the operator sees it.
 *
 * disconnected: nobody asked for a connection, or it was given up. connecting: the socket is being opened. handshaking: it is
 * open, and TWS has not sent its next valid id yet. ready: TWS answers. degraded: TWS is there, and its link to the broker, a data
 * farm or the session is not. reconnecting: it was lost and is tried again at `retryAtMs`. stopped: the engine is closing.
 */
export const CONNECTION_STATES = [
  'disconnected',
  'connecting',
  'handshaking',
  'ready',
  'degraded',
  'reconnecting',
  'stopped',
] as const

/** A data farm of the broker, as its notices 2103 to 2158 tell of it. */
export const farmSchema = z.object({
  /** As TWS names it, for example `ushmds`. */
  name: z.string(),
  kind: z.enum(['market-data', 'historical-data', 'security-definitions']),
  /** inactive: asleep until it is asked, which is no fault. */
  state: z.enum(['ok', 'broken', 'inactive', 'connecting']),
  sinceMs: z.number(),
})
export type Farm = z.infer<typeof farmSchema>

export const connectionSchema = z.object({
  state: z.enum(CONNECTION_STATES),
  host: z.string(),
  port: z.int(),
  clientId: z.int(),
  serverVersion: z.int().optional(),
  accounts: z.array(z.string()),
  /** One plain sentence for the operator: what is the case. */
  message: z.string(),
  /** One plain sentence: what it means for work that runs or waits. */
  consequence: z.string(),
  sinceMs: z.number(),
  farms: z.array(farmSchema),
  /** Attempts to connect since the last time it was ready. */
  attempts: z.int(),
  /** When the next attempt is made, while reconnecting. */
  retryAtMs: z.number().optional(),
})
export type Connection = z.infer<typeof connectionSchema>

/** How much of what TWS allows is used at the moment. */
export const pacingBudgetSchema = z.object({
  /** Messages sent in the last second. */
  messages: z.object({ used: z.int(), limit: z.int() }),
  /** Requests for bars of 30 s or less and for head time stamps in the last ten minutes; BID_ASK counts twice. */
  smallBarRequests: z.object({ used: z.int(), limit: z.int() }),
  /** Historical requests that wait for their answer. */
  openRequests: z.object({ used: z.int(), limit: z.int() }),
  /** Requests that wait to be sent. */
  waiting: z.object({ live: z.int(), backfill: z.int() }),
  /** Share of full speed at which requests go out, above 0 to 1. */
  pace: z.number(),
  /** Why it is below 1, or why nothing goes out at the moment. */
  reason: z.string().optional(),
})
export type PacingBudget = z.infer<typeof pacingBudgetSchema>

/** The budget over a stretch of time: the highest use in it. */
export const trafficSampleSchema = z.object({
  /** Start of the stretch. */
  atMs: z.number(),
  messagesPerSecond: z.int(),
  smallBarRequests: z.int(),
  openRequests: z.int(),
  pace: z.number(),
})
export type TrafficSample = z.infer<typeof trafficSampleSchema>

export const trafficSchema = z.object({
  budget: pacingBudgetSchema,
  /** Length of the stretch of one sample. */
  sampleMs: z.int(),
  /** Oldest first, without those in which nothing was sent and nothing was open. */
  samples: z.array(trafficSampleSchema),
})
export type Traffic = z.infer<typeof trafficSchema>

/** Something that happened on the connection. */
export const connectionEntrySchema = z.object({
  id: z.int(),
  atMs: z.number(),
  /** state: the connection changed. notice: TWS said something that belongs to no request. request: TWS refused a request. */
  kind: z.enum(['state', 'notice', 'request']),
  severity: z.enum(['info', 'warn', 'error']),
  /** TWS's own code; absent where the event is ours. */
  code: z.int().optional(),
  /** TWS's own words, or the sentence of the state. */
  text: z.string(),
  /** What the code means and what is done about it, in plain words; absent where it is not known. */
  meaning: z.string().optional(),
  /** What the refused request was about. */
  subject: z.string().optional(),
})
export type ConnectionEntry = z.infer<typeof connectionEntrySchema>
