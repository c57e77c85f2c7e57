import type { SwitchyardError } from '#shared/errors.ts'
import type { PacedOutcome } from './pacing/paced-request.ts'
import { TwsRequestError } from './tws-request-error.ts'

/** What an error says about how fast TWS may be asked. */
export function pacedOutcomeOf(error: SwitchyardError): PacedOutcome['kind'] {
  if (error instanceof TwsRequestError) {
    if (error.refusal === 'pacing') return 'violation'
    // It answered, if only to say that there is nothing.
    return error.refusal === 'no-data' || error.refusal === 'unknown-contract' ? 'answered' : 'failed'
  }
  return error.code === 'TWS_DISCONNECTED' ? 'lost' : 'failed'
}
