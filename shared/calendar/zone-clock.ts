import { zoneOffsetSeconds } from '#shared/time.ts'

/** Converts between instants and the wall clock of one time zone, cheaply enough to be asked for every bar. */
export interface ZoneClock {
  /** Offset from UTC in seconds at `ts` (epoch seconds); New York in winter is -18000. */
  offsetAt(ts: number): number
  /**
   * Epoch seconds of the wall-clock time `minute` minutes after local midnight of `epochDay` (day 0 is 1970-01-01); minutes
   * may be negative or beyond 1440. A time that a clock change skips moves forward, one that it repeats is the first of the
   * two (RFC 5545 "compatible").
   */
  toEpochSeconds(epochDay: number, minute: number): number
}

/** A stretch of time with at most one clock change. */
interface Span {
  readonly before: number
  readonly changeTs: number
  readonly after: number
}

const DAY_SECONDS = 86_400

/** No zone has had two clock changes within so short a time in the years of market data. */
const SPAN_SECONDS = 8 * DAY_SECONDS

/** Clock changes have been on whole minutes in those years. */
const CHANGE_GRID_SECONDS = 60

/**
 * A clock for `zone` (IANA name) that asks the time zone database only for the eight-day spans that are used, once each:
 * offsets at both ends, and where they differ a search for the minute of the change.
 */
export function createZoneClock(zone: string): ZoneClock {
  const edges = new Map<number, number>()
  const spans = new Map<number, Span>()

  const offsetAtEdge = (index: number): number => {
    let offset = edges.get(index)
    if (offset === undefined) {
      offset = zoneOffsetSeconds(zone, index * SPAN_SECONDS)
      edges.set(index, offset)
    }
    return offset
  }

  const readSpan = (index: number): Span => {
    const before = offsetAtEdge(index)
    const after = offsetAtEdge(index + 1)
    if (before === after) return { before, changeTs: Infinity, after }
    let stillBefore = (index * SPAN_SECONDS) / CHANGE_GRID_SECONDS
    let changed = stillBefore + SPAN_SECONDS / CHANGE_GRID_SECONDS
    while (changed - stillBefore > 1) {
      const middle = Math.floor((stillBefore + changed) / 2)
      if (zoneOffsetSeconds(zone, middle * CHANGE_GRID_SECONDS) === before) stillBefore = middle
      else changed = middle
    }
    return { before, changeTs: changed * CHANGE_GRID_SECONDS, after }
  }

  const offsetAt = (ts: number): number => {
    const index = Math.floor(ts / SPAN_SECONDS)
    let span = spans.get(index)
    if (span === undefined) {
      span = readSpan(index)
      spans.set(index, span)
    }
    return ts < span.changeTs ? span.before : span.after
  }

  const toEpochSeconds = (epochDay: number, minute: number): number => {
    const local = epochDay * DAY_SECONDS + minute * 60
    // Offsets are less than a day, so the instant lies between these two.
    const before = offsetAt(local - DAY_SECONDS)
    const after = offsetAt(local + DAY_SECONDS)
    if (before === after || offsetAt(local - before) === before) return local - before
    return offsetAt(local - after) === after ? local - after : local - before
  }

  return { offsetAt, toEpochSeconds }
}
