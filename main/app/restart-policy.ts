/** How often, and how fast, an engine that ends unexpectedly is started again. All times in milliseconds. */
export interface RestartLimits {
  /** Delay after the first quick failure; doubled for each further one in a row. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** This many quick failures in a row end the attempts. */
  readonly giveUpAfter: number
  /** An engine that served at least this long before it ended did not fail quickly, and the count starts again. */
  readonly stableAfterMs: number
}

export const RESTART_LIMITS: RestartLimits = {
  firstDelayMs: 250,
  maxDelayMs: 10_000,
  giveUpAfter: 5,
  stableAfterMs: 60_000,
}

export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly failures: number }
  | { readonly kind: 'give-up'; readonly failures: number }

/**
 * Decides what follows an unexpected end.
 *
 * @param previousFailures quick failures in a row before this one
 * @param servedMs how long the engine accepted connections before it ended; 0 when it never did
 */
export function decideRestart(previousFailures: number, servedMs: number, limits: RestartLimits): RestartDecision {
  const failures = servedMs >= limits.stableAfterMs ? 1 : previousFailures + 1
  if (failures >= limits.giveUpAfter) return { kind: 'give-up', failures }
  return { kind: 'restart', failures, delayMs: Math.min(limits.firstDelayMs * 2 ** (failures - 1), limits.maxDelayMs) }
}
