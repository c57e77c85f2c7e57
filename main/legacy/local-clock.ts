import { createZoneClock, type ZoneClock } from '#shared/calendar/zone-clock.ts'

const DAY = 86_400

/** Wall-clock seconds of one zone to epoch seconds, fast for many times of the same days. */
export class LocalClock {
  /** Whether the last time was one that a clock change repeats, and was decided by the rule. */
  wasDecided = false
  readonly #clock: ZoneClock
  readonly #repeated: 'refuse' | 'first' | 'second'
  /** The day that was asked for last, and its offset when no clock change is near it. */
  #knownDay = NaN
  #knownOffset: number | 'changes' = 'changes'

  /** @param repeated which of the two instants a repeated time means; neither when left out. */
  constructor(zone: string, repeated: 'refuse' | 'first' | 'second' = 'refuse') {
    this.#clock = createZoneClock(zone)
    this.#repeated = repeated
  }

  /**
   * Epoch seconds of a wall-clock time given as if it were UTC.
   *
   * @returns null when a clock change skips that time, or repeats it and no rule says which is meant.
   */
  toEpochSeconds(wallSeconds: number): number | null {
    this.wasDecided = false
    const day = Math.floor(wallSeconds / DAY)
    if (day !== this.#knownDay) {
      // Whatever the zone, these two lie outside the day, so that a change at its midnights is seen as well.
      const before = this.#clock.offsetAt((day - 1) * DAY)
      const after = this.#clock.offsetAt((day + 2) * DAY)
      this.#knownDay = day
      this.#knownOffset = before === after ? before : 'changes'
    }
    if (this.#knownOffset !== 'changes') return wallSeconds - this.#knownOffset
    const guesses = [wallSeconds - DAY, wallSeconds + DAY].map((around) => wallSeconds - this.#clock.offsetAt(around))
    const exact = new Set(guesses.filter((ts) => ts + this.#clock.offsetAt(ts) === wallSeconds))
    if (exact.size === 1) return [...exact][0]
    if (exact.size === 0 || this.#repeated === 'refuse') return null
    this.wasDecided = true
    return this.#repeated === 'first' ? Math.min(...exact) : Math.max(...exact)
  }
}
