import type { Session } from '#shared/calendar/calendar.ts'

/** The normal of a symbol, written down a second time and as plainly as possible; NaN where five sessions are not there. */
export interface SymbolNormal {
  readonly previousClose: number
  readonly flatRun: number
  readonly staleRun: number
  readonly zeroVolumeRun: number
  readonly gapScale: number
  /** Scaled MAD of the one-minute returns of the half hour; of a symbol without a history of the session itself. */
  returnScale(minute: number): number
}

interface Bar {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly tradeCount: number
}

interface Past {
  readonly session: Session
  readonly rows: readonly Bar[]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return sorted.length === 0 ? NaN : (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2
}

export function scaledMad(values: readonly number[]): number {
  const middle = median(values)
  const deviations = values.map((value) => Math.abs(value - middle))
  const mad = 1.4826 * median(deviations)
  // 1 / 1.6449, the point that 95 % of a normal distribution lie below.
  return mad === 0 ? 0.608 * deviations.toSorted((a, b) => a - b)[Math.ceil(0.9 * deviations.length) - 1] : mad
}

function longest(rows: readonly Bar[], isIn: (row: Bar) => boolean, isSame: (a: Bar, b: Bar) => boolean): number {
  let best = 0
  let length = 0
  rows.forEach((row, i) => {
    const before = i === 0 ? undefined : rows[i - 1]
    if (!isIn(row)) length = 0
    else if (before !== undefined && length > 0 && row.ts - before.ts === 60 && isSame(before, row)) length++
    else length = 1
    best = Math.max(best, length)
  })
  return best
}

function returnsOf({ session, rows }: Past): { minute: number; value: number }[] {
  return rows.flatMap((row, i) =>
    i > 0 && row.ts - rows[i - 1].ts === 60
      ? [{ minute: (row.ts - session.openTs) / 60, value: row.close / rows[i - 1].close - 1 }]
      : [],
  )
}

/** @param before sessions before, oldest first; at most the last twenty count. */
export function normalOf(before: readonly Past[], current: Past): SymbolNormal {
  const past = before.slice(-20)
  const isKnown = past.length >= 5
  const medianOf = (of: (rows: readonly Bar[]) => number): number =>
    isKnown ? median(past.map(({ rows }) => of(rows))) : NaN
  const gaps = past.slice(1).map(({ rows }, i) => rows[0].open / past[i].rows[past[i].rows.length - 1].close - 1)
  let all: ReturnType<typeof returnsOf> | undefined
  return {
    previousClose: past.at(-1)?.rows.at(-1)?.close ?? NaN,
    flatRun: medianOf((rows) =>
      longest(
        rows,
        ({ open, high, low, close }) => open === close && high === close && low === close,
        (a, b) => a.close === b.close,
      ),
    ),
    staleRun: medianOf((rows) =>
      longest(
        rows,
        ({ volume }) => volume > 0,
        (a, b) =>
          a.open === b.open &&
          a.high === b.high &&
          a.low === b.low &&
          a.close === b.close &&
          a.volume === b.volume &&
          Object.is(a.tradeCount, b.tradeCount),
      ),
    ),
    zeroVolumeRun: medianOf((rows) =>
      longest(
        rows,
        ({ volume }) => volume === 0,
        () => true,
      ),
    ),
    gapScale: gaps.length >= 5 ? scaledMad(gaps) : NaN,
    returnScale: (minute) => {
      const bucket = Math.floor(minute / 30)
      all ??= past.flatMap(returnsOf)
      const values = all.filter((one) => Math.floor(one.minute / 30) === bucket).map(({ value }) => value)
      if (isKnown && values.length >= 30) return scaledMad(values)
      const own = returnsOf(current).map(({ value }) => value)
      return own.length >= 30 ? scaledMad(own) : NaN
    },
  }
}
