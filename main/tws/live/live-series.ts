import { allocateBars, BAR_SECONDS, type BarColumns, BAR_COLUMNS } from '#shared/bars.ts'
import type { BarUpdate } from '../link/link-protocol.ts'

interface Row {
  readonly ts: number
  readonly values: Readonly<Record<(typeof BAR_COLUMNS)[number], number>>
}

/**
 * Tells which bars of a stream are final. A bar is final when a later one has come, or when its minute has been over for a while: the
 * stream repeats the bar in progress every few seconds, and nothing in it says that a bar is done. Every final bar is given out once, in
 * order of time; one that comes late, behind a later one that was given out already, is left to the reconciliation with history.
 */
export class LiveSeries {
  readonly #finalAfterMs: number
  #inProgress: Row | undefined
  #lastFinalTs: number | undefined

  /**
   * @param finalAfterMs how long a minute must have been over for its bar to be final without a later one.
   * @param lastFinalTs start of the last bar that is known already, epoch seconds.
   */
  constructor(finalAfterMs: number, lastFinalTs?: number) {
    this.#finalAfterMs = finalAfterMs
    this.#lastFinalTs = lastFinalTs
  }

  /** Start of the last final bar, epoch seconds; undefined before the first. */
  get lastFinalTs(): number | undefined {
    return this.#lastFinalTs
  }

  /** Start of the bar in progress. */
  get inProgressTs(): number | undefined {
    return this.#inProgress?.ts
  }

  /** When `tick` may make a bar final, milliseconds; undefined when none is in progress. */
  get dueMs(): number | undefined {
    return this.#inProgress === undefined ? undefined : this.#overMs(this.#inProgress)
  }

  /** Takes bars of history that reach up to now, in any order. Returns the final ones that are new. */
  onBars(bars: BarColumns, nowMs: number): BarColumns {
    const rows = [...bars.ts.keys()].map((i) => rowOf(bars, i)).sort((a, b) => a.ts - b.ts)
    const final: Row[] = []
    for (const row of rows) this.#take(row, final)
    this.#endMinutes(nowMs, final)
    return toBars(final)
  }

  /** Takes the bar in progress as it stands. Returns the bars that are final by it. */
  onUpdate(update: BarUpdate, nowMs: number): BarColumns {
    const ts = Number(update.time)
    const final: Row[] = []
    if (/^\d{1,12}$/.test(update.time)) {
      const { open, high, low, close, volume, wap, tradeCount } = update
      this.#take({ ts, values: { ts, open, high, low, close, volume, vwap: wap, tradeCount } }, final)
    }
    this.#endMinutes(nowMs, final)
    return toBars(final)
  }

  /** Returns the bars that are final because time has passed. */
  tick(nowMs: number): BarColumns {
    const final: Row[] = []
    this.#endMinutes(nowMs, final)
    return toBars(final)
  }

  /** The stream was interrupted: what is in progress may have missed its end, and comes again with the history. */
  interrupt(): void {
    this.#inProgress = undefined
  }

  #take(row: Row, final: Row[]): void {
    if (this.#lastFinalTs !== undefined && row.ts <= this.#lastFinalTs) return
    const current = this.#inProgress
    if (current !== undefined && row.ts < current.ts) return
    if (current !== undefined && row.ts > current.ts) this.#finish(current, final)
    this.#inProgress = row
  }

  #endMinutes(nowMs: number, final: Row[]): void {
    const current = this.#inProgress
    if (current === undefined || nowMs < this.#overMs(current)) return
    this.#finish(current, final)
    this.#inProgress = undefined
  }

  #finish(row: Row, final: Row[]): void {
    final.push(row)
    this.#lastFinalTs = row.ts
  }

  #overMs({ ts }: Row): number {
    return (ts + BAR_SECONDS) * 1000 + this.#finalAfterMs
  }
}

function rowOf(bars: BarColumns, i: number): Row {
  const values = Object.fromEntries(BAR_COLUMNS.map((name) => [name, bars[name][i]])) as Row['values']
  return { ts: bars.ts[i], values }
}

function toBars(rows: readonly Row[]): BarColumns {
  const bars = allocateBars(rows.length)
  rows.forEach(({ values }, i) => {
    for (const name of BAR_COLUMNS) bars[name][i] = values[name]
  })
  return bars
}
