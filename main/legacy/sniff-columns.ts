import type { LegacyBarsInput } from '#shared/config/legacy-config.ts'

export interface ColumnGuess {
  readonly columns: NonNullable<LegacyBarsInput['columns']>
  readonly symbolColumn: string | number | undefined
  /** Columns that have no use as bars. */
  readonly rest: readonly string[]
  readonly doubts: readonly string[]
}

const NAMES = {
  time: [
    'datetime',
    'timestamp',
    'dateandtime',
    'barstarttime',
    'bartime',
    'time',
    'ts',
    't',
    'gmttime',
    'localtime',
    'datetimeutc',
    'utc',
    'starttime',
    'date',
    'd',
    'index',
    'indexlevel0',
    'unnamed0',
    'minute',
    'windowstart',
    '',
  ],
  symbol: ['symbol', 'ticker', 'sym', 'instrument', 'code', 'stock', 'localsymbol', 'ric', 'actsymbol'],
  open: ['open', 'o', 'openprice', '1open', 'priceopen', 'first', 'bidopen'],
  high: ['high', 'h', 'highprice', '2high', 'pricehigh', 'max', 'bidhigh'],
  low: ['low', 'l', 'lowprice', '3low', 'pricelow', 'min', 'bidlow'],
  close: ['close', 'c', 'closeprice', '4close', 'priceclose', 'last', 'bidclose', 'adjclose', 'adjustedclose'],
  vwap: ['vwap', 'wap', 'average', 'avgprice', 'averageprice', 'weightedaverageprice'],
  tradeCount: ['tradecount', 'barcount', 'trades', 'numberoftrades', 'numtrades', 'transactions', 'count'],
  volume: ['volume', 'v', 'vol', '5volume', 'totalvolume', 'size', 'shares', 'volumelots', 'lots', 'tradevolume'],
} as const
const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const
const TIME_OF_DAY = /^\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?(?: ?[AaPp][Mm])?$|^\d{4}(?:\d\d)?$/
/** Hours and minutes that lost the zero in front of them, of columns of numbers. */
const UNPADDED = /^(?:\d|1\d|2[0-3])[0-5]\d(?:[0-5]\d)?$/
/** Days since 1899 and a part of a day, as a spreadsheet writes them. */
const SERIAL_DATE = /^\d{5}$/
const SERIAL_TIME = /^0?[.,]\d+$|^0$/
const DATE_ONLY = /^\d{4}-\d\d?-\d\d?$|^\d\d?[/.-]\d\d?[/.-]\d{2,4}$|^\d{8}$/

/**
 * Guesses which column is what: by name, and where there are no names by what the values look like.
 *
 * @param hasNames false when `names` are places only.
 */
export function sniffColumns(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  hasNames: boolean,
): ColumnGuess {
  return hasNames ? byName(names, rows) : byValue(rows)
}

