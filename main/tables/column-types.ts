/** What a column holds, whatever its file calls it. `empty` has no value at all; `other` are lists, structs, blobs and the like. */
export type ColumnKind =
  | 'empty'
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'double'
  | 'date'
  | 'timestamp'
  | 'timestamp with zone'
  | 'time'
  | 'text'
  | 'other'

export interface ColumnType {
  readonly kind: ColumnKind
  /** For people: the kind in a CSV file, DuckDB's name of the type in a Parquet file. */
  readonly name: string
  /** Whether it stands as text in the file; then it has no type but the one that all its cells can be read in. */
  readonly isCsv: boolean
  /** Digits before the point that an integer or decimal can have. */
  readonly digits: number
  /** Digits behind the point of a decimal. */
  readonly scale: number
  readonly hasNanoseconds: boolean
  /** For text of a CSV file of which some cells are more than text: the type of those. */
  readonly rest?: ColumnType
}

/** The type that two columns are compared in. */
export interface CommonType {
  readonly kind: ColumnKind
  readonly sql: string
  readonly scale: number
}

/** The most digits that DuckDB can subtract without an overflow. */
const MOST_DIGITS = 37
const BIGINT_DIGITS = 19

/** A type of a Parquet column, from the name that DuckDB gives it. */
export function parquetType(name: string): ColumnType {
  const type = { name, isCsv: false, digits: 0, scale: 0, hasNanoseconds: false }
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name)
  if (decimal !== null) {
    const scale = Number(decimal[2])
    return { ...type, kind: 'decimal', digits: Number(decimal[1]) - scale, scale }
  }
  if (/^U?(TINYINT|SMALLINT|INTEGER)$/.test(name) || name === 'BIGINT') {
    return { ...type, kind: 'integer', digits: BIGINT_DIGITS }
  }
  if (/^(UBIGINT|HUGEINT)$/.test(name)) return { ...type, kind: 'integer', digits: MOST_DIGITS }
  if (name === 'DOUBLE' || name === 'FLOAT') return { ...type, kind: 'double' }
  if (name === 'VARCHAR' || name === 'UUID' || name.startsWith('ENUM(')) return { ...type, kind: 'text' }
  if (name === 'BOOLEAN') return { ...type, kind: 'boolean' }
  if (name === 'DATE') return { ...type, kind: 'date' }
  if (name === 'TIME') return { ...type, kind: 'time' }
  if (name === 'TIMESTAMP WITH TIME ZONE') return { ...type, kind: 'timestamp with zone' }
  if (/^TIMESTAMP(_S|_MS|_NS)?$/.test(name)) {
    return { ...type, kind: 'timestamp', hasNanoseconds: name === 'TIMESTAMP_NS' }
  }
  return { ...type, kind: 'other' }
}

/** What the cells of a CSV column look like: how many there are of each form, and how long its numbers are. */
export interface CellForms {
  readonly counts: ReadonlyMap<string, number>
  readonly digits: number
  readonly scale: number
}

const FORM = {
  integer: 'integer',
  decimal: 'decimal',
  double: 'double',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
  nanoseconds: 'timestamp of nanoseconds',
  zoned: 'timestamp with zone',
  time: 'time',
  text: 'text',
} as const

// A number with leading zeros is a name: 007 is not 7.
const INTEGER = '[+-]?(0|[1-9][0-9]*)'
const DECIMAL = '[+-]?((0|[1-9][0-9]*)\\.[0-9]*|\\.[0-9]+)'
const EXPONENT = '[+-]?((0|[1-9][0-9]*)\\.?[0-9]*|\\.[0-9]+)[eE][+-]?[0-9]+'
const NOT_FINITE = '[+-]?(?i:nan|inf|infinity)'
const BOOLEAN = '(?i:true|false)'
const DATE = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
const CLOCK = '[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?'
const TIMESTAMP = `${DATE}[ T]${CLOCK}`
const NANOSECONDS = `${DATE}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{7,9}`
const ZONED = `${TIMESTAMP}(Z| ?[+-][0-9]{2}(:?[0-9]{2})?)`

/** An expression that names the form of a CSV cell, null for one without a value. */
export function cellForm(cell: string): string {
  const is = (pattern: string): string => matches(cell, pattern)
  const short = `length(${cell}) <= ${MOST_DIGITS}`
  const readable = (type: string): string => `try_cast(${cell} as ${type}) is not null`
  return `case when ${cell} is null or ${cell} = '' then null
    when ${is(INTEGER)} then case when ${short} then '${FORM.integer}' else '${FORM.text}' end
    when ${is(DECIMAL)} then case when ${short} then '${FORM.decimal}' else '${FORM.double}' end
    when ${is(EXPONENT)} and isfinite(try_cast(${cell} as double)) or ${is(NOT_FINITE)} then '${FORM.double}'
    when ${is(DATE)} and ${readable('date')} then '${FORM.date}'
    when ${is(TIMESTAMP)} and ${readable('timestamp')} then '${FORM.timestamp}'
    when ${is(ZONED)} and ${readable('timestamptz')} then '${FORM.zoned}'
    when ${is(NANOSECONDS)} and ${readable('timestamp_ns')} then '${FORM.nanoseconds}'
    when ${is(CLOCK)} and ${readable('time')} then '${FORM.time}'
    when ${is(BOOLEAN)} then '${FORM.boolean}'
    else '${FORM.text}' end`
}

