import type { SessionDate } from '#shared/time.ts'

/** One trading session. Times are epoch seconds; the session covers bars with `openTs <= ts < closeTs`. */
export interface Session {
  /** Exchange-local date that names the session. */
  readonly date: SessionDate
  readonly openTs: number
  readonly closeTs: number
  readonly breakStartTs: number | null
  readonly breakEndTs: number | null
  /** True when the session ends before the regular close. */
  readonly earlyClose: boolean
}

/** The sessions of one exchange between two dates beyond which it knows nothing. Immutable. */
export interface TradingCalendar {
  readonly id: string
  /** IANA time zone in which session dates and opening hours are meant. */
  readonly zone: string
  /** First and last date the calendar answers for. */
  readonly firstDate: SessionDate
  readonly lastDate: SessionDate
  /** SHA-256 (hex) of the definition and of what overrides it, so that a curated block can say which calendar made it. */
  readonly hash: string
  /** The session named `date`, or null when the exchange is closed that day. Throws CALENDAR_HORIZON outside the range. */
  session(date: SessionDate): Session | null
  /** Sessions with `from <= date <= to`, in order. Throws CALENDAR_HORIZON when the range leaves the calendar's. */
  sessionsBetween(from: SessionDate, to: SessionDate): readonly Session[]
  /**
   * The session whose exchange-local date contains `ts` (whether or not the exchange is open at `ts`), or null. Where sessions
   * open on the evening before their date, the one that is open at `ts` comes first. Throws CALENDAR_HORIZON outside the range.
   */
  sessionOfInstant(ts: number): Session | null
}
