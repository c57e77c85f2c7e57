import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import { percent, type RuleBlock, type RuleCheck } from './rule-block.ts'
import { robustScaleInPlace } from './robust-scale.ts'
import { sessionGrid } from './session-grid.ts'
import { usualTick } from './usual-tick.ts'

/**
 * Spikes: moves far beyond the normal of the symbol at that time of day. A bad tick is taken back, by the next bar or within its own;
 * a move persists.
 */

interface SpikeLimits {
  readonly factor: number
  readonly minimumBp: number
  readonly minimumTicks: number
  readonly reversal: number
}

/** Of a move: its share of the price before it, and what it had to exceed. */
interface Move {
  readonly row: number
  readonly size: number
  readonly limit: number
}

/** close: the next bar takes it back; move: it does not; last: there is no next bar. */
interface CloseSpike extends Move {
  readonly kind: 'close' | 'move' | 'last'
}

/** High or low, or both, are far out and the bar closes back. */
interface RangeSpike {
  readonly kind: 'range'
  readonly row: number
  readonly high: Move | undefined
  readonly low: Move | undefined
}

/** Returns that a session must have to be its own measure. */
const FEWEST_OWN_RETURNS = 30

export const badTick: RuleCheck<'bad_tick'> = (block, params, report) => {
  eachSpike(block, params, (spike) => {
    const { row } = spike
    if (spike.kind === 'close') {
      report({
        rows: [row, row],
        closeInDoubt: true,
        message: `The close is ${signed(spike.size)} away, and the next bar is back; up to ${percent(spike.limit)} is normal.`,
      })
    } else if (spike.kind === 'range') {
      const parts = [
        ...(spike.high === undefined ? [] : [`the high is ${signed(spike.high.size)} away`]),
        ...(spike.low === undefined ? [] : [`the low is ${signed(spike.low.size)} away`]),
      ]
      const words = parts.join(' and ')
      const limit = (spike.high ?? spike.low)?.limit ?? NaN
      report({
        rows: [row, row],
        message: `${words[0].toUpperCase()}${words.slice(1)}, and the bar closes back; up to ${percent(limit)} is normal.`,
      })
    }
  })
}

export const priceMove: RuleCheck<'price_move'> = (block, params, report) => {
  eachSpike(block, params, (spike) => {
    if (spike.kind !== 'move' && spike.kind !== 'last') return
    const { row, kind, size, limit } = spike
    const unknown = kind === 'move' ? '' : ', and it is the last bar, so whether it is taken back is not known'
    report({
      rows: [row, row],
      message: `The price moved by ${signed(size)}${unknown}; up to ${percent(limit)} is normal.`,
    })
  })
}

/** Looks at every bar for a move that is beyond `minimumBp`, and only then asks what would be normal. */
function eachSpike(block: RuleBlock, limits: SpikeLimits, onSpike: (spike: CloseSpike | RangeSpike) => void): void {
  const { bars, baseline } = block
  const { ts, open, high, low, close } = bars
  const rows = ts.length
  if (rows === 0) return
  const smallest = limits.minimumBp / 10_000
  const limitAt = spikeLimits(block, limits)

  const moveOf = (row: number, price: number, from: number, fromTs: number): Move | undefined => {
    const size = price / from - 1
    if (!(size > smallest || size < -smallest)) return undefined
    const limit = limitAt(row, from, fromTs)
    return size > limit || size < -limit ? { row, size, limit } : undefined
  }
  const isBack = (price: number, from: number, size: number): boolean =>
    Math.abs(price / from - 1) <= (1 - limits.reversal) * Math.abs(size)
  const closeSpike = (row: number, from: number, fromTs: number): CloseSpike | undefined => {
    const move = moveOf(row, close[row], from, fromTs)
    if (move === undefined) return undefined
    if (row + 1 === rows) return { ...move, kind: 'last' }
    return { ...move, kind: isBack(close[row + 1], from, move.size) ? 'close' : 'move' }
  }

  // The price that moves are measured from: the last close that was no bad tick. Over night prices may go where they like, which is
  // another rule's business: the first bar is measured by its own open, and by the close before only where that is where it returns to.
  let from = open[0]
  let fromTs = ts[0] - BAR_SECONDS
  const above = (row: number, edge: number): Move | undefined =>
    high[row] > edge ? moveOf(row, high[row], edge, fromTs) : undefined
  const below = (row: number, edge: number): Move | undefined =>
    low[row] < edge ? moveOf(row, low[row], edge, fromTs) : undefined
  for (let row = 0; row < rows; row++) {
    const price = close[row]
    const isFirst = row === 0
    let spike = closeSpike(row, from, fromTs)
    if (isFirst && spike?.kind !== 'close') {
      spike = closeSpike(row, baseline.previousClose, fromTs)
      if (spike?.kind === 'close') from = baseline.previousClose
    }
    if (spike?.kind === 'close') {
      onSpike(spike)
      continue
    }
    if (spike !== undefined && !isFirst) onSpike(spike)
    let top = above(row, Math.max(price, from))
    let bottom = below(row, Math.min(price, from))
    if (isFirst) {
      // A wrong first print stands in the open: it is out from the close before as well, to which the bar closes back.
      const before = baseline.previousClose
      if (isBack(price, before, high[0] / before - 1)) top ??= above(0, Math.max(price, before))
      if (isBack(price, before, low[0] / before - 1)) bottom ??= below(0, Math.min(price, before))
    }
    if (top !== undefined || bottom !== undefined) onSpike({ kind: 'range', row, high: top, low: bottom })
    from = price
    fromTs = ts[row]
  }
}

/**
 * What a move from a price up to a row must exceed. Moves over several minutes may be larger, by the square root of their number.
 * Infinite where nothing tells what is normal.
 */
function spikeLimits(
  { session, bars, baseline, instrument }: RuleBlock,
  { factor, minimumBp, minimumTicks }: SpikeLimits,
): (row: number, from: number, fromTs: number) => number {
  const grid = sessionGrid(session)
  let own: number | undefined
  return (row, from, fromTs) => {
    const scale = baseline.returnScale(grid.slotOf(bars.ts[row]))
    const normal = Number.isNaN(scale) ? (own ??= ownScale(bars)) : scale
    if (Number.isNaN(normal)) return Infinity
    const minutes = Math.max(1, (bars.ts[row] - fromTs) / BAR_SECONDS)
    const ticks = (minimumTicks * (instrument.tickSize ?? usualTick(from))) / from
    return Math.max(minimumBp / 10_000, ticks, factor * normal * Math.sqrt(minutes))
  }
}

/** Of a symbol without a history the session itself tells what is normal. */
function ownScale({ ts, close }: BarColumns): number {
  const returns = new Float64Array(ts.length)
  let count = 0
  for (let row = 1; row < ts.length; row++) {
    if (ts[row] - ts[row - 1] === BAR_SECONDS) returns[count++] = close[row] / close[row - 1] - 1
  }
  return count < FEWEST_OWN_RETURNS ? NaN : robustScaleInPlace(returns.subarray(0, count))
}

function signed(size: number): string {
  return `${size > 0 ? '+' : '-'}${percent(Math.abs(size))}`
}
