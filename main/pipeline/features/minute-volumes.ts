import { BAR_SECONDS } from '#shared/bars.ts'
import type { CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'

/** Whole minutes from the session's open to `ts`; 0 for the first minute, negative before the open. */
function minuteOfSession(session: Session, ts: number): number {
  return Math.floor((ts - session.openTs) / BAR_SECONDS)
}

function isKnownVolume(volume: number): boolean {
  return volume >= 0 && volume < Infinity
}

/**
 * The volumes of the last `sessions` sessions by minute of session, in a ring per minute: adding a session overwrites the
 * oldest. Results depend on the sessions held and on nothing before them, and sums run from the oldest session to the newest,
 * so that a ring filled from a long history and one filled from just the window give the same bits.
 */
export class MinuteVolumes {
  readonly sessions: number
  /** `values[minute * sessions + slot]`, NaN where the session had no bar or no known volume at the minute. */
  #values = new Float64Array(0)
  #minutes = 0
  /** The slot that the next session takes: an empty one, or the oldest. */
  #next = 0
  #held = 0

  constructor(sessions: number) {
    this.sessions = sessions
  }

  /** Whether all the sessions of the window are known. */
  get full(): boolean {
    return this.#held === this.sessions
  }

  /** Takes in one more session. A session without bars counts as one without observations. */
  add(session: Session, bars: CuratedColumns): void {
    const { sessions } = this
    const sessionMinutes = Math.ceil((session.closeTs - session.openTs) / BAR_SECONDS)
    if (sessionMinutes > this.#minutes) this.#grow(sessionMinutes)
    const values = this.#values
    const slot = this.#next
    for (let at = slot; at < values.length; at += sessions) values[at] = NaN
    const { ts, volume } = bars
    for (let row = 0; row < ts.length; row++) {
      const minute = minuteOfSession(session, ts[row])
      if (minute >= 0 && minute < sessionMinutes && isKnownVolume(volume[row])) {
        values[minute * sessions + slot] = volume[row]
      }
    }
    this.#next = (slot + 1) % sessions
    if (this.#held < sessions) this.#held++
  }

  /**
   * Writes, for every bar, how many sample standard deviations its volume is from the mean volume of the same minute in the
   * sessions held. Null while the window is not full, when the bar's own volume is unknown, with fewer than `minObservations`
   * volumes at that minute, and when they are all the same.
   */
  zScores(session: Session, bars: CuratedColumns, rows: number, minObservations: number, out: Float64Array): void {
    if (!this.full) {
      out.fill(NaN, 0, rows)
      return
    }
    const { ts, volume } = bars
    for (let row = 0; row < rows; row++) {
      const minute = minuteOfSession(session, ts[row])
      const inside = minute >= 0 && minute < this.#minutes && isKnownVolume(volume[row])
      out[row] = inside ? this.#zScore(minute * this.sessions, volume[row], minObservations) : NaN
    }
  }

  #zScore(first: number, volume: number, minObservations: number): number {
    const values = this.#values
    const end = first + this.sessions
    const oldest = first + this.#next
    // Sums are taken about the oldest observation: equal volumes then give a sum of squares of exactly 0, and because the
    // origin is itself an observation, subtracting the square of the sum cancels at most a factor of the count.
    let origin = NaN
    let count = 0
    let sum = 0
    let squares = 0
    let at = oldest
    do {
      const value = values[at]
      if (value === value) {
        if (count === 0) origin = value
        const difference = value - origin
        count++
        sum += difference
        squares += difference * difference
      }
      at++
      if (at === end) at = first
    } while (at !== oldest)
    if (count < minObservations) return NaN
    const variance = (squares - (sum * sum) / count) / (count - 1)
    return variance > 0 ? (volume - origin - sum / count) / Math.sqrt(variance) : NaN
  }

  #grow(minutes: number): void {
    const values = new Float64Array(minutes * this.sessions).fill(NaN)
    values.set(this.#values)
    this.#values = values
    this.#minutes = minutes
  }
}
