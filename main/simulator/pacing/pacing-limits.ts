import { z } from 'zod'

const count = z.int().min(1).max(1_000_000)
const milliseconds = z.int().min(1).max(86_400_000)

/**
 * The limits TWS sets its clients, each with the broker's documented value. A window is half open: what happened exactly its
 * length ago is outside.
 */
export const pacingLimitsSchema = z.strictObject({
  /** Small bars and head time stamps: an identical request within this time is a violation. */
  identicalWindowMs: milliseconds.default(15_000),
  /** Small bars and head time stamps: `burstRequests` or more for one contract, exchange and tick type in this time. */
  burstWindowMs: milliseconds.default(2_000),
  burstRequests: count.default(6),
  /** Small bars and head time stamps: more than `windowRequests` in this time. */
  windowMs: milliseconds.default(600_000),
  windowRequests: count.default(60),
  /** Historical requests of any bar size, and head time stamps, that may be open at a time. */
  openRequests: count.default(50),
  /** Messages of one connection in `messageWindowMs`: half its market data lines, of which there are 100 to begin with. */
  messages: count.default(50),
  messageWindowMs: milliseconds.default(1_000),
  /** Whether too many messages are an error, or wait silently (a setting of TWS). */
  messageOverflow: z.enum(['error', 'queue']).default('error'),
  /** Windows with too many messages until the connection is closed. */
  messageStrikes: count.default(3),
  /**
   * Bars of a minute or more have no hard limit: of more than `softRequests` in `softWindowMs` each further one waits
   * `softDelayMs` longer than the one before. The broker gives no numbers for its slow-down; these are made up.
   */
  softRequests: count.default(30),
  softWindowMs: milliseconds.default(10_000),
  softDelayMs: z.int().min(0).max(60_000).default(50),
  /** Requests for such bars in `softWindowMs` that end the connection; null never does. Made up as well. */
  abuseRequests: count.nullable().default(null),
})

export type PacingLimits = z.output<typeof pacingLimitsSchema>

/** `off` lets clients do as they like, `enforce` applies the documented limits; an object changes some of them. */
export const pacingOptionSchema = z.union([z.literal('off'), z.literal('enforce'), pacingLimitsSchema.partial()])

export type PacingOption = 'off' | 'enforce' | Partial<PacingLimits>

/** The limits an option stands for, null when there are none. */
export function limitsOf(option: PacingOption): PacingLimits | null {
  if (option === 'off') return null
  return pacingLimitsSchema.parse(option === 'enforce' ? {} : option)
}
