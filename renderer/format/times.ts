/** How durations, dates and clock times look everywhere in the console. */

/** `0.4s`, `12s`, `4m 12s`, `1h 04m`. */
export function formatDuration(ms: number): string {
  if (ms < 950) return `${(Math.max(0, ms) / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${pad(seconds % 60)}s`
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}

const localDate = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' })
const localClock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** The operator's own zone by its short name, for the header of a column of local times: `Berlin`, `ET`, `UTC`. */
export const LOCAL_ZONE = zoneName(new Intl.DateTimeFormat('en-US').resolvedOptions().timeZone)

/** `14:02:11` with the zone for a moment of today, `2026-11-18` for any other, in the operator's zone. */
export function formatRecentMoment(ms: number, nowMs: number): string {
  const date = localDate.format(ms)
  return date === localDate.format(nowMs) ? `${localClock.format(ms)} ${LOCAL_ZONE}` : date
}

/** `2026-11-18` in the operator's zone. */
export function formatLocalDate(ms: number): string {
  return localDate.format(ms)
}

/** `2026-11-18 14:02:11` in the operator's zone. */
export function formatLocalMoment(ms: number): string {
  return `${localDate.format(ms)} ${localClock.format(ms)}`
}

/**
 * Short name of an IANA zone that holds in summer and winter: its generic abbreviation where English has one (`ET` for
 * America/New_York), else its city (`Tokyo` for Asia/Tokyo).
 */
export function zoneName(zone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'shortGeneric' }).formatToParts(0)
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
  if (/^[A-Z]{2,4}$/.test(name) && name !== 'GMT') return name
  return zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ')
}

const zoneClocks = new Map<string, Intl.DateTimeFormat>()

/** `09:31` in `zone` (IANA name) for epoch seconds. */
export function formatZoneClock(ts: number, zone: string): string {
  let clock = zoneClocks.get(zone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
    zoneClocks.set(zone, clock)
  }
  return clock.format(ts * 1000)
}

const zoneDates = new Map<string, Intl.DateTimeFormat>()

/** `2013-10-04` in `zone` (IANA name) for epoch seconds. */
export function formatZoneDate(ts: number, zone: string): string {
  let date = zoneDates.get(zone)
  if (date === undefined) {
    date = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
    zoneDates.set(zone, date)
  }
  return date.format(ts * 1000)
}

/** `2013-10-04 to 2013-10-11`, one date when both are the same, a dash when there are none. */
export function formatDates(from: string | undefined, to: string | undefined): string {
  if (from === undefined && to === undefined) return '–'
  if (from === to) return from ?? '–'
  return `${from ?? 'the first'} to ${to ?? 'the last'}`
}
