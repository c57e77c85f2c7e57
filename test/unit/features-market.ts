import fc from 'fast-check'
import type { SessionInput } from '#main/pipeline/features/compute-features.ts'
import { sessionInput, sessionNumber } from './features-fixtures.ts'
import type { TestBar } from './features-fixtures.ts'

/** Numbers in [0, 1) that depend on the seed only (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How a made-up market behaves. Shares are of bars. */
export interface MarketShape {
  readonly firstPrice: number
  /** Prices are whole multiples of this. */
  readonly tick: number
  /** Largest move of a bar, in ticks. */
  readonly moveTicks: number
  readonly leastVolume: number
  readonly missingShare: number
  /** Share of bars of which one value is missing, zero, negative or infinite. */
  readonly badShare: number
}

export const ORDINARY_MARKET: MarketShape = {
  firstPrice: 100,
  tick: 0.01,
  moveTicks: 20,
  leastVolume: 1,
  missingShare: 0,
  badShare: 0,
}

const BAD_VALUES = [NaN, 0, -1, Infinity]

/** Consecutive sessions of a random walk of whole ticks, one for each entry of `minutes` (0: a session without bars). */
export function randomSessions(seed: number, minutes: readonly number[], shape: MarketShape): SessionInput[] {
  const random = seededRandom(seed)
  let ticks = Math.round(shape.firstPrice / shape.tick)
  const step = (): number => {
    ticks = Math.max(1, ticks + Math.round((2 * random() - 1) * shape.moveTicks))
    return ticks * shape.tick
  }
  return minutes.map((length, index) => {
    const bars: TestBar[] = []
    for (let minute = 0; minute < length; minute++) {
      if (random() < shape.missingShare) continue
      const [a, b, c, d] = [step(), step(), step(), step()]
      const high = Math.max(a, b, c, d)
      const low = Math.min(a, b, c, d)
      const bar = {
        minute,
        open: a,
        high,
        low,
        close: d,
        volume: shape.leastVolume + Math.floor(random() ** 3 * 10_000),
        vwap: random() < 0.5 ? NaN : low + (high - low) * random(),
      }
      if (random() < shape.badShare) {
        const keys = ['open', 'high', 'low', 'close', 'volume', 'vwap'] as const
        bar[keys[Math.floor(random() * keys.length)]] = BAD_VALUES[Math.floor(random() * BAD_VALUES.length)]
      }
      bars.push(bar)
    }
    return sessionInput(sessionNumber(index, Math.max(length, 60)), bars)
  })
}

/** Markets of every awkward kind for property tests: any length of session, holes, bad values, pennies and fortunes. */
export const anyMarket = fc.record({
  seed: fc.integer(),
  minutes: fc.array(
    fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 100 }) }, { weight: 1, arbitrary: fc.constant(0) }),
    {
      minLength: 22,
      maxLength: 26,
    },
  ),
  shape: fc.record({
    firstPrice: fc.constantFrom(0.0003, 1, 100, 5_000, 43_000_000_000_000),
    tick: fc.constantFrom(0.0001, 0.01),
    moveTicks: fc.constantFrom(0, 1, 30, 1_000),
    leastVolume: fc.constant(0),
    missingShare: fc.constantFrom(0, 0.1, 0.7),
    badShare: fc.constantFrom(0, 0.01, 0.2),
  }),
})
