import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import type { RuleBlock, RuleCheck } from './rule-block.ts'
import { scaledMadInPlace } from './robust-scale.ts'
import { sessionGrid } from './session-grid.ts'

/**
 * Spikes: moves far beyond the normal of the symbol at that time of day. A bad tick is taken back, by the next bar or within its own;
 * a move persists.
 */

interface SpikeLimits {
  readonly factor: number
  readonly minimumBp: number
  readonly reversal: number
}

type SpikeKind = 'close' | 'high' | 'low' | 'move' | 'last'

interface Spike {
  readonly row: number
  readonly kind: SpikeKind
  /** Of the move, as a share of the price before it. */
  readonly size: number
  /** What it had to exceed. */
  readonly limit: number
}

/** Returns that a session must have to be its own measure. */
const FEWEST_OWN_RETURNS = 30

export const badTick: RuleCheck<'bad_tick'> = (block, params, report) => {
  eachSpike(block, params, ({ row, kind, size, limit }) => {
    if (kind === 'move' || kind === 'last') return
    const where = kind === 'close' ? 'The close is' : kind === 'high' ? 'The high is' : 'The low is'
    const back = kind === 'close' ? 'and the next bar is back' : 'and the bar closes back'
    report({ rows: [row, row], message: `${where} ${signed(size)} away, ${back}; up to ${percent(limit)} is normal.` })
  })
}

export const priceMove: RuleCheck<'price_move'> = (block, params, report) => {
  eachSpike(block, params, ({ row, kind, size, limit }) => {
    if (kind === 'move') {
      report({ rows: [row, row], message: `The price moved by ${signed(size)}; up to ${percent(limit)} is normal.` })
    } else if (kind === 'last') {
      const unknown = 'it is the last bar, so whether it is taken back is not known'
      report({
        rows: [row, row],
        message: `The price moved by ${signed(size)}, and ${unknown}; up to ${percent(limit)} is normal.`,
      })
    }
  })
}

/** Looks at every bar for a move that is beyond `minimumBp`, and only then asks what would be normal. */
function eachSpike(block: RuleBlock, limits: SpikeLimits, onSpike: (spike: Spike) => void): void {
  const { bars, baseline } = block
  const { ts, high, low, close } = bars
  const rows = ts.length
  if (rows === 0) return
  const smallest = limits.minimumBp / 10_000
  const limitAt = spikeLimits(block, limits)
  // The close that moves are measured from: the last one that was no bad tick.
  let from = baseline.previousClose
  let fromTs = ts[0] - BAR_SECONDS
  for (let row = 0; row < rows; row++) {
    const price = close[row]
    const isFirst = row === 0
    const move = price / from - 1
    if (move > smallest || move < -smallest) {
      const limit = limitAt(row, fromTs)
      if (move > limit || move < -limit) {
        const next = row + 1 < rows ? close[row + 1] : NaN
        if (Math.abs(next / from - 1) <= (1 - limits.reversal) * Math.abs(move)) {
          onSpike({ row, kind: 'close', size: move, limit })
          continue
        }
        // Over night prices may go where they like; that is another rule's business.
        if (!isFirst) onSpike({ row, kind: row + 1 < rows ? 'move' : 'last', size: move, limit })
      }
    }
    // The first trades of a session are measured by its own prices.
    const top = isFirst || price > from ? price : from
    const bottom = isFirst || price < from ? price : from
    if (high[row] > top * (1 + smallest) && !(isFirst && high[row] === bars.open[row])) {
      const limit = limitAt(row, fromTs)
      const size = high[row] / top - 1
      if (size > limit) onSpike({ row, kind: 'high', size, limit })
    }
    if (low[row] < bottom * (1 - smallest) && !(isFirst && low[row] === bars.open[row])) {
      const limit = limitAt(row, fromTs)
      const size = low[row] / bottom - 1
      if (size < -limit) onSpike({ row, kind: 'low', size, limit })
    }
    from = price
    fromTs = ts[row]
  }
}

/**
 * What a move up to a row must exceed. Moves over several minutes may be larger, by the square root of their number. Infinite where
 * nothing tells what is normal.
 */
function spikeLimits(
  { session, bars, baseline }: RuleBlock,
  { factor, minimumBp }: SpikeLimits,
): (row: number, fromTs: number) => number {
  const grid = sessionGrid(session)
  let own: number | undefined
  return (row, fromTs) => {
    const scale = baseline.returnScale(grid.slotOf(bars.ts[row]))
    const normal = Number.isNaN(scale) ? (own ??= ownScale(bars)) : scale
    if (Number.isNaN(normal)) return Infinity
    const minutes = Math.max(1, (bars.ts[row] - fromTs) / BAR_SECONDS)
    return Math.max(minimumBp / 10_000, factor * normal * Math.sqrt(minutes))
  }
}

/** Of a symbol without a history the session itself tells what is normal. */
function ownScale({ ts, close }: BarColumns): number {
  const returns = new Float64Array(ts.length)
  let count = 0
  for (let row = 1; row < ts.length; row++) {
    if (ts[row] - ts[row - 1] === BAR_SECONDS) returns[count++] = close[row] / close[row - 1] - 1
  }
  return count < FEWEST_OWN_RETURNS ? NaN : scaledMadInPlace(returns.subarray(0, count))
}

function signed(size: number): string {
  return `${size > 0 ? '+' : '-'}${percent(Math.abs(size))}`
}

function percent(size: number): string {
  return `${(size * 100).toPrecision(3)} %`
}
