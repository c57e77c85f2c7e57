import type { BarColumns } from '#shared/bars.ts'
import type { BarValues } from '#shared/contract/quality.ts'

/** One row of `bars` as values. Null stands for what is no finite number: JSON has no infinities. */
export function barValues(bars: BarColumns, row: number): BarValues {
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null)
  return {
    ts: bars.ts[row],
    open: orNull(bars.open[row]),
    high: orNull(bars.high[row]),
    low: orNull(bars.low[row]),
    close: orNull(bars.close[row]),
    volume: orNull(bars.volume[row]),
    vwap: orNull(bars.vwap[row]),
    tradeCount: orNull(bars.tradeCount[row]),
  }
}
