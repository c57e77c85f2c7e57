import { SwitchyardError } from '#shared/errors.ts'
import { mayBeOfBrokenService, TwsRequestError } from '../tws-request-error.ts'

/** What to do after a request failed. */
export type RetryDecision =
  /** The run cannot go on. */
  | { readonly kind: 'stop' }
  /** Ask again; `counts` when it is one of the tries that are limited. */
  | { readonly kind: 'again'; readonly counts: boolean; readonly delayMs: number }
  /** The broker has nothing for the range. */
  | { readonly kind: 'noData'; readonly words: string }
  /** This piece cannot be had. */
  | { readonly kind: 'fail' }
  /** Nothing of this symbol can be had at the moment. */
  | { readonly kind: 'failSymbol' }

export interface RetryLimits {
  readonly retries: number
  readonly retryDelayMs: number
}

/** The longest wait between two tries. */
const MOST_DELAY_MS = 120_000

/** However often TWS says that it was too fast, it is believed only so often for one request. */
const MOST_PACING_RETRIES = 30

/**
 * Decides what a failure of try `attempt` (1 for the first) means. While a lost connection is being restored, or the broker's service
 * for history is away, a failure is nobody's fault and does not count.
 */
export function retryAfter(
  thrown: unknown,
  attempt: number,
  limits: RetryLimits,
  { keepsTrying, isHistoryAway }: { readonly keepsTrying: boolean; readonly isHistoryAway: boolean },
): RetryDecision {
  if (!(thrown instanceof SwitchyardError)) return { kind: 'stop' }
  const delayMs = Math.min(MOST_DELAY_MS, limits.retryDelayMs * 2 ** Math.min(20, attempt - 1))
  const again: RetryDecision = attempt > limits.retries ? { kind: 'fail' } : { kind: 'again', counts: true, delayMs }
  if (thrown.code === 'TWS_DISCONNECTED')
    return keepsTrying ? { kind: 'again', counts: false, delayMs: 0 } : { kind: 'stop' }
  // The client holds everything back until it is worth a try.
  if (isHistoryAway && mayBeOfBrokenService(thrown)) return { kind: 'again', counts: false, delayMs: 0 }
  if (thrown.code === 'TWS_TIMEOUT') return again
  if (!(thrown instanceof TwsRequestError)) return thrown.code === 'TWS_REFUSED' ? again : { kind: 'stop' }
  switch (thrown.refusal) {
    case 'no-data':
      return { kind: 'noData', words: thrown.twsMessage }
    // The client holds everything back until it is worth a try.
    case 'competing-session':
      return { kind: 'again', counts: false, delayMs: 0 }
    case 'pacing':
      return attempt > MOST_PACING_RETRIES ? { kind: 'fail' } : { kind: 'again', counts: true, delayMs: 0 }
    case 'no-permission':
    case 'unknown-contract':
      return { kind: 'failSymbol' }
    case 'invalid':
      return { kind: 'fail' }
    case 'cancelled':
    case 'service-down':
    case 'transient':
      return again
  }
}