/** Digits before and behind the point of a CSV cell that is an integer or a decimal. */
export function cellDigits(cell: string): { digits: string; scale: string } {
  return {
    digits: `length(ltrim(split_part(${cell}, '.', 1), '+-'))`,
    scale: `length(split_part(${cell}, '.', 2))`,
  }
}

/** The narrowest type that every cell of a CSV column can be read in. */
export function csvType({ counts, digits, scale }: CellForms): ColumnType {
  const forms = new Set(counts.keys())
  const only = (...allowed: string[]): boolean => [...forms].every((form) => allowed.includes(form))
  const type = (kind: ColumnKind): ColumnType => ({
    kind,
    name: kind,
    isCsv: true,
    digits: 0,
    scale: 0,
    hasNanoseconds: false,
  })
  if (forms.size === 0) return type('empty')
  if (only(FORM.integer)) return { ...type('integer'), digits }
  if (only(FORM.integer, FORM.decimal) && digits + scale <= MOST_DIGITS) return { ...type('decimal'), digits, scale }
  if (only(FORM.integer, FORM.decimal, FORM.double)) return type('double')
  if (only(FORM.boolean)) return type('boolean')
  if (only(FORM.date)) return type('date')
  if (only(FORM.date, FORM.timestamp, FORM.nanoseconds)) {
    return { ...type('timestamp'), hasNanoseconds: forms.has(FORM.nanoseconds) }
  }
  if (only(FORM.zoned)) return type('timestamp with zone')
  if (only(FORM.time)) return type('time')
  const rest = new Map([...counts].filter(([form]) => form !== FORM.text))
  if (rest.size === counts.size || rest.size === 0) return type('text')
  const restType = csvType({ counts: rest, digits, scale })
  return restType.kind === 'text' ? type('text') : { ...type('text'), rest: restType }
}

/** Whether text looks like the exception in a column of something else. */
export function hasFewTextCells(forms: CellForms): boolean {
  const all = [...forms.counts.values()].reduce((sum, count) => sum + count, 0)
  return 2 * textCells(forms) < all
}

/** How many cells of a CSV column are nothing but text. */
export function textCells({ counts }: CellForms): number {
  return counts.get(FORM.text) ?? 0
}

const NUMBERS: readonly ColumnKind[] = ['integer', 'decimal', 'double']

export function isNumber(kind: ColumnKind): boolean {
  return NUMBERS.includes(kind)
}

/**
 * The type in which values of both columns can be compared, null when there is none. Not every value needs to have a place in
 * it: text beside numbers is compared where it is a number.
 */
export function commonType(left: ColumnType, right: ColumnType): CommonType | null {
  if (left.kind === 'empty') return right.kind === 'empty' ? plain('text', 'varchar') : commonType(right, right)
  if (right.kind === 'empty') return commonType(left, left)
  if (left.kind === 'other' || right.kind === 'other') {
    return left.name === right.name ? plain('other', left.name) : null
  }
  if (left.kind === 'text' && right.kind === 'text') return plain('text', 'varchar')
  if (left.kind === 'text') return textBeside(left, right)
  if (right.kind === 'text') return textBeside(right, left)
  const kinds = [left.kind, right.kind]
  if (kinds.every(isNumber)) return commonNumber(left, right)
  if (kinds.every((kind) => kind === 'date' || kind === 'timestamp') && kinds.includes('timestamp')) {
    return plain('timestamp', left.hasNanoseconds || right.hasNanoseconds ? 'timestamp_ns' : 'timestamp')
  }
  if (left.kind !== right.kind) return null
  const sql = { boolean: 'boolean', date: 'date', time: 'time', 'timestamp with zone': 'timestamptz' }
  return plain(left.kind, sql[left.kind as keyof typeof sql])
}

/** Text is read as what stands on the other side, with as many digits as it has where that is known. */
function textBeside(text: ColumnType, other: ColumnType): CommonType | null {
  const type = text.rest === undefined ? null : commonType(text.rest, other)
  if (type !== null) return type
  return other.kind === 'integer' ? plain('integer', 'hugeint') : commonType(other, other)
}

function plain(kind: ColumnKind, sql: string): CommonType {
  return { kind, sql, scale: 0 }
}

