import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isoUtc } from '#shared/time.ts'
import { columnIndex, featureColumns } from './columns.ts'
import { LocalClock } from './local-clock.ts'
import { notANumber, NumberParser } from './number-parser.ts'
import { ROW, type RowSink, type SessionRows } from './session-rows.ts'
import type { Fields } from './split-fields.ts'
import { type ParsedTime, patternParts, secondsOfSerial, type TimeParser, timeParser } from './time-format.ts'

/** A symbol of the workspace that rows of the old pipeline go to. */
export interface SymbolTarget {
  readonly symbol: string
  readonly calendar: TradingCalendar
}

/** Why a row is not a bar, or null when it may be one after all. */
export type RejectRow = (line: number, reason: string, text: string) => void

export interface FileRowsOptions {
  readonly path: string
  /** Key of switchyard.yaml that the description stands under. */
  readonly key: string
  readonly description: LegacyBarsConfig
  readonly importId: number
  readonly gatherer: RowSink
  /** The symbol that a name of the old pipeline means; undefined when the workspace does not have it. */
  readonly targetOf: (oldName: string) => SymbolTarget | undefined
  readonly reject: RejectRow
  /** Makes readable text of what the reader hands out. */
  readonly decode: (raw: string) => string
  /** Sees every row as it stands in the file; for previews. */
  readonly observe?: (line: number, cells: () => readonly string[]) => void
}

/** What is known of a name of the old pipeline, and where its rows go at the moment. */
export interface OldSymbol {
  /** As the file writes it. */
  readonly name: string
  /** Undefined when the workspace does not have it. */
  readonly target: SymbolTarget | undefined
  session: Session | undefined
  rows: SessionRows | undefined
  generation: number
}

/** Places of the columns that are read, from 0; -1 for one that is not there. */
export interface RowLayout {
  readonly columns: number
  readonly time: number
  readonly date: number
  readonly symbol: number
  /** Of open, high, low, close, volume. */
  readonly values: readonly number[]
  readonly features: readonly number[]
}

/** A file of anything but symbols must not fill the memory with their names. */
export const MOST_SYMBOLS = 10_000

/** `1.719241E+12` as a spreadsheet shows a large number: the digits that it leaves out are lost. */
const SCIENTIFIC = /^\d(?:[.,](\d+))?e\+?(\d+)$/i

const EPOCH_DIVISORS: Readonly<Record<string, number>> = { epoch: 1, 'epoch-ms': 1e3, 'epoch-us': 1e6, 'epoch-ns': 1e9 }
const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const
/** Read as features are, so that the many files without them do without their columns; {@link withExtraFields} gives them to the bars. */
const EXTRA_FIELDS = ['vwap', 'tradeCount'] as const
/** The last second that has a date. */
const LATEST_TS = 8_640_000_000_000
/** What is kept of a row that was refused. */
const MOST_TEXT = 500

/** A value as Parquet, JSON and SQLite have it. */
export type Value = string | number | bigint | boolean | null

/** What the time column of a typed file holds: text or a number as described, or a time by itself. */
export type TimeKind = 'described' | 'wall-seconds' | 'instant-seconds'

/**
 * Normalises the rows of one file as its description says: UTC epoch seconds of bar starts, prices divided by the scale, volume
 * in shares, each row to its session. Every row is gathered, rejected with a reason, or counted as one of a symbol that the
 * workspace does not have.
 */
export class FileRows {
  rows = 0
  rejected = 0
  /** Times that a clock change skips or repeats and that were refused, and those that the described rule decided. */
  readonly clockChanges = { refused: 0, decided: 0 }
  /** Rows by the names of symbols that the workspace does not have. */
  readonly otherSymbols = new Map<string, number>()
  /** Names of the legacy features of every symbol that has rows. */
  readonly featureNames = new Map<string, readonly string[]>()
  /** Values of feature columns that are no numbers, by column. */
  readonly unreadFeatures = new Map<string, number>()

  readonly #options: FileRowsOptions
  readonly #clock: LocalClock
  readonly numbers: NumberParser
  readonly #timeParser: TimeParser | undefined
  readonly #epochDivisor: number | undefined
  /** How long a time of day without signs is, in a column of its own: of numbers, the zeros in front are gone (930). */
  readonly #timeDigits: number
  readonly #time: ParsedTime = { seconds: 0, isInstant: false }
  readonly #gatherer: RowSink
  readonly #shift: number
  readonly #unit: number
  readonly #scale: number

