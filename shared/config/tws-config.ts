import { z } from 'zod'
import { zoneNameSchema } from '#shared/zone-name.ts'
import { pacingConfigSchema } from './pacing-config.ts'

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, HH:MM')

/** How soon and how often a lost connection is tried again. */
export const reconnectConfigSchema = z.strictObject({
  /** Wait before the second attempt; it doubles with every further one. */
  initialDelayMs: z.int().min(1).max(600_000).default(1_000),
  maxDelayMs: z.int().min(1).max(3_600_000).default(60_000),
  /** After so long without a loss the wait is short again. */
  stableAfterMs: z.int().min(1).max(3_600_000).default(60_000),
  /** After so long without success no further attempt is made, and what waits fails. */
  giveUpAfterMs: z
    .int()
    .min(1)
    .max(7 * 86_400_000)
    .default(12 * 3_600_000),
})

/** A silent TWS is asked for its time; one that does not answer is taken as frozen, and the connection is made anew. */
export const heartbeatConfigSchema = z.strictObject({
  /** Silence after which it is asked. */
  intervalMs: z.int().min(50).max(600_000).default(15_000),
  /** How long it may take to answer. */
  timeoutMs: z.int().min(50).max(600_000).default(15_000),
})

/** How long requests stay away from something that TWS reported as gone, before one is tried although nothing was heard since. */
export const patienceConfigSchema = z.strictObject({
  /** Another session of the same user holds the market data. */
  competingSessionMs: z.int().min(1).max(3_600_000).default(60_000),
  /** Every historical data farm is reported as not connected. */
  brokenFarmMs: z.int().min(1).max(3_600_000).default(300_000),
  /** TWS restores its connection to the broker by itself (2110) and may not say when it has. */
  brokenLinkMs: z.int().min(1).max(3_600_000).default(60_000),
})

/** When TWS restarts every day, so that its absence is not taken for a fault. */
export const dailyRestartConfigSchema = z.strictObject({
  time: timeOfDay,
  zone: zoneNameSchema.default('America/New_York'),
  /** How long it may be away from then on. */
  minutes: z.int().min(1).max(180).default(15),
})

/** How answers are checked before a session counts as fetched. */
export const verifyConfigSchema = z.strictObject({
  /** How often a session with fewer bars than minutes is asked for again; two answers that agree end it sooner. */
  confirmations: z.int().min(0).max(5).default(2),
  /** How often a request is made again that failed for a reason that may pass. */
  retries: z.int().min(0).max(50).default(5),
  /** Wait before such a retry; it doubles with every further one. */
  retryDelayMs: z.int().min(1).max(600_000).default(2_000),
  /** Ask for the broker's daily bars as well, against which the minutes of a session are checked: one request for each symbol. */
  dailyBars: z.boolean().default(true),
})

/** Bars as they are made. */
export const liveConfigSchema = z.strictObject({
  /** stream: TWS pushes the bar in progress (`keepUpToDate`). poll: it is asked for the latest bars again and again. */
  mode: z.enum(['stream', 'poll']).default('stream'),
  pollEverySeconds: z.int().min(5).max(3_600).default(60),
  /** A minute that has passed is final after so long, also when no later bar has come. */
  finalAfterMs: z.int().min(0).max(60_000).default(10_000),
  /** A stream that says nothing for so long during a session is subscribed anew. */
  silentAfterMs: z.int().min(1_000).max(3_600_000).default(180_000),
})

/** Where TWS or IB Gateway listens, and how patient to be with it. */
export const twsConfigSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  /** 7496 / 7497 TWS live / paper, 4001 / 4002 Gateway live / paper. */
  port: z.int().min(1).max(65535).default(7497),
  clientId: z.int().min(0).max(2_147_483_647).default(17),
  /** How many ids from `clientId` on are tried when one is in use. */
  clientIdAttempts: z.int().min(1).max(32).default(8),
  /** For the handshake, from opening the socket to the next valid id. */
  connectTimeoutMs: z.int().min(100).max(600_000).default(10_000),
  requestTimeoutMs: z.int().min(200).max(3_600_000).default(60_000),
  /** A larger answer holds up the ones behind it; the broker serves 390 regular bars a session. */
  maxBarsPerRequest: z.int().min(390).max(5_000).default(2_000),
  maxConcurrentRequests: z.int().min(1).max(50).default(4),
  pacing: pacingConfigSchema.prefault({}),
  reconnect: reconnectConfigSchema.prefault({}),
  heartbeat: heartbeatConfigSchema.prefault({}),
  patience: patienceConfigSchema.prefault({}),
  dailyRestart: dailyRestartConfigSchema.optional(),
  verify: verifyConfigSchema.prefault({}),
  live: liveConfigSchema.prefault({}),
})

export type TwsConfig = z.infer<typeof twsConfigSchema>
export type DailyRestartConfig = z.infer<typeof dailyRestartConfigSchema>
export type VerifyConfig = z.infer<typeof verifyConfigSchema>
export type LiveConfig = z.infer<typeof liveConfigSchema>
