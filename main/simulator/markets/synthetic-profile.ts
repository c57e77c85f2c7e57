import { createRandom } from './random.ts'

/** How a synthetic instrument trades. The values shape random numbers; they are nobody's actual prices. */
export interface SyntheticProfile {
  readonly symbol: string
  /** Price around which it starts, and to which it slowly reverts, USD. */
  readonly price: number
  /** Standard deviation of yearly log returns. */
  readonly annualVolatility: number
  /** Trades in a session of regular length. Below some 2,000 there are minutes without any. */
  readonly tradesPerDay: number
  readonly sharesPerTrade: number
}

/** Liquid names and, at the end, two that trade a few hundred times a day. */
export const DEFAULT_PROFILES: readonly SyntheticProfile[] = [
  { symbol: 'SPY', price: 480, annualVolatility: 0.15, tradesPerDay: 420_000, sharesPerTrade: 160 },
  { symbol: 'AAPL', price: 190, annualVolatility: 0.25, tradesPerDay: 520_000, sharesPerTrade: 105 },
  { symbol: 'MSFT', price: 400, annualVolatility: 0.23, tradesPerDay: 310_000, sharesPerTrade: 70 },
  { symbol: 'NVDA', price: 120, annualVolatility: 0.45, tradesPerDay: 900_000, sharesPerTrade: 280 },
  { symbol: 'JPM', price: 195, annualVolatility: 0.21, tradesPerDay: 95_000, sharesPerTrade: 95 },
  { symbol: 'XOM', price: 112, annualVolatility: 0.24, tradesPerDay: 100_000, sharesPerTrade: 150 },
  { symbol: 'IWM', price: 205, annualVolatility: 0.2, tradesPerDay: 170_000, sharesPerTrade: 180 },
  { symbol: 'DJCO', price: 350, annualVolatility: 0.35, tradesPerDay: 520, sharesPerTrade: 45 },
  { symbol: 'SEB', price: 3_300, annualVolatility: 0.28, tradesPerDay: 260, sharesPerTrade: 12 },
]

/** A profile for a symbol that has none: made from the seed and the name, liquid enough to trade in every minute. */
export function profileOf(seed: number, symbol: string): SyntheticProfile {
  const known = DEFAULT_PROFILES.find((profile) => profile.symbol === symbol)
  if (known !== undefined) return known
  const random = createRandom(seed, 'profile', symbol)
  return {
    symbol,
    price: Math.round(20 * 20 ** random.uniform() * 100) / 100,
    annualVolatility: 0.15 + 0.35 * random.uniform(),
    tradesPerDay: Math.round(20_000 * 10 ** random.uniform()),
    sharesPerTrade: Math.round(60 + 140 * random.uniform()),
  }
}

/** Whether a profile trades in (nearly) every minute. */
export function isLiquid(profile: SyntheticProfile): boolean {
  return profile.tradesPerDay >= 10_000
}
