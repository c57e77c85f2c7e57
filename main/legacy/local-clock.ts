import { zoneOffsetSeconds } from '#shared/time.ts'

const DAY = 86_400

/**
 * Wall-clock seconds of one zone to epoch seconds, fast for many times of the same days: on a day far from a clock change
 * the offset is looked up once.
 */
export class LocalClock {
  /** Whether the last time was one that a clock change repeats, and was decided by the rule. */
  wasDecided = false
  readonly #zone: string
  readonly #repeated: 'refuse' | 'first' | 'second'
  readonly #offsets = new Map<number, number | 'changes'>()

  /** @param repeated which of the two instants a repeated time means; neither when left out. */
  constructor(zone: string, repeated: 'refuse' | 'first' | 'second' = 'refuse') {
    this.#zone = zone
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
    let offset = this.#offsets.get(day)
    if (offset === undefined) {
      // Whatever the zone, these two lie outside the day, so that a change at its midnights is seen as well.
      const before = zoneOffsetSeconds(this.#zone, (day - 1) * DAY)
      const after = zoneOffsetSeconds(this.#zone, (day + 2) * DAY)
      offset = before === after ? before : 'changes'
      this.#offsets.set(day, offset)
    }
    if (offset !== 'changes') return wallSeconds - offset
    const guesses = [wallSeconds - DAY, wallSeconds + DAY].map(
      (around) => wallSeconds - zoneOffsetSeconds(this.#zone, around),
    )
    const exact = new Set(guesses.filter((ts) => ts + zoneOffsetSeconds(this.#zone, ts) === wallSeconds))
    if (exact.size === 1) return [...exact][0]
    if (exact.size === 0 || this.#repeated === 'refuse') return null
    this.wasDecided = true
    return this.#repeated === 'first' ? Math.min(...exact) : Math.max(...exact)
  }
}
