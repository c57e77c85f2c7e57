/**
 * How a minute of which only the finished bar is known is played out: from the open to the nearer extreme of its direction
 * first (low before high when it rises), then to the other, then to the close, a third of the minute each. This is the order
 * that bar simulations commonly assume.
 */
export interface MinutePath {
  /** Price at `share` (0 to 1) of the minute. */
  priceAt(share: number): number
  /** Highest and lowest price from share to share. */
  extremes(from: number, to: number): { readonly high: number; readonly low: number }
}

/** The path through a minute's prices, rounded to multiples of `minTick`. */
export function minutePath(open: number, high: number, low: number, close: number, minTick: number): MinutePath {
  const turns = close >= open ? [open, low, high, close] : [open, high, low, close]
  const ticksPerUnit = Math.round(1 / minTick)

  const priceAt = (share: number): number => {
    const leg = Math.min(2, Math.floor(share * 3))
    const within = share * 3 - leg
    // The turns themselves are the bar's own prices, on a tick or not.
    if (within === 0) return turns[leg]
    if (within === 1) return turns[leg + 1]
    const price = Math.round((turns[leg] + (turns[leg + 1] - turns[leg]) * within) * ticksPerUnit) / ticksPerUnit
    return Math.min(high, Math.max(low, price))
  }

  return {
    priceAt,
    extremes: (from, to) => {
      const between = turns.filter((_price, turn) => turn / 3 >= from && turn / 3 <= to)
      const seen = [priceAt(from), priceAt(to), ...between]
      return { high: Math.max(...seen), low: Math.min(...seen) }
    },
  }
}
