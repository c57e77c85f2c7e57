import type { ColumnDiff, Largest, PairSample, TableDiff, TableKey } from '#main/tables/diff-report.ts'
import { alignColumns } from './align-columns.ts'

/** What `switchyard diff` prints for people. */
export function diffText(found: TableDiff): string[] {
  return [
    ...alignColumns([
      ['left', found.left.path, `${count(found.left.rows)} rows`, `${found.left.columns.length} columns`],
      ['right', found.right.path, `${count(found.right.rows)} rows`, `${found.right.columns.length} columns`],
    ]),
    '',
    ...rowLines(found),
    ...section('columns', columnLines(found)),
    ...section('', columnTable(found.columns)),
    ...section('', found.columns.flatMap(columnSamples)),
    ...section('', keySamples(found)),
    '',
    found.equal ? 'Equal within the tolerances.' : 'There are differences.',
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  return title === '' ? ['', ...lines] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function rowLines({ rows, nullKeys, duplicateKeys, keys }: TableDiff): string[] {
  const { left, right } = duplicateKeys
  const lines: [string, string][] = [
    ['common rows', count(rows.common)],
    ['  equal', count(rows.equal)],
    ['  within tolerance', count(rows.withinTolerance)],
    ['  unequal', count(rows.unequal)],
    ['only left', count(rows.onlyLeft)],
    ['only right', count(rows.onlyRight)],
    ['left, no value in a key', count(nullKeys.left)],
    ['right, no value in a key', count(nullKeys.right)],
    ['left, of duplicate keys', count(left.rowsNotCompared)],
    ['right, of duplicate keys', count(right.rowsNotCompared)],
  ]
  const duplicates =
    left.keys + right.keys === 0
      ? []
      : [
          `  Keys that stand more than once are not compared: ${count(left.keys)} of the left, ${count(right.keys)} of the right.`,
        ]
  return [`rows by ${keys.join(', ')}`, ...alignNumbers(lines, 1).map((line) => `  ${line}`), ...duplicates]
}

function columnLines({ left, right, columnsOnlyLeft, columnsOnlyRight, typeDifferences }: TableDiff): string[] {
  const odd = (side: string, { columns }: TableDiff['left']): string[] =>
    columns
      .filter(({ textCells }) => textCells !== undefined)
      .map(
        ({ name, textCells = 0, textExample }) =>
          `${name} is text on the ${side} because of ${count(textCells)} of its values, such as ${quoted(textExample)}`,
      )
  return [
    ...(columnsOnlyLeft.length === 0 ? [] : [`only left: ${columnsOnlyLeft.join(', ')}`]),
    ...(columnsOnlyRight.length === 0 ? [] : [`only right: ${columnsOnlyRight.join(', ')}`]),
    ...typeDifferences.map(
      ({ column, left, right, comparedAs }) =>
        `${column} is ${left} on the left and ${right} on the right; ${comparedAs === null ? 'its values are not compared' : `compared as ${comparedAs}`}`,
    ),
    ...odd('left', left),
    ...odd('right', right),
  ]
}

function columnTable(columns: readonly ColumnDiff[]): string[] {
  if (columns.length === 0) return []
  return alignNumbers(
    [
      ['column', 'tolerance', 'equal', 'within', 'unequal', 'null/value', 'type', 'largest', 'at', 'relative', 'at'],
      ...columns.map((column) => [
        column.column,
        toleranceText(column),
        ...[column.equal, column.withinTolerance, column.unequal, column.nullVersusValue, column.typeDifference].map(
          count,
        ),
        ...largestText(column.largestAbsolute),
        ...largestText(column.largestRelative),
      ]),
    ],
    2,
    6,
  )
}

function toleranceText({ tolerance: { abs, rel } }: ColumnDiff): string {
  return [...(abs === 0 ? [] : [String(abs)]), ...(rel === 0 ? [] : [`rel ${rel}`])].join(' + ')
}

function largestText(largest: Largest | null): string[] {
  return largest === null ? ['', ''] : [short(largest.difference), keyText(largest.key)]
}

/** Differences of doubles have more digits than anybody wants to read. */
function short(value: string | number): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value
}

const KINDS = [
  ['unequal', 'unequal'],
  ['nullVersusValue', 'null against value'],
  ['typeDifference', 'of another type'],
] as const

function columnSamples({ column, samples }: ColumnDiff): string[] {
  return KINDS.flatMap(([kind, title]) => {
    const found: readonly PairSample[] = samples[kind]
    if (found.length === 0) return []
    const rows = found.map(({ key, left, right, difference }) => [
      keyText(key),
      cellText(left),
      cellText(right),
      difference === undefined ? '' : short(difference as string | number),
    ])
    return [`${column}, ${title}`, ...alignColumns([['key', 'left', 'right', ''], ...rows]).map((line) => `  ${line}`)]
  })
}

function keySamples({ samples }: TableDiff): string[] {
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)]
  return [
    ...list('only left', samples.onlyLeft.map(keyText)),
    ...list('only right', samples.onlyRight.map(keyText)),
    ...list('left, no value in a key', samples.nullKeys.left.map(keyText)),
    ...list('right, no value in a key', samples.nullKeys.right.map(keyText)),
    ...list(
      'duplicate keys',
      samples.duplicateKeys.map(
        ({ key, left, right }) => `${keyText(key)}: ${count(left)} left, ${count(right)} right`,
      ),
    ),
  ]
}

function keyText(key: TableKey): string {
  return Object.values(key).map(cellText).join(' ')
}

function cellText(value: TableKey[string]): string {
  if (value === null) return 'null'
  return value === '' ? '""' : String(value)
}

function quoted(text = ''): string {
  return `"${text}"`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** Rows of cells with the columns from `from` up to `to` aligned on the right. */
function alignNumbers(rows: readonly (readonly string[])[], from: number, to = from): string[] {
  const widths = rows[0].map((_cell, i) => Math.max(...rows.map((row) => row[i].length)))
  return alignColumns(rows.map((row) => row.map((cell, i) => (i >= from && i <= to ? cell.padStart(widths[i]) : cell))))
}
