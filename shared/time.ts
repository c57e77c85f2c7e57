import { Temporal } from 'temporal-polyfill'

/** An exchange-local calendar date, `YYYY-MM-DD`. */
export type SessionDate = string

const SESSION_DATE = /^\d{4}-\d{2}-\d{2}$/

/** Whether `text` is a real calendar date in the form `YYYY-MM-DD`. */
export function isSessionDate(text: string): boolean {
  if (!SESSION_DATE.test(text)) return false
  const ms = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2}))?$/

/**
 * Milliseconds since the epoch of an instant such as `2026-11-20T18:00Z` or `2026-11-20T13:00-05:00`, or of the midnight (UTC) with
 * which a date begins; NaN for any other text, a time without `Z` or offset included: what it means would depend on the machine.
 */
export function instantToEpochMs(text: string): number {
  const date = INSTANT.exec(text)?.[1]
  return date !== undefined && isSessionDate(date) ? Date.parse(text) : NaN
}

/** Days since 1970-01-01 of a date. */
export function dateToEpochDay(date: SessionDate): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000
}

/** The date that is `day` days after 1970-01-01. */
export function epochDayToDate(day: number): SessionDate {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}

/** The date `days` later (earlier when negative). */
export function addDays(date: SessionDate, days: number): SessionDate {
  return epochDayToDate(dateToEpochDay(date) + days)
}

/** Offset from UTC in seconds that holds in `zone` (IANA name) at `ts` (epoch seconds); New York in winter is -18000. */
export function zoneOffsetSeconds(zone: string, ts: number): number {
  return Math.round(Temporal.Instant.fromEpochMilliseconds(ts * 1000).toZonedDateTimeISO(zone).offsetNanoseconds / 1e9)
}

/**
 * Epoch seconds of a wall-clock time in `zone`. A time that a clock change skips moves forward, one that it repeats is the
 * first of the two (RFC 5545 "compatible").
 */
export function zonedToEpochSeconds(zone: string, date: SessionDate, time: string): number {
  const zoned = Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(zone)
  return Math.round(zoned.epochMilliseconds / 1000)
}

/** `2024-07-03T14:31:00Z` for epoch seconds. */
export function isoUtc(ts: number): string {
  return new Date(ts * 1000).toISOString().replace('.000Z', 'Z')
}

/** `2024-07-03T10:31:00-04:00` in `zone` (IANA name) for epoch seconds; the offset tells apart an hour that a clock change repeats. */
export function isoLocal(ts: number, zone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(ts * 1000)
    .toZonedDateTimeISO(zone)
    .toString({ timeZoneName: 'never' })
}
