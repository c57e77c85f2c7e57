/**
 * Exponential back-off with jitter: before attempt `attempt` (1 for the first after a loss) between half and all of
 * `initialDelayMs * 2^(attempt - 1)`, at most `maxDelayMs`. `random` is 0 to 1.
 */
export function delayBeforeAttempt(
  attempt: number,
  { initialDelayMs, maxDelayMs }: { readonly initialDelayMs: number; readonly maxDelayMs: number },
  random: number,
): number {
  // Beyond 2^30 the ceiling holds in any case.
  const full = Math.min(maxDelayMs, initialDelayMs * 2 ** Math.min(30, Math.max(0, attempt - 1)))
  return Math.round(full * (0.5 + random / 2))
}