  #names: readonly string[] = []
  #timeAt = -1
  #dateAt = -1
  #symbolAt = -1
  #valuesAt: readonly number[] = []
  #featuresAt: readonly number[] = []
  #featureNames: readonly string[] = []
  #row = new Float64Array(ROW.features)
  readonly #symbols = new Map<string, OldSymbol>()
  #symbol: OldSymbol | undefined
  #problems: string[] = []

  constructor(options: FileRowsOptions) {
    const { description } = options
    this.#options = options
    this.#gatherer = options.gatherer
    this.#clock = new LocalClock(description.zone, description.repeatedHour)
    this.numbers = new NumberParser(description)
    this.#epochDivisor = EPOCH_DIVISORS[description.timeFormat]
    if (this.#epochDivisor === undefined && description.timeFormat !== 'excel') {
      this.#timeParser = timeParser(description.timeFormat)
    }
    this.#timeDigits = description.columns.date === undefined ? 0 : trailingDigits(description.timeFormat)
    this.#shift = description.label === 'end' ? BAR_SECONDS : 0
    this.#unit = description.volumeUnit === 'lots' ? description.lotSize : 1
    this.#scale = description.priceScale
  }

  /**
   * Says which columns the rows that follow have.
   *
   * @throws {SwitchyardError} LEGACY_FILE when a described one is not among them, or not the only one of its name.
   */
  bind(names: readonly string[]): void {
    const { path, key, description } = this.#options
    const at = (field: string, column: string | number): number => columnIndex(names, column, { path, key, field })
    const { columns } = description
    this.#names = names
    this.#timeAt = at('columns.time', columns.time)
    this.#dateAt = columns.date === undefined ? -1 : at('columns.date', columns.date)
    this.#symbolAt = description.symbol === 'column' ? at('symbolColumn', description.symbolColumn) : -1
    this.#valuesAt = VALUES.map((field) => {
      const column = columns[field]
      return column === null ? -1 : at(`columns.${field}`, column)
    })
    const extras = EXTRA_FIELDS.flatMap((field) => {
      const column = columns[field]
      return column === undefined ? [] : [{ name: extraName(field), index: at(extraName(field), column) }]
    })
    const used = [this.#timeAt, this.#dateAt, this.#symbolAt, ...this.#valuesAt, ...extras.map(({ index }) => index)]
    const features = [...extras, ...featureColumns(names, description.features, used, { path, key })]
    this.#featuresAt = features.map(({ index }) => index)
    this.#featureNames = features.map(({ name }) => name)
    this.#row = new Float64Array(ROW.features + features.length)
    // Rows have another width from here on.
    this.#symbols.clear()
    if (this.#symbol !== undefined) this.#symbol = this.symbolOf(this.#symbol.name)
  }

  /** Where the described columns stand in the rows that follow. */
  get layout(): RowLayout {
    return {
      columns: this.#names.length,
      time: this.#timeAt,
      date: this.#dateAt,
      symbol: this.#symbolAt,
      values: this.#valuesAt,
      features: this.#featuresAt,
    }
  }

  /** Whether somebody wants to see every row as it stands in the file. */
  get isObserved(): boolean {
    return this.#options.observe !== undefined
  }

  /** Values of the row that is being read, see {@link ROW}. */
  get row(): Float64Array {
    return this.#row
  }

  /** The symbol of the rows that follow, unless a column says another. */
  get symbol(): OldSymbol | undefined {
    return this.#symbol
  }

  /** Names of the columns that were bound last, also when a described one is not among them. */
  get columnNames(): readonly string[] {
    return this.#names
  }

  /** All rows that follow are of this symbol, unless a column says another. */
  setSymbol(oldName: string): void {
    this.#symbol = this.symbolOf(oldName)
  }

  /** What a name of the old pipeline means. */
  symbolOf(oldName: string): OldSymbol {
    let symbol = this.#symbols.get(oldName)
    if (symbol !== undefined) return symbol
    const target = this.#options.targetOf(this.#options.decode(oldName).trim())
    symbol = { name: oldName, target, session: undefined, rows: undefined, generation: -1 }
    if (this.#symbols.size < MOST_SYMBOLS) this.#symbols.set(oldName, symbol)
    return symbol
  }

  /** Counts a row of a symbol that the workspace does not have. */
  countOther({ name }: OldSymbol): void {
    this.rows++
    this.#noteOther(name)
  }

  /**
   * Takes the row whose values stand in {@link row}, when nothing speaks against it. Otherwise nothing has happened, and
   * {@link textRow} says why.
   */
  takeRow(line: number, symbol: OldSymbol, { seconds, isInstant }: ParsedTime): boolean {
    const label = isInstant ? seconds : this.#clock.toEpochSeconds(seconds)
    // What a rule decided is counted there.
    if (label === null || (!isInstant && this.#clock.wasDecided)) return false
    if (this.#put(symbol, line, label - this.#shift) !== undefined) return false
    this.rows++
    return true
  }

  /** Counts rows of a symbol that the workspace does not have, without looking at them. */
  passOver(oldName: string, rows: number): void {
    this.rows += rows
    this.otherSymbols.set(oldName, (this.otherSymbols.get(oldName) ?? 0) + rows)
  }

  /** A line of text, split into fields. */
  textRow(line: number, fields: Fields, lineText: () => string): void {
    const problems = this.#begin()
    const { count, text, starts, ends } = fields
    const { observe, decode } = this.#options
    if (observe !== undefined) {
      observe(line, () => Array.from({ length: count }, (_, i) => decode(fields.value(i)).trim()))
    }
    if (fields.hasStrayQuote)
      return this.#refuse(line, 'a quotation mark is not closed, or stands inside a value', lineText)
    if (count !== this.#names.length) {
      const hasEmptyEnd = count === this.#names.length + 1 && starts[count - 1] === ends[count - 1]
      if (!hasEmptyEnd) {
        return this.#refuse(line, `it has ${count} values, not ${this.#names.length} as the header`, lineText)
      }
    }
    if (!this.#isOurs(this.#symbolAt < 0 ? this.#symbol?.name : fields.value(this.#symbolAt))) return
    const isMissing = this.#textTime(fields)
    for (let v = 0; v < VALUES.length; v++) {
      const at = this.#valuesAt[v]
      if (at < 0) {
        this.#row[ROW.open + v] = NaN
        continue
      }
      this.#row[ROW.open + v] = this.numbers.parse(text, starts[at], ends[at])
      if (this.numbers.isBad)
        problems.push(`"${this.#names[at]}" ${notANumber(this.#options.decode(fields.value(at)))}`)
    }
    for (let f = 0; f < this.#featuresAt.length; f++) {
      const at = this.#featuresAt[f]
      this.#row[ROW.features + f] = this.numbers.parse(text, starts[at], ends[at])
      if (this.numbers.isBad) this.#noteUnread(f)
    }
    this.#finish(line, isMissing, lineText)
  }

  /** A row of a typed file; a column that the row does not have is undefined. */
  valueRow(line: number, values: readonly (Value | undefined)[], timeKind: TimeKind, rowText: () => string): void {
    const problems = this.#begin()
    this.#options.observe?.(line, () => values.map((value, i) => this.#shown(value, i, timeKind)))
    if (!this.#isOurs(this.#symbolAt < 0 ? this.#symbol?.name : String(values[this.#symbolAt] ?? ''))) return
    const isMissing = this.#valueTime(values, timeKind)
    for (let v = 0; v < VALUES.length; v++) {
      const at = this.#valuesAt[v]
      this.#row[ROW.open + v] = at < 0 ? NaN : this.#number(values[at])
      if (at >= 0 && this.numbers.isBad) problems.push(`"${this.#names[at]}" ${notANumber(String(values[at]))}`)
    }
    for (let f = 0; f < this.#featuresAt.length; f++) {
      const value = values[this.#featuresAt[f]]
      this.#row[ROW.features + f] = typeof value === 'boolean' ? Number(value) : this.#number(value)
      if (this.numbers.isBad) this.#noteUnread(f)
    }
    this.#finish(line, isMissing, rowText)
  }

  /** A row that the reader could not take apart. */
  refuseRow(line: number, reason: string, text: string): void {
    this.#begin()
    this.#options.observe?.(line, () => [this.#options.decode(text).slice(0, MOST_TEXT)])
    this.#refuse(line, reason, () => text)
  }

  #begin(): string[] {
    this.rows++
    if (this.#problems.length > 0) this.#problems = []
    return this.#problems
  }

  #refuse(line: number, reason: string, text: () => string): void {
    this.rejected++
    this.#options.reject(
      line,
      reason,
      this.#options.decode(text()).trim().slice(0, MOST_TEXT).replaceAll('\0', '\u2400'),
    )
  }

  /** Makes the named symbol the current one; false, and counted, when the workspace does not have it. */
  #isOurs(oldName = ''): boolean {
    if (this.#symbol?.name !== oldName) this.#symbol = this.symbolOf(oldName)
    if (this.#symbol.target !== undefined) return true
    this.#noteOther(oldName)
    return false
  }

  #noteOther(oldName: string): void {
    const name = oldName.slice(0, 40)
    const key = this.otherSymbols.has(name) || this.otherSymbols.size < MOST_SYMBOLS ? name : '…'
    this.otherSymbols.set(key, (this.otherSymbols.get(key) ?? 0) + 1)
  }

  /** Reads the time of a line; true when it is missing. What is wrong with it is among the problems. */
  #textTime(fields: Fields): boolean {
    const { text, starts, ends } = fields
    if (this.#dateAt >= 0) {
      return this.#timeOf(this.#joined(fields.value(this.#dateAt), fields.value(this.#timeAt)))
    }
    const start = starts[this.#timeAt]
    const end = ends[this.#timeAt]
    if (this.#timeParser !== undefined && this.#timeParser(text, start, end, this.#time)) return false
    return this.#timeOf(fields.value(this.#timeAt))
  }

  #valueTime(values: readonly (Value | undefined)[], kind: TimeKind): boolean {
    const value = values[this.#timeAt]
    if (value === null || value === undefined) return true
    if (kind !== 'described') {
      this.#time.seconds = Number(value)
      this.#time.isInstant = kind === 'instant-seconds'
      return false
    }
    if (this.#dateAt >= 0) return this.#timeOf(this.#joined(String(values[this.#dateAt] ?? ''), String(value)))
    if (typeof value === 'string' || this.#epochDivisor === undefined) return this.#timeOf(String(value))
    this.#time.seconds = Number(value) / this.#epochDivisor
    this.#time.isInstant = true
    return false
  }

  #joined(date: string, time: string): string {
    const trimmed = time.trim()
    return `${date.trim()} ${/^\d+$/.test(trimmed) ? trimmed.padStart(this.#timeDigits, '0') : trimmed}`
  }

  #timeOf(raw: string): boolean {
    const text = this.#options.decode(raw).trim()
    if (text === '' || this.numbers.isNull(text)) return true
    if (this.#epochDivisor !== undefined) {
      const [, decimals = '', exponent = ''] = SCIENTIFIC.exec(text) ?? []
      const seconds = 10 ** (Number(exponent) - decimals.length) / this.#epochDivisor
      if (exponent !== '' && seconds > 1) {
        this.#problems.unshift(
          `"${this.#names[this.#timeAt]}" was rounded to ${seconds} seconds: "${text.slice(0, 60)}"`,
        )
        return false
      }
      const value = this.numbers.parse(text, 0, text.length)
      if (!this.numbers.isBad) {
        this.#time.seconds = value / this.#epochDivisor
        this.#time.isInstant = true
        return false
      }
    } else if (this.#timeParser === undefined) {
      const parts = text.split(' ').map((part) => this.numbers.parse(part, 0, part.length))
      const seconds = secondsOfSerial(parts.reduce((sum, part) => sum + part, 0))
      if (!Number.isNaN(seconds)) {
        this.#time.seconds = seconds
        this.#time.isInstant = false
        return false
      }
    } else if (this.#timeParser(text, 0, text.length, this.#time)) return false
    const isHeader = text === this.#names[this.#timeAt]
    this.#problems.unshift(
      isHeader
        ? 'the header comes again'
        : `"${this.#names[this.#timeAt]}" is not a time of the form ${this.#options.description.timeFormat}: "${text.slice(0, 60)}"`,
    )
    return false
  }

  /** A value of a typed file as text; a time by itself as its clock shows it. */
  #shown(value: Value | undefined, column: number, timeKind: TimeKind): string {
    if (value === null || value === undefined) return ''
    if (column !== this.#timeAt || timeKind === 'described') return String(value)
    const seconds = Number(value)
    if (!(Math.abs(seconds) <= LATEST_TS)) return String(value)
    const text = isoUtc(seconds)
    return timeKind === 'instant-seconds' ? text : text.slice(0, 19).replace('T', ' ')
  }

  #number(value: Value | undefined): number {
    this.numbers.isBad = false
    if (typeof value === 'number') return this.numbers.isMissing(value) ? NaN : value
    if (value === null || value === undefined) return NaN
    if (typeof value === 'bigint') return this.#number(Number(value))
    if (typeof value === 'string') return this.numbers.parse(value, 0, value.length)
    this.numbers.isBad = true
    return NaN
  }

  #noteUnread(feature: number): void {
    const name = this.#featureNames[feature]
    this.unreadFeatures.set(name, (this.unreadFeatures.get(name) ?? 0) + 1)
  }

  #finish(line: number, isTimeMissing: boolean, text: () => string): void {
    if (isTimeMissing) this.#problems.unshift('the time is missing')
    if (this.#problems.length > 0) return this.#refuse(line, this.#problems.join('; '), text)
    const { seconds, isInstant } = this.#time
    if (Number.isNaN(seconds)) return this.#refuse(line, 'the time is missing', text)
    if (!Number.isInteger(seconds)) return this.#refuse(line, 'the time is not a whole second', text)
    if (Math.abs(seconds) > LATEST_TS) return this.#refuse(line, 'the time is not in seconds since 1970', text)
    const label = isInstant ? seconds : this.#instantOf(seconds)
    if (label === null) {
      this.clockChanges.refused++
      const { zone } = this.#options.description
      return this.#refuse(
        line,
        `the time does not name one instant in ${zone}: a clock change skips or repeats it`,
        text,
      )
    }
    const problem = this.#put(this.#symbol, line, label - this.#shift)
    if (problem !== undefined) this.#refuse(line, problem, text)
  }

  /** Puts the row that was read into its session; returns why it has none. */
  #put(symbol: OldSymbol | undefined, line: number, ts: number): string | undefined {
    if (ts % BAR_SECONDS !== 0) return 'the time is not at a full minute, as that of a 1-minute bar is'
    const row = this.#row
    const scale = this.#scale
    row[ROW.ts] = ts
    row[ROW.line] = line
    if (scale !== 1) for (let v: number = ROW.open; v <= ROW.close; v++) row[v] /= scale
    row[ROW.volume] *= this.#unit
    for (let v: number = ROW.open; v <= ROW.volume; v++) {
      if (row[v] === Infinity || row[v] === -Infinity) return `${VALUES[v - ROW.open]} is infinite`
    }
    if (symbol?.target === undefined) return 'it has no symbol of this workspace'
    const { session } = symbol
    const isOpen = session !== undefined && ts >= session.openTs && ts < session.closeTs
    if (!isOpen || symbol.generation !== this.#gatherer.generation) {
      const problem = this.#open(symbol, symbol.target, ts)
      if (problem !== undefined) return problem
    }
    symbol.rows?.add(row)
    return undefined
  }

  #instantOf(wallSeconds: number): number | null {
    const ts = this.#clock.toEpochSeconds(wallSeconds)
    if (this.#clock.wasDecided) this.clockChanges.decided++
    return ts
  }

  /** Opens the session of an instant; returns why there is none. */
  #open(symbol: OldSymbol, target: SymbolTarget, ts: number): string | undefined {
    const gatherer = this.#gatherer
    const { importId } = this.#options
    const session = sessionAt(target.calendar, ts)
    if (typeof session === 'string') return session
    symbol.session = session
    symbol.rows = gatherer.rowsOf(importId, target.symbol, session.date, this.#row.length)
    symbol.generation = gatherer.generation
    this.featureNames.set(target.symbol, this.#featureNames)
    return undefined
  }
}

/** Digits of the numbers that a pattern ends with, side by side. */
function trailingDigits(format: string): number {
  let count = 0
  for (const { digits } of patternParts(format).toReversed()) {
    if (digits === 0) break
    count += digits
  }
  return count
}

/** The session that a bar belongs to, or why there is none. */
function sessionAt(calendar: TradingCalendar, ts: number): Session | string {
  try {
    return calendar.sessionOfInstant(ts) ?? `${isoUtc(ts)} is in no session of ${calendar.id}`
  } catch (thrown) {
    if (thrown instanceof SwitchyardError && thrown.code === 'CALENDAR_HORIZON') return thrown.message
    throw thrown
  }
}

/**
 * Tells vwap and trade count, where they were read, from the legacy features: they are values of the bars.
 *
 * @param names of `features`, as {@link FileRows.featureNames} has them.
 */
export function withExtraFields(
  bars: BarColumns,
  names: readonly string[],
  features: readonly Float64Array[],
  priceScale: number,
): { readonly bars: BarColumns; readonly features: ReadonlyMap<string, Float64Array> } {
  const rest = new Map(names.map((name, i) => [name, features[i]]))
  const extras: Partial<Record<(typeof EXTRA_FIELDS)[number], Float64Array>> = {}
  for (const field of EXTRA_FIELDS) {
    const values = rest.get(extraName(field))
    if (values === undefined) continue
    rest.delete(extraName(field))
    extras[field] = field === 'vwap' && priceScale !== 1 ? values.map((value) => value / priceScale) : values
  }
  return { bars: { ...bars, ...extras }, features: rest }
}

/** Under which a value of a bar is read among the features; also what doubts call it. */
function extraName(field: (typeof EXTRA_FIELDS)[number]): string {
  return `columns.${field}`
}
