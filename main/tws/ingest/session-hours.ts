import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { isOpenAt, type SessionHours } from '#shared/calendar/session-hours.ts'
import type { StoredSchedule } from '#main/stores/fetch-log.ts'

/**
 * The hours by which an answer is judged: the broker's own where its schedule has the session, else the calendar's. A broker that lists a
 * session in two parts gives its first open and last close; the pause is the calendar's.
 */
export function hoursOf(session: Session, schedule: StoredSchedule | undefined): SessionHours {
  const broker = schedule?.sessions.get(session.date)
  const { breakStartTs, breakEndTs } = session
  return {
    openTs: broker?.openTs ?? session.openTs,
    closeTs: broker?.closeTs ?? session.closeTs,
    breakStartTs,
    breakEndTs,
  }
}

/** Whether a bar that begins at `ts` is one of the session's: inside its hours and on the minute. */
export function isSessionMinute(hours: SessionHours, ts: number): boolean {
  return isOpenAt(hours, ts) && ts % BAR_SECONDS === 0
}

/** The distinct minutes of the session among `ts`, ascending. */
export function sessionMinutes(hours: SessionHours, ts: Iterable<number>): readonly number[] {
  const minutes = new Set<number>()
  for (const at of ts) if (isSessionMinute(hours, at)) minutes.add(at)
  return [...minutes].sort((a, b) => a - b)
}

/** A run of minutes; the end is excluded. */
export interface MinuteRun {
  readonly fromTs: number
  readonly toTs: number
}

/** The runs of minutes of the session that are not among `minutes` (ascending, from {@link sessionMinutes}). */
export function missingRuns(hours: SessionHours, minutes: readonly number[]): readonly MinuteRun[] {
  const runs: { fromTs: number; toTs: number }[] = []
  let next = 0
  for (let ts = hours.openTs; ts < hours.closeTs; ts += BAR_SECONDS) {
    if (!isSessionMinute(hours, ts)) continue
    while (next < minutes.length && minutes[next] < ts) next++
    if (minutes[next] === ts) continue
    const last = runs.at(-1)
    if (last?.toTs === ts) last.toTs = ts + BAR_SECONDS
    else runs.push({ fromTs: ts, toTs: ts + BAR_SECONDS })
  }
  return runs
}
