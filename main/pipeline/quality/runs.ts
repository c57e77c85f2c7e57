import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'

/**
 * Runs of bars of consecutive minutes. flat: all prices of all bars are one number. stale: every bar is the same as the one before it,
 * with volume. zeroVolume: no bar has volume.
 */
export type RunKind = 'flat' | 'stale' | 'zeroVolume'

/** Calls `onRun` with the first and last row of every run of at least `shortest` bars. */
export function eachRun(
  bars: BarColumns,
  kind: RunKind,
  shortest: number,
  onRun: (from: number, to: number) => void,
): void {
  const { ts } = bars
  const rows = ts.length
  const belongs = BELONGS[kind]
  let from = -1
  for (let row = 0; row < rows; row++) {
    if (from >= 0 && ts[row] - ts[row - 1] === BAR_SECONDS && belongs(bars, from, row)) continue
    if (from >= 0 && row - from >= shortest) onRun(from, row - 1)
    from = belongs(bars, row, row) ? row : -1
  }
  if (from >= 0 && rows - from >= shortest) onRun(from, rows - 1)
}

/** Bars in the longest run; 0 when there is none. */
export function longestRun(bars: BarColumns, kind: RunKind): number {
  let longest = 0
  eachRun(bars, kind, 1, (from, to) => {
    if (to - from + 1 > longest) longest = to - from + 1
  })
  return longest
}

/** Whether a row can stand in a run that begins at `first`. */
const BELONGS: Readonly<Record<RunKind, (bars: BarColumns, first: number, row: number) => boolean>> = {
  flat: ({ open, high, low, close }, first, row) =>
    close[row] === close[first] && high[row] === low[row] && open[row] === close[row] && high[row] === close[row],
  stale: ({ open, high, low, close, volume, tradeCount }, first, row) =>
    close[row] === close[first] &&
    open[row] === open[first] &&
    high[row] === high[first] &&
    low[row] === low[first] &&
    volume[row] > 0 &&
    volume[row] === volume[first] &&
    Object.is(tradeCount[row], tradeCount[first]),
  zeroVolume: ({ volume }, _first, row) => volume[row] === 0,
}
