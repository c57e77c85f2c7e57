import { epochDayToDate, zonedToEpochSeconds, zoneOffsetSeconds } from '#shared/time.ts'

const DAY = 86_400

/**
 * Wall-clock seconds of one zone to epoch seconds, fast for many times of the same days: on a day without a clock change the
 * offset is looked up once.
 */
export class LocalClock {
  readonly #zone: string
  readonly #offsets = new Map<number, number | 'changes'>()

  constructor(zone: string) {
    this.#zone = zone
  }

  /**
   * Epoch seconds of a wall-clock time given as if it were UTC.
   *
   * @returns null when a clock change skips that time or repeats it, since it then names no single instant.
   */
  toEpochSeconds(wallSeconds: number): number | null {
    const day = Math.floor(wallSeconds / DAY)
    let offset = this.#offsets.get(day)
    if (offset === undefined) {
      const date = epochDayToDate(day)
      const start = zoneOffsetSeconds(this.#zone, zonedToEpochSeconds(this.#zone, date, '00:00:00'))
      const end = zoneOffsetSeconds(this.#zone, zonedToEpochSeconds(this.#zone, date, '23:59:59'))
      offset = start === end ? start : 'changes'
      this.#offsets.set(day, offset)
    }
    if (offset !== 'changes') return wallSeconds - offset
    const guesses = [wallSeconds - DAY / 2, wallSeconds + DAY / 2].map(
      (around) => wallSeconds - zoneOffsetSeconds(this.#zone, around),
    )
    const exact = new Set(guesses.filter((ts) => ts + zoneOffsetSeconds(this.#zone, ts) === wallSeconds))
    return exact.size === 1 ? [...exact][0] : null
  }
}
