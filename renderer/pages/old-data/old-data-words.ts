import type { Described } from '#shared/contract/old-data.ts'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'

export const FORMAT_NAMES = { csv: 'Text', parquet: 'Parquet', json: 'JSON', sqlite: 'SQLite' } as const

export interface FileCounts {
  readonly rows: number
  readonly rejected: number
  readonly duplicates: number
  readonly doubts: readonly string[]
}

/** The state of the page in a sentence or two. */
export function oldDataSentence(
  described: Described | undefined,
  files: readonly FileCounts[],
  job: Job | undefined,
): string {
  if (described === undefined) return ''
  const { descriptions } = described
  if (job !== undefined && !isFinal(job.state))
    return 'An import is under way. What was imported before holds until it is done.'
  if (descriptions.length === 0 && files.length === 0) return 'Nothing is described and nothing is imported.'
  const kinds = formatQuantity(descriptions.length, 'kind of file', 'kinds of file')
  const found = descriptions.reduce((sum, { files: { count } }) => sum + count, 0)
  const what =
    descriptions.length === 0
      ? 'Nothing is described any more'
      : `${kinds} described, ${formatQuantity(found, 'file')} found`
  if (files.length === 0) return `${what}. Nothing is imported yet.`
  const sum = (count: (file: FileCounts) => number): number => files.reduce((total, file) => total + count(file), 0)
  const refused = sum(({ rejected }) => rejected)
  const doubted = files.filter(({ doubts }) => doubts.length > 0).length
  return [
    `${what}. ${formatCount(sum(({ rows }) => rows))} bars of ${formatQuantity(files.length, 'file')} imported`,
    refused > 0 ? `, ${formatQuantity(refused, 'row')} refused` : ', no row refused',
    doubted > 0 ? `; ${formatQuantity(doubted, 'file')} with doubts.` : '.',
  ].join('')
}

/** Where the symbols stand, in words. */
export function symbolWordsOf({ symbol, symbolColumn, table }: LegacyBarsConfig): string {
  switch (symbol) {
    case 'path':
      return 'in the path'
    case 'column':
      return `in the column ${symbolColumn}`
    case 'key':
      return 'as key'
    case 'table':
      return `in the table ${table}`
  }
}

/** Clock and label of the times, in words. */
export function timeWordsOf({ zone, label, timeFormat }: LegacyBarsConfig): string {
  const end = label === 'end' ? 'end of bar' : 'start of bar'
  return timeFormat.startsWith('epoch') ? `${timeFormat}, ${end}` : `${zone}, ${end}`
}
