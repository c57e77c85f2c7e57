import { z } from 'zod'

/**
 * How fast TWS may be asked. The defaults keep the broker's documented limits (docs/tws.md); lower values are kinder, and only
 * `messagesPerSecond` may be raised, by those whose account has more market data lines.
 */
export const pacingConfigSchema = z
  .strictObject({
    /** TWS allows half as many messages a second as the account has market data lines (100 by default, so 50). */
    messagesPerSecond: z.int().min(1).max(500).default(45),
    /** Requests that wait for their answer at the same time. Old documentation names 50 as the most. */
    maxOpenRequests: z.int().min(1).max(50).default(20),
    /** Requests in any ten minutes for bars of 30 s or smaller and for head time stamps; BID_ASK counts twice. */
    smallBarRequestsPer10Min: z.int().min(2).max(60).default(60),
    /** Shortest time between two requests for bars of 1 min or larger at full pace; at half pace it is twice as long. */
    barsSpacingMs: z.int().min(0).max(60_000).default(25),
    /** Added to the window of every rule, since requests do not arrive as evenly as they are sent. */
    marginMs: z.int().min(0).max(10_000).default(250),
    /** How long nothing historical is asked for after a pacing violation; doubles with every further one. */
    backOffMs: z.int().min(1_000).max(3_600_000).default(15_000),
    /** The longest that doubling makes it. */
    backOffCeilingMs: z.int().min(1_000).max(3_600_000).default(600_000),
    /** Answers that take this many times longer than they did at best slow the pace down. */
    slowFactor: z.number().min(1.5).max(100).default(3),
  })
  .refine(({ backOffMs, backOffCeilingMs }) => backOffMs <= backOffCeilingMs, {
    path: ['backOffCeilingMs'],
    error: 'must not be below backOffMs',
  })

export type PacingConfig = z.infer<typeof pacingConfigSchema>
