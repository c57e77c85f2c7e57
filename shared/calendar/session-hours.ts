import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from './calendar.ts'

/** When a session is open: `openTs <= ts < closeTs` without its pause. Epoch seconds. */
export type SessionHours = Pick<Session, 'openTs' | 'closeTs' | 'breakStartTs' | 'breakEndTs'>

/** Seconds that a session pauses for; 0 where it does not. */
export function pauseSeconds({ breakStartTs, breakEndTs }: SessionHours): number {
  return breakStartTs === null || breakEndTs === null ? 0 : Math.max(0, breakEndTs - breakStartTs)
}

/** Number of minutes in which a bar may begin. */
export function expectedMinutes(hours: SessionHours): number {
  return Math.max(0, Math.round((hours.closeTs - hours.openTs - pauseSeconds(hours)) / BAR_SECONDS))
}

/** Whether the session is open at `ts`; never where that is no number. */
export function isOpenAt({ openTs, closeTs, breakStartTs, breakEndTs }: SessionHours, ts: number): boolean {
  if (!(ts >= openTs && ts < closeTs)) return false
  return breakStartTs === null || breakEndTs === null || ts < breakStartTs || ts >= breakEndTs
}
