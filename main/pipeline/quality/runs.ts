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
  const { begins, goesOn } = RUNS[kind]
  let from = -1
  for (let row = 0; row < rows; row++) {
    if (from >= 0 && ts[row] - ts[row - 1] === BAR_SECONDS && goesOn(bars, from, row)) continue
    if (from >= 0 && row - from >= shortest) onRun(from, row - 1)
    from = begins(bars, row) ? row : -1
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

interface RunRule {
  /** Whether a run can begin with a row. */
  readonly begins: (bars: BarColumns, row: number) => boolean
  /** Whether the row stands in the run that begins at `first`. */
  readonly goesOn: (bars: BarColumns, first: number, row: number) => boolean
}

const isFlat: RunRule['begins'] = ({ open, high, low, close }, row) =>
  high[row] === low[row] && open[row] === close[row] && high[row] === close[row]
const hasNoVolume: RunRule['begins'] = ({ volume }, row) => volume[row] === 0

const RUNS: Readonly<Record<RunKind, RunRule>> = {
  flat: {
    begins: isFlat,
    goesOn: (bars, first, row) => bars.close[row] === bars.close[first] && isFlat(bars, row),
  },
  stale: {
    begins: ({ volume }, row) => volume[row] > 0,
    goesOn: (bars, first, row) =>
      bars.volume[row] === bars.volume[first] &&
      bars.close[row] === bars.close[first] &&
      bars.open[row] === bars.open[first] &&
      bars.high[row] === bars.high[first] &&
      bars.low[row] === bars.low[first] &&
      Object.is(bars.tradeCount[row], bars.tradeCount[first]),
  },
  zeroVolume: { begins: hasNoVolume, goesOn: (bars, _first, row) => hasNoVolume(bars, row) },
}
