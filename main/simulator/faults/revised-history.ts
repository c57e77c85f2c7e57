import { allocateBars, BAR_COLUMNS, type BarColumns } from '#shared/bars.ts'
import type { SessionDate } from '#shared/time.ts'
import { createRandom } from '../markets/random.ts'

/**
 * A broker that corrects its history: a session that was given out before is given out with a few other prices and volumes
 * from the second time on. Which bars and by how much depends on the seed, the symbol and the time of each bar alone, so every
 * later answer says the same.
 */
export class RevisedHistory {
  readonly #given = new Set<string>()
  #share = 0
  #seed = 1

  /** From now on about `share` (0 to 1) of the bars of a session given out again are others; sessions count as new. */
  begin(share: number): void {
    this.#share = share
    this.#given.clear()
  }

  /** Corrects nothing from now on, and draws by `seed` when it begins again. */
  reset(seed: number): void {
    this.#share = 0
    this.#seed = seed
  }

  /**
   * The bars of a session as they are given out now. Prices move by ticks within a bar's range, so that its high and low
   * stay; volumes move by up to a tenth.
   */
  revise(
    symbol: string,
    date: SessionDate,
    bars: BarColumns,
    minTick: number,
  ): { bars: BarColumns; isRevised: boolean } {
    if (this.#share === 0) return { bars, isRevised: false }
    const session = `${symbol} ${date}`
    if (!this.#given.has(session)) {
      this.#given.add(session)
      return { bars, isRevised: false }
    }
    const revised = allocateBars(bars.ts.length)
    for (const name of BAR_COLUMNS) revised[name].set(bars[name])
    let isRevised = false
    for (let i = 0; i < bars.ts.length; i++) {
      const random = createRandom(this.#seed, 'revision', symbol, String(bars.ts[i]))
      if (random.uniform() >= this.#share) continue
      isRevised = true
      const isAtHigh = bars.close[i] + minTick > bars.high[i]
      const moved = isAtHigh ? bars.close[i] - minTick : bars.close[i] + minTick
      revised.close[i] = Math.max(bars.low[i], Math.min(bars.high[i], roundToTick(moved, minTick)))
      revised.volume[i] = bars.volume[i] + random.between(1, Math.max(1, Math.floor(bars.volume[i] / 10)))
    }
    return { bars: revised, isRevised }
  }
}

function roundToTick(price: number, minTick: number): number {
  const ticksPerUnit = Math.round(1 / minTick)
  return Math.round(price * ticksPerUnit) / ticksPerUnit
}