function byName(names: readonly string[], rows: readonly (readonly string[])[]): ColumnGuess {
  const doubts: string[] = []
  const plain = names.map((name) => name.split('/').map((part) => part.toLowerCase().replaceAll(/[^a-z0-9]/g, '')))
  const used = new Set<number>()
  const find = (known: readonly string[]): number => {
    for (const candidate of known) {
      const at = plain.findIndex((parts, i) => !used.has(i) && parts.includes(candidate) && names[i] !== '')
      if (at >= 0) return at
    }
    return -1
  }
  const take = (known: readonly string[]): number => {
    const at = find(known)
    if (at >= 0) used.add(at)
    return at
  }
  // One part of a name that several header rows make up is a heading of its own, not the name of the column.
  const symbol = plain.findIndex((parts) => parts.length === 1 && NAMES.symbol.some((known) => known === parts[0]))
  if (symbol >= 0) used.add(symbol)
  const columns: Record<string, string | number | null> = {}
  const valueOf = (at: number): string | number =>
    names.filter((name) => name === names[at]).length === 1 ? names[at] : at + 1
  for (const field of VALUES) {
    const at = take(NAMES[field])
    columns[field] = at < 0 ? null : valueOf(at)
    if (at < 0) doubts.push(`no column looks like ${field}`)
    else {
      const again = plain.filter(
        (parts, i) => !used.has(i) && NAMES[field].some((known) => known.length > 1 && parts.includes(known)),
      )
      if (again.length > 0) doubts.push(`more than one column may be ${field}; ${names[at]} was taken`)
    }
  }
  for (const field of ['vwap', 'tradeCount'] as const) {
    const at = take(NAMES[field])
    if (at >= 0) columns[field] = valueOf(at)
  }
  const first = (at: number): string => rows.map((row) => row[at] ?? '').find((value) => value !== '') ?? ''
  const dateAt = plain.findIndex(
    (parts, i) => !used.has(i) && ['date', 'd', 'day', 'tradedate'].some((name) => parts.includes(name)),
  )
  const timeAt = plain.findIndex(
    (parts, i) => !used.has(i) && ['time', 't', 'timeofday', 'minute'].some((name) => parts.includes(name)),
  )
  const [date, time] = [dateAt, timeAt].map((at) => (at < 0 ? '' : first(at)))
  const isPair = DATE_ONLY.test(date) && (TIME_OF_DAY.test(time) || UNPADDED.test(time))
  if (isPair || (SERIAL_DATE.test(date) && SERIAL_TIME.test(time))) {
    columns['date'] = valueOf(dateAt)
    columns['time'] = valueOf(timeAt)
    used.add(dateAt).add(timeAt)
  } else {
    let at = take(NAMES.time)
    // pandas writes an index without a name in front of the others.
    if (at < 0) at = names.findIndex((_, i) => !used.has(i))
    if (at < 0) doubts.push('no column looks like a time')
    else {
      used.add(at)
      columns['time'] = names[at] === '' ? at + 1 : valueOf(at)
    }
  }
  if (plain.some((parts) => parts.some((part) => part === 'adjclose' || part === 'adjustedclose'))) {
    doubts.push('there is an adjusted close: are the other prices adjusted for splits and dividends, too?')
  }
  return {
    columns,
    symbolColumn: symbol < 0 ? undefined : valueOf(symbol),
    rest: names.filter((name, i) => name !== '' && !used.has(i)),
    doubts,
  }
}

function byValue(rows: readonly (readonly string[])[]): ColumnGuess {
  const width = rows[0]?.length ?? 0
  const all = (at: number, expression: RegExp): boolean =>
    rows.length > 0 && rows.every((row) => expression.test(row[at] ?? ''))
  const places = Array.from({ length: width }, (_, i) => i)
  const textAt = places.find((at) => all(at, /^[A-Za-z][A-Za-z0-9.^_-]{0,14}$/))
  const dateAt = places.find((at) => at !== textAt && all(at, DATE_ONLY))
  const timeAt =
    dateAt === undefined
      ? undefined
      : places.find((at) => at > dateAt && (all(at, TIME_OF_DAY) || (at === dateAt + 1 && all(at, UNPADDED))))
  const wholeAt = places.find((at) => at !== textAt && all(at, /^\d{4}\D|^\d\d?[/.-]|^\d{9,}|^\d{8} |^\d{8}T/))
  const isSplit = dateAt !== undefined && timeAt !== undefined
  const start = (isSplit ? timeAt : (wholeAt ?? 0)) + 1
  const columns: Record<string, number | null> = { time: start }
  if (isSplit) columns['date'] = dateAt + 1
  VALUES.forEach((field, i) => (columns[field] = start + i < width ? start + i + 1 : null))
  return {
    columns,
    symbolColumn: textAt === undefined ? undefined : textAt + 1,
    rest: [],
    doubts: ['there is no header: the columns were taken as time, open, high, low, close, volume in that order'],
  }
}