function commonNumber(left: ColumnType, right: ColumnType): CommonType {
  if (left.kind === 'double' || right.kind === 'double') return plain('double', 'double')
  const digits = Math.max(left.digits, right.digits)
  if (left.kind === 'integer' && right.kind === 'integer') {
    return plain('integer', fitsBigint(left) && fitsBigint(right) ? 'bigint' : 'hugeint')
  }
  const scale = Math.max(left.scale, right.scale)
  return { kind: 'decimal', sql: `decimal(${Math.min(38, digits + scale + 1)}, ${scale})`, scale }
}

/** A typed integer of 19 digits is at most a BIGINT; text of so many digits may be more. */
function fitsBigint({ isCsv, digits }: ColumnType): boolean {
  return isCsv ? digits < BIGINT_DIGITS : digits <= BIGINT_DIGITS
}

/**
 * Two numbers that differ only in how they are written are of one type: a CSV file cannot say whether 33.34 is a decimal or a
 * double. A column without values has no type that could differ.
 */
export function typesDiffer(left: ColumnType, right: ColumnType): boolean {
  if (left.kind === 'empty' || right.kind === 'empty') return false
  if (left.kind === 'other' || (!left.isCsv && !right.isCsv)) return left.name !== right.name
  const isFraction = ({ kind }: ColumnType): boolean => kind === 'decimal' || kind === 'double'
  return left.kind !== right.kind && !(isFraction(left) && isFraction(right))
}

/** An expression for the value of a column as it stands in its file, null where there is none. */
export function rawValue(column: string, from: ColumnType, to: CommonType | null): string {
  // An empty text is a value of text alone.
  return from.isCsv && to?.kind !== 'text' ? `nullif(${column}, '')` : column
}

/** An expression for the value in the common type, null also for a value that has no place there without a loss. */
export function convert(column: string, from: ColumnType, to: CommonType): string {
  const raw = rawValue(column, from, to)
  if (to.kind === 'text' || to.kind === 'other') return `cast(${raw} as ${to.sql})`
  if (from.isCsv || from.kind === 'text') return readCell(`cast(${raw} as varchar)`, to)
  if (to.kind !== 'double' || from.name === 'DOUBLE' || from.name === 'FLOAT') return `try_cast(${raw} as ${to.sql})`
  // DuckDB's own cast of a long decimal is not the nearest double, that of its text is.
  const double = from.kind === 'decimal' ? `cast(cast(${raw} as varchar) as double)` : `cast(${raw} as double)`
  const exact = from.kind === 'decimal' ? from.name : 'hugeint'
  return `case when try_cast(${double} as ${exact}) = ${raw} then ${double} end`
}

/** Whether a value may be lost in the conversion, so that it has to be kept aside. */
export function mayNotConvert(from: ColumnType, to: CommonType | null): boolean {
  if (to === null) return from.kind !== 'empty'
  if (to.kind === 'text' || to.kind === 'other' || from.kind === 'empty') return false
  if (from.kind === 'text') return true
  if (to.kind === 'double') return from.kind === 'integer' || (from.kind === 'decimal' && !from.isCsv) || from.isCsv
  return from.kind !== to.kind || to.kind === 'decimal' || to.kind === 'timestamp'
}

function readCell(cell: string, to: CommonType): string {
  const when = (pattern: string): string =>
    `case when ${matches(cell, pattern)} then try_cast(${cell} as ${to.sql}) end`
  switch (to.kind) {
    case 'integer':
      return when(INTEGER)
    case 'decimal':
      // More digits behind the point than the type has would be rounded away.
      return `case when ${matches(cell, `[+-]?((0|[1-9][0-9]*)(\\.[0-9]{0,${to.scale}}0*)?|\\.[0-9]{1,${Math.max(1, to.scale)}}0*)`)}
        then try_cast(${cell} as ${to.sql}) end`
    case 'double':
      return `case
        when length(${cell}) > 15 and ${matches(cell, INTEGER)}
          then case when try_cast(try_cast(${cell} as double) as hugeint) = try_cast(${cell} as hugeint) then try_cast(${cell} as double) end
        when ${matches(cell, `${INTEGER}|${DECIMAL}|${NOT_FINITE}`)} then try_cast(${cell} as double)
        when ${matches(cell, EXPONENT)} and isfinite(try_cast(${cell} as double)) then try_cast(${cell} as double) end`
    case 'boolean':
      return when(BOOLEAN)
    case 'date':
      return when(DATE)
    case 'time':
      return when(CLOCK)
    case 'timestamp':
      return when(`${DATE}|${TIMESTAMP}${to.sql === 'timestamp_ns' ? `|${NANOSECONDS}` : ''}`)
    case 'timestamp with zone':
      return when(ZONED)
    default:
      throw new Error(`No cell is read as ${to.kind}.`)
  }
}

function matches(cell: string, pattern: string): string {
  return `regexp_full_match(${cell}, '${pattern}')`
}
