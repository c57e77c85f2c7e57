import { SwitchyardError } from '#shared/errors.ts'

/** Why a job is aborted when the engine ends: it goes back into the queue and is taken up after the next start. */
export const INTERRUPTION = new SwitchyardError('CANCELLED', 'The engine is shutting down.')

/** Whether a job ends because the engine does, and not for the operator's sake. */
export function isInterruption(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === INTERRUPTION
}
