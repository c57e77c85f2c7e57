import { isSessionDate, zonedToEpochSeconds } from '#shared/time.ts'
import { isZone } from '#shared/zone-name.ts'
import type { ScheduleSession } from './link/link-protocol.ts'

/** A session as the broker's schedule has it; times are epoch seconds. */
export interface BrokerSession {
  /** `YYYY-MM-DD`, the broker's reference date. */
  readonly sessionDate: string
  readonly openTs: number
  readonly closeTs: number
}

const MOMENT = /^(\d{4})(\d{2})(\d{2})-((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)$/

/**
 * Reads the sessions of a SCHEDULE answer, whose times are on the wall clock of `timeZone`. Undefined when the zone is unknown here or
 * an entry is not what it should be: then nothing is known of the schedule.
 */
export function parseSchedule(
  timeZone: string,
  sessions: readonly ScheduleSession[],
): readonly BrokerSession[] | undefined {
  if (!isZone(timeZone)) return undefined
  const parsed: BrokerSession[] = []
  for (const { startDateTime, endDateTime, refDate } of sessions) {
    const openTs = instant(startDateTime, timeZone)
    const closeTs = instant(endDateTime, timeZone)
    const sessionDate = refDate.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
    if (openTs === undefined || closeTs === undefined || !isSessionDate(sessionDate) || closeTs <= openTs)
      return undefined
    parsed.push({ sessionDate, openTs, closeTs })
  }
  return parsed
}

function instant(text: string, zone: string): number | undefined {
  const found = MOMENT.exec(text)
  if (found === null) return undefined
  const date = `${found[1]}-${found[2]}-${found[3]}`
  return isSessionDate(date) ? zonedToEpochSeconds(zone, date, found[4]) : undefined
}
