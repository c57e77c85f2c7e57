import { NumberParser } from './number-parser.ts'
import { Fields } from './split-fields.ts'

export interface TextForm {
  readonly delimiter: string
  readonly skipRows: number
  readonly headerRows: number
  readonly decimal: '.' | ','
  readonly thousands: '' | ',' | '.' | ' ' | "'"
  readonly currency: string
}

const DELIMITERS = [',', ';', '\t', '|', ' ']
const LOOKED_AT = 60
const TIME_LIKE = /^\d{1,4}[-/.]\w{1,3}[-/.]\d{1,4}|^\d{8}\b|^\d{9,19}$|^\d{1,2}:\d\d/
const NUMBER_LIKE = /^[-+]?[\d.,' ]*\d[\d.,']*(?:[eE][-+]?\d+)?$/
/** A currency before or after a number, with what is left of it. */
const CURRENCY = /^([-+]?)([$€£¥])\s?(?=[-\d.])|(?<=\d)\s?([$€£¥])$/
const NULL_LIKE = new NumberParser({ decimal: '.', thousands: '', currency: '', nulls: 'common' })

/** Works out from the first lines of a text how its rows are written. Null when they do not look like rows at all. */
export function sniffText(lines: readonly string[]): TextForm | null {
  let best: { delimiter: string; width: number; score: number } | undefined
  const looked = lines.filter((line) => line !== '').slice(0, LOOKED_AT)
  for (const delimiter of DELIMITERS) {
    const rows = looked.map((line) => cellsOf(line, delimiter)).filter(isDataRow)
    if (rows.length === 0) continue
    const widths = new Map<number, number>()
    for (const { length } of rows) widths.set(length, (widths.get(length) ?? 0) + 1)
    const [width, count] = [...widths].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]
    // A delimiter that splits a decimal number or a time leaves pieces that are still numbers: the rarer sign comes last.
    const score = count / looked.length - DELIMITERS.indexOf(delimiter) * 0.001
    if (best === undefined || score > best.score + 0.05) best = { delimiter, width, score }
  }
  if (best === undefined) return null
  const { delimiter, width } = best
  const cells = lines.map((line) => cellsOf(line, delimiter))
  const firstData = cells.findIndex((row) => row.length === width && isDataRow(row))
  let headerRows = 0
  while (headerRows < 5 && firstData - headerRows > 0 && cells[firstData - headerRows - 1].length === width)
    headerRows++
  // A title above the header, as a spreadsheet writes it: one cell, and delimiters to the width of the table.
  while (headerRows > 1 && cells[firstData - headerRows].filter((cell) => cell !== '').length <= 1) headerRows--
  const data = cells.slice(firstData).filter((row) => row.length === width)
  return { delimiter, skipRows: firstData - headerRows, headerRows, ...numberForm(data) }
}

export function cellsOf(line: string, delimiter: string): string[] {
  const fields = new Fields(delimiter, '"')
  fields.split(line, 0, line.length)
  return Array.from({ length: fields.count }, (_, i) => fields.value(i).trim())
}

/** Whether the cells of a line are mostly numbers, times or missing, three of them numbers or times. */
function isDataRow(cells: readonly string[]): boolean {
  const values = cells.filter((cell) => NUMBER_LIKE.test(bare(cell)) || TIME_LIKE.test(cell)).length
  const missing = cells.filter((cell) => NULL_LIKE.isNull(cell)).length
  return values >= 3 && values + missing >= 0.5 * cells.length
}

/** A cell without its currency. */
function bare(cell: string): string {
  return cell.replace(CURRENCY, '$1')
}

function numberForm(rows: readonly (readonly string[])[]): Pick<TextForm, 'decimal' | 'thousands' | 'currency'> {
  const all = rows.flat()
  const signed = all.find((cell) => NUMBER_LIKE.test(bare(cell)) && CURRENCY.test(cell))
  const [, , before, after] = CURRENCY.exec(signed ?? '') ?? []
  const currency = before ?? after ?? ''
  const cells = all.map(bare).filter((cell) => NUMBER_LIKE.test(cell) && !TIME_LIKE.test(cell))
  const count = (expression: RegExp): number => cells.filter((cell) => expression.test(cell)).length
  // 1.234 may be either; 12,34 and 1.234,5 are a decimal comma and nothing else.
  const comma = count(/^[-+]?(?:\d{1,3}(?:[.' ]\d{3})+|\d+),\d+$/)
  const point = count(/^[-+]?(?:\d{1,3}(?:[,' ]\d{3})+|\d+)\.\d+$/)
  const onlyGroups = count(/^[-+]?\d{1,3}(?:,\d{3})+$/)
  const decimal = comma - onlyGroups > point ? ',' : '.'
  const mark = decimal === '.' ? ',' : '.'
  for (const thousands of [mark, "'", ' '] as const) {
    const sign = thousands === '.' ? String.raw`\.` : thousands
    if (count(new RegExp(`^[-+]?\\d{1,3}(?:${sign}\\d{3})+(?:\\${decimal}\\d+)?$`)) > 0)
      return { decimal, thousands, currency }
  }
  return { decimal, thousands: '', currency }
}
