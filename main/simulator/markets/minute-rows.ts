import { allocateBars, BAR_COLUMNS, BAR_SECONDS, type BarColumns, sliceBars } from '#shared/bars.ts'
import { SwitchyardError } from '#shared/errors.ts'

/** What a row of a minute file says; NaN where it says nothing. `ts` is epoch seconds of the minute's start. */
export interface MinuteRow {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly vwap: number
  readonly tradeCount: number
}

/** Most rows taken from one file: forty years of regular-hours minutes. */
export const MAX_ROWS = 4_000_000

/** The file at fault and the line, from 1, in an error that says what to do. */
export function barsFileError(file: string, line: number | null, problem: string): SwitchyardError {
  const place = line === null ? file : `${file}, line ${line}`
  return new SwitchyardError('BARS_FILE', `${place}: ${problem}.`, {
    hint: 'Correct the file, or take it out of the folder.',
  })
}

/** Collects the rows of one file, in order, into columns. */
export class MinuteRows {
  readonly #file: string
  #columns = allocateBars(1024)
  #count = 0

  constructor(file: string) {
    this.#file = file
  }

  /**
   * Adds the row of `line`. Throws BARS_FILE for prices that are not positive numbers, a negative volume, a time that is not
   * the start of a minute or not later than the row before, and beyond {@link MAX_ROWS}. Whether high and low enclose open and
   * close is not looked at: finding that is the work of those the bars are served to.
   */
  add(row: MinuteRow, line: number): void {
    const problem = problemOf(row, this.#count === 0 ? -Infinity : this.#columns.ts[this.#count - 1])
    if (problem !== null) throw barsFileError(this.#file, line, problem)
    if (this.#count === MAX_ROWS) throw barsFileError(this.#file, line, `more than ${MAX_ROWS} rows`)
    if (this.#count === this.#columns.ts.length) this.#grow()
    for (const name of BAR_COLUMNS) this.#columns[name][this.#count] = row[name]
    this.#count++
  }

  finish(): BarColumns {
    return sliceBars(this.#columns, 0, this.#count)
  }

  #grow(): void {
    const larger = allocateBars(this.#columns.ts.length * 2)
    for (const name of BAR_COLUMNS) larger[name].set(this.#columns[name])
    this.#columns = larger
  }
}

function problemOf(row: MinuteRow, previousTs: number): string | null {
  for (const name of ['open', 'high', 'low', 'close'] as const) {
    if (!(row[name] > 0 && Number.isFinite(row[name]))) return `the ${name} is not a positive number`
  }
  for (const name of ['volume', 'tradeCount'] as const) {
    if (row[name] < 0 || row[name] === Infinity) return `the ${name} is negative or not finite`
  }
  if (row.vwap <= 0 || row.vwap === Infinity) return 'the average price is not a positive number'
  if (!Number.isInteger(row.ts) || row.ts % BAR_SECONDS !== 0) return 'the time is not the start of a minute'
  if (row.ts <= previousTs) return 'the time is not later than that of the row before'
  return null
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

/** The number a field holds, NaN for an empty one; null for anything else. */
export function numberOf(text: string): number | null {
  const trimmed = text.trim()
  if (trimmed === '') return Number.NaN
  return NUMBER.test(trimmed) ? Number(trimmed) : null
}
