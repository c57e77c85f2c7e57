import { createZoneClock, type ZoneClock } from '#shared/calendar/zone-clock.ts'
import { isSessionDate, zonedToEpochSeconds } from '#shared/time.ts'
import { ServerVersion } from './server-versions.ts'

/** The names TWS uses for the zones of the exchanges it lists, where they are not the IANA names. */
const TWS_ZONE_NAMES: ReadonlyMap<string, string> = new Map([
  ['America/New_York', 'US/Eastern'],
  ['America/Chicago', 'US/Central'],
  ['America/Denver', 'US/Mountain'],
  ['America/Los_Angeles', 'US/Pacific'],
])

/** The zone as TWS writes it: `US/Eastern` for America/New_York. */
export function twsZoneName(zone: string): string {
  return TWS_ZONE_NAMES.get(zone) ?? zone
}

const clocks = new Map<string, ZoneClock>()

/** The clock of an IANA zone. Throws RangeError for a name that is none. */
export function zoneClock(zone: string): ZoneClock {
  let clock = clocks.get(zone)
  if (clock === undefined) {
    clock = createZoneClock(zone)
    clock.offsetAt(0)
    clocks.set(zone, clock)
  }
  return clock
}

/** `yyyyMMdd`, `separator`, `HH:mm:ss` of an instant (epoch seconds) on the wall clock of `zone`. */
export function wallText(ts: number, zone: string, separator: string): string {
  const iso = new Date((ts + zoneClock(zone).offsetAt(ts)) * 1000).toISOString()
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}${separator}${iso.slice(11, 19)}`
}

/** `yyyyMMdd` for `YYYY-MM-DD`. */
export function compactDate(date: string): string {
  return date.replaceAll('-', '')
}

/**
 * An instant as TWS writes it in replies: `yyyyMMdd HH:mm:ss US/Eastern` in the instrument's zone, and for clients older than
 * version 174, which know no zones, `yyyyMMdd  HH:mm:ss` (two spaces) on the clock of the machine TWS runs on. The simulator's
 * machine stands at the exchange.
 */
export function zonedText(ts: number, zone: string, serverVersion: number): string {
  return serverVersion >= ServerVersion.InstrumentTimezone
    ? `${wallText(ts, zone, ' ')} ${twsZoneName(zone)}`
    : wallText(ts, zone, '  ')
}

/** A point in time that a request names. */
export type RequestTime =
  | { readonly kind: 'now' }
  | { readonly kind: 'at'; readonly ts: number; readonly zoneNamed: boolean }
  | { readonly kind: 'invalid' }

const UTC_FORM = /^(\d{4})(\d{2})(\d{2})-(\d{2}:\d{2}:\d{2})$/
const ZONED_FORM = /^(\d{4})(\d{2})(\d{2}) +(\d{2}:\d{2}:\d{2})(?: +([A-Za-z][A-Za-z0-9_+/-]*))?$/
const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/

/**
 * Reads the end of a request: empty is now, `yyyyMMdd-HH:mm:ss` is UTC, `yyyyMMdd HH:mm:ss zone` is in that zone, and without
 * a zone in `machineZone`, which TWS answers with a warning.
 */
export function parseRequestTime(text: string, machineZone: string): RequestTime {
  const trimmed = text.trim()
  if (trimmed === '') return { kind: 'now' }
  const utc = UTC_FORM.exec(trimmed)
  const match = utc ?? ZONED_FORM.exec(trimmed)
  if (match === null) return { kind: 'invalid' }
  const date = `${match[1]}-${match[2]}-${match[3]}`
  const time = match[4]
  if (!isSessionDate(date) || !TIME_OF_DAY.test(time)) return { kind: 'invalid' }
  if (utc !== null) return { kind: 'at', ts: Date.parse(`${date}T${time}Z`) / 1000, zoneNamed: true }
  const named: string | undefined = match[5]
  try {
    return { kind: 'at', ts: zonedToEpochSeconds(named ?? machineZone, date, time), zoneNamed: named !== undefined }
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'invalid' }
    throw error
  }
}
