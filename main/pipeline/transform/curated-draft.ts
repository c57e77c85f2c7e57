import { BarFlag, type BarColumns, type CuratedColumns, sliceBars } from '#shared/bars.ts'
import type { Addition } from '../quality/gaps.ts'
import { isCount, isPrice } from '../quality/integrity-rules.ts'
import type { SessionGrid } from '../quality/session-grid.ts'

const COLUMNS = ['open', 'high', 'low', 'close', 'volume', 'vwap', 'tradeCount'] as const
const CURATED_COLUMNS = ['ts', ...COLUMNS, 'flags'] as const

/** The bars with `keep[row] !== 0`; views on the same memory where those are in one piece. */
export function keepRows(bars: BarColumns, keep: Uint8Array): BarColumns {
  const rows = keep.length
  let first = 0
  while (first < rows && keep[first] === 0) first++
  let end = rows
  while (end > first && keep[end - 1] === 0) end--
  let isWhole = true
  for (let row = first; row < end && isWhole; row++) isWhole = keep[row] !== 0
  if (isWhole) return first === 0 && end === rows ? bars : sliceBars(bars, first, end)
  const column = (source: Float64Array): Float64Array => source.filter((_value, row) => keep[row] !== 0)
  return {
    ts: column(bars.ts),
    open: column(bars.open),
    high: column(bars.high),
    low: column(bars.low),
    close: column(bars.close),
    volume: column(bars.volume),
    vwap: column(bars.vwap),
    tradeCount: column(bars.tradeCount),
  }
}

/** As {@link keepRows}, for flags. */
export function keepFlags(flags: Uint16Array, keep: Uint8Array): Uint16Array {
  return flags.filter((_value, row) => keep[row] !== 0)
}

/** Average prices and trade counts that TWS does not have are null: it writes -1, or a price that is none. */
export function withNulls(bars: BarColumns): BarColumns {
  return { ...bars, vwap: nullWhereNot(isPrice, bars.vwap), tradeCount: nullWhereNot(isCount, bars.tradeCount) }
}

function nullWhereNot(isKnown: (value: number) => boolean, values: Float64Array): Float64Array {
  let known = values
  for (let i = 0; i < values.length; i++) {
    if (isKnown(values[i])) continue
    if (known === values) known = values.slice()
    known[i] = NaN
  }
  return known
}

/** Puts the additions between the bars that came. */
export function withAdditions(
  bars: CuratedColumns,
  additions: readonly Addition[],
  grid: SessionGrid,
  secondSource: BarColumns | undefined,
): CuratedColumns {
  if (additions.length === 0) return bars
  const rows = bars.ts.length + additions.length
  const column = (): Float64Array => new Float64Array(rows)
  const all = {
    ts: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    vwap: column(),
    tradeCount: column(),
    flags: new Uint16Array(rows),
  }
  let row = 0
  let next = 0
  const copyUntil = (end: number): void => {
    if (end === next) return
    for (const name of CURATED_COLUMNS) all[name].set(bars[name].subarray(next, end), row)
    row += end - next
    next = end
  }
  for (const { slot, sourceRow } of additions) {
    const ts = grid.tsOf(slot)
    let end = next
    while (end < bars.ts.length && bars.ts[end] < ts) end++
    copyUntil(end)
    all.ts[row] = ts
    if (sourceRow === null || secondSource === undefined) {
      const close = all.close[row - 1]
      all.open[row] = close
      all.high[row] = close
      all.low[row] = close
      all.close[row] = close
      all.volume[row] = 0
      all.vwap[row] = NaN
      all.tradeCount[row] = 0
      all.flags[row] = BarFlag.Filled
    } else {
      for (const name of COLUMNS) all[name][row] = secondSource[name][sourceRow]
      if (!isCount(all.volume[row])) all.volume[row] = NaN
      if (!isPrice(all.vwap[row])) all.vwap[row] = NaN
      if (!isCount(all.tradeCount[row])) all.tradeCount[row] = NaN
      all.flags[row] = BarFlag.SecondSource
    }
    row++
  }
  copyUntil(bars.ts.length)
  return all
}
