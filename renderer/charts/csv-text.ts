/** One column of a chart's values in a CSV file. */
export interface CsvColumn<Row> {
  /** Name with unit or zone, such as `old close (price)`. */
  readonly header: string
  /** Null is an empty field. */
  readonly value: (row: Row) => string | number | null
}

/**
 * A header and one record for each row, as RFC 4180 has them: comma, CR LF, quotes only where needed.
 *
 * Numbers are written exactly: the shortest decimal text that reads back as the same number. Those that are not finite have
 * none and are empty like null.
 */
export function csvText<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const header = columns.map((column) => field(column.header))
  const records = rows.map((row) => columns.map((column) => field(column.value(row))))
  return [header, ...records].map((fields) => `${fields.join(',')}\r\n`).join('')
}

const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/

function field(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : ''
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
