import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { type FileRows, MOST_SYMBOLS, type OldSymbol, type RowLayout } from './file-rows.ts'
import { type NumberParser, POWERS } from './number-parser.ts'
import { PlainTimes } from './plain-times.ts'
import { ROW } from './session-rows.ts'
import type { LineTaker } from './text-lines.ts'

const LF = 10
const CR = 13
const MINUS = 45
/** Signs that stand inside numbers and times, and so cannot also stand between them. */
const MEANINGFUL = new Set('0123456789+-.:eEZT'.split('').map((sign) => sign.charCodeAt(0)))

/** What a column is for. */
const UNUSED = 0
const NUMBER = 1
const TIME = 2
const DATE = 3
const SYMBOL = 4

/**
 * Takes the rows that need no second look, straight from the bytes of the file: plain numbers, times of a usual form, nothing
 * quoted, as many values as the header has, in a known session. It decides nothing: any other row is left to
 * {@link FileRows.textRow}, which gives the same for those that are taken here and a reason for those that are refused.
 */
class PlainRows implements LineTaker {
  lf = 0
  crlf = 0

  readonly #rows: FileRows
  readonly #times: PlainTimes
  readonly #uses: Uint8Array
  /** Where the value of a column stands in a row. */
  readonly #slots: Uint16Array
  readonly #row: Float64Array
  readonly #delimiter: number
  readonly #quote: number
  readonly #decimal: number
  readonly #numbers: NumberParser
  /** Whether a number stands for a missing value. */
  readonly #hasMissing: boolean
  /** Whether nothing at all stands for a missing value. */
  readonly #isEmptyMissing: boolean
  /** Whether the symbol stands in a column. */
  readonly #saysSymbol: boolean
  /** By the hash of their names. */
  readonly #symbols = new Map<number, OldSymbol>()

  constructor(rows: FileRows, layout: RowLayout, times: PlainTimes, marks: Marks) {
    this.#rows = rows
    this.#times = times
    this.#row = rows.row
    this.#numbers = rows.numbers
    this.#delimiter = marks.delimiter
    this.#quote = marks.quote
    this.#decimal = rows.numbers.decimalCode
    this.#hasMissing = rows.numbers.hasMissing
    this.#isEmptyMissing = rows.numbers.isNull('')
    this.#saysSymbol = layout.symbol >= 0
    this.#uses = new Uint8Array(layout.columns)
    this.#slots = new Uint16Array(layout.columns)
    const use = (column: number, purpose: number, slot: number): void => {
      if (column < 0) return
      this.#uses[column] = purpose
      this.#slots[column] = slot
    }
    layout.values.forEach((column, v) => use(column, NUMBER, ROW.open + v))
    layout.features.forEach((column, f) => use(column, NUMBER, ROW.features + f))
    use(layout.date, DATE, 0)
    use(layout.symbol, SYMBOL, 0)
    use(layout.time, TIME, 0)
    // What has no column has no value.
    this.#row.fill(NaN)
  }

  take(bytes: Uint8Array, from: number, to: number, line: number): number {
    this.lf = 0
    this.crlf = 0
    let at = from
    for (;;) {
      const after = this.#line(bytes, at, to, line + this.lf + this.crlf)
      if (after < 0) return at
      at = after
    }
  }

  /** Takes the line that begins at `from`; the place after it, or -1 when it is not taken, and nothing has happened. */
  #line(bytes: Uint8Array, from: number, to: number, line: number): number {
    const uses = this.#uses
    const times = this.#times
    const delimiter = this.#delimiter
    const last = uses.length - 1
    let symbol = this.#saysSymbol ? undefined : this.#rows.symbol
    let at = from
    times.begin()
    for (let column = 0; column <= last; column++) {
      const isOther = symbol !== undefined && symbol.target === undefined
      const use = isOther && uses[column] !== SYMBOL ? UNUSED : uses[column]
      if (use === NUMBER) at = this.#number(bytes, at, to, this.#slots[column])
      else if (use === TIME) at = times.time(bytes, at, to)
      else if (use === DATE) at = times.date(bytes, at, to)
      else {
        if (bytes[at] === this.#quote) return -1
        const first = at
        let hash = 0
        let code = 0
        for (; at < to; at++) {
          code = bytes[at]
          if (code === delimiter || code === LF || code === CR) break
          hash = (Math.imul(hash, 31) + code) | 0
        }
        if (use === SYMBOL) symbol = this.#symbolOf(bytes, first, at, hash)
      }
      if (at < 0 || at >= to) return -1
      if (column < last) {
        if (bytes[at] !== delimiter) return -1
        at++
      }
    }
    const isCrLf = bytes[at] === CR && at + 1 < to && bytes[at + 1] === LF
    if ((!isCrLf && bytes[at] !== LF) || symbol === undefined) return -1
    if (symbol.target === undefined) this.#rows.countOther(symbol)
    else if (!times.end() || !this.#rows.takeRow(line, symbol, times)) return -1
    if (isCrLf) this.crlf++
    else this.lf++
    return isCrLf ? at + 2 : at + 1
  }

  /** As {@link NumberParser.parse} reads what needs no second look. */
  #number(bytes: Uint8Array, from: number, to: number, slot: number): number {
    const isNegative = bytes[from] === MINUS
    let at = isNegative ? from + 1 : from
    const first = at
    let mantissa = 0
    while (at < to) {
      const digit = bytes[at] - 48
      if (digit < 0 || digit > 9) break
      mantissa = mantissa * 10 + digit
      at++
    }
    let count = at - first
    let decimals = 0
    if (at < to && bytes[at] === this.#decimal) {
      const point = at++
      while (at < to) {
        const digit = bytes[at] - 48
        if (digit < 0 || digit > 9) break
        mantissa = mantissa * 10 + digit
        at++
      }
      decimals = at - point - 1
      count += decimals
    }
    if (count === 0) {
      if (at !== from || !this.#isEmptyMissing) return -1
      this.#row[slot] = NaN
      return at
    }
    if (count > 15) return -1
    const size = decimals > 0 ? mantissa / POWERS[decimals] : mantissa
    const value = isNegative ? -size : size
    this.#row[slot] = this.#hasMissing && this.#numbers.isMissing(value) ? NaN : value
    return at
  }

  #symbolOf(bytes: Uint8Array, from: number, to: number, hash: number): OldSymbol {
    const known = this.#symbols.get(hash)
    if (known !== undefined && isName(known.name, bytes, from, to)) return known
    const symbol = this.#rows.symbolOf(Buffer.from(bytes.subarray(from, to)).toString('latin1'))
    if (this.#symbols.size < MOST_SYMBOLS) this.#symbols.set(hash, symbol)
    return symbol
  }
}

function isName(name: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[from + i]) return false
  return true
}

interface Marks {
  readonly delimiter: number
  /** -1 when quotation marks mean nothing. */
  readonly quote: number
}

/** The taker of rows with the columns that `rows` was told last; undefined where it could take none. */
export function plainRows(
  rows: FileRows,
  { delimiter, quote, timeFormat }: Pick<LegacyBarsConfig, 'delimiter' | 'quote' | 'timeFormat'>,
): LineTaker | undefined {
  const { layout } = rows
  const marks = { delimiter: delimiter.charCodeAt(0), quote: quote === '' ? -1 : quote.charCodeAt(0) }
  const places = [layout.time, layout.date, layout.symbol, ...layout.values, ...layout.features].filter((at) => at >= 0)
  const servesTwice = new Set(places).size < places.length
  const isAmbiguous =
    MEANINGFUL.has(marks.delimiter) || MEANINGFUL.has(marks.quote) || marks.delimiter === rows.numbers.decimalCode
  if (rows.isObserved || servesTwice || isAmbiguous || marks.delimiter > 127) return undefined
  const times = PlainTimes.of(timeFormat, marks.delimiter, layout.date >= 0)
  return times === undefined ? undefined : new PlainRows(rows, layout, times, marks)
}
