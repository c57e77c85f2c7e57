import type { LegacyBarsConfig, LegacyFormat } from '#shared/config/legacy-config.ts'
import { legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'

/** A description that is being worked on: every key has a value, which need not be a sensible one yet. */
export type DescriptionDraft = LegacyBarsConfig

const USUAL: DescriptionDraft = legacyBarsConfigSchema.parse({ files: '{symbol}' })

/** A draft of a description, with the usual value of every key that it leaves out. */
export function draftOf(description: Readonly<Record<string, unknown>>): DescriptionDraft {
  const columns = { ...USUAL.columns, ...(description['columns'] as Partial<DescriptionDraft['columns']> | undefined) }
  return { ...USUAL, ...description, columns }
}

/** What is wrong with a draft, by the path of the key (`columns.time`); empty when nothing is. */
export function draftProblems(draft: DescriptionDraft): ReadonlyMap<string, string> {
  const { success, error } = legacyBarsConfigSchema.safeParse(draft)
  if (success) return new Map()
  return new Map(error.issues.map(({ path, message }) => [path.map(String).join('.'), message]))
}

const ENDINGS: readonly (readonly [LegacyFormat, RegExp])[] = [
  ['parquet', /\.(?:parquet|pq|parq)$/i],
  ['json', /\.(?:json|jsonl|ndjson)$/i],
  ['sqlite', /\.(?:db|db3|sqlite|sqlite3)$/i],
]

/** The format of the files: the described one, or what the ending of their name says. */
export function formatOf({ format, files }: Pick<DescriptionDraft, 'format' | 'files'>): LegacyFormat {
  return format ?? ENDINGS.find(([, ending]) => ending.test(files))?.[0] ?? 'csv'
}

/** Whether a path stands for more than one file. */
export function isPattern(path: string): boolean {
  return /[*?]|\{symbol\}/.test(path)
}

/** A typed path as the folder that it is in, with its last slash, and the rest. */
export function splitPath(path: string): { readonly folder: string; readonly rest: string } {
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1
  return { folder: path.slice(0, end), rest: path.slice(end) }
}

/** Names of the old pipeline, one a line: `BRK_B = BRK.B`. */
export function symbolMapText(map: DescriptionDraft['symbolMap']): string {
  return Object.entries(map)
    .map(([oldName, symbol]) => `${oldName} = ${symbol}`)
    .join('\n')
}

/** The names of such a text; null when a line is none. */
export function symbolMapOf(text: string): DescriptionDraft['symbolMap'] | null {
  const entries: [string, string][] = []
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const parts = line.split('=').map((part) => part.trim())
    if (parts.length !== 2 || parts.includes('')) return null
    entries.push([parts[0], parts[1]])
  }
  return Object.fromEntries(entries)
}

/** `HH:MM` so many minutes later. */
export function clockAfter(clock: string, minutes: number): string {
  const [hours, past] = clock.split(':').map(Number)
  const total = (hours * 60 + past + minutes + 1440) % 1440
  return `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`
}

/** The bar that a time of day names when times are the start, or the end, of bars: `09:30` to `09:31`. */
export function barOfLabel(clock: string, label: 'start' | 'end'): { readonly from: string; readonly to: string } {
  const from = clockAfter(clock, label === 'end' ? -1 : 0)
  return { from, to: clockAfter(from, 1) }
}

/** Where columns stand most often in files without a header. */
const USUAL_PLACES: Readonly<Record<string, number>> = { time: 1, open: 2, high: 3, low: 4, close: 5, volume: 6 }

/**
 * The draft with columns by their places, for files without a header. `names` are those that the columns had; one that is not
 * among them goes where it stands most often.
 */
export function withoutHeader(draft: DescriptionDraft, names: readonly string[]): DescriptionDraft {
  const placeOf = (column: string, usual: number): number => {
    const at = names.indexOf(column)
    return at < 0 ? usual : at + 1
  }
  const columns = Object.fromEntries(
    Object.entries(draft.columns).map(([field, column]) => [
      field,
      typeof column === 'string' ? placeOf(column, USUAL_PLACES[field] ?? 1) : column,
    ]),
  )
  const { symbolColumn } = draft
  return {
    ...draft,
    headerRows: 0,
    columns: columns as DescriptionDraft['columns'],
    symbolColumn: typeof symbolColumn === 'string' ? placeOf(symbolColumn, 1) : symbolColumn,
    features: [],
  }
}

/** The choices for a column: every name that is there once, every other one by its place. */
export function columnChoices(
  columns: readonly string[],
  headerRows: number,
): readonly { readonly value: string; readonly label: string }[] {
  return columns.map((name, i) => {
    const isByPlace = headerRows === 0 || name === '' || columns.filter((other) => other === name).length > 1
    if (!isByPlace) return { value: `name:${name}`, label: name }
    return {
      value: `place:${i + 1}`,
      label: headerRows === 0 ? `Column ${i + 1}` : `${name || 'without a name'} (column ${i + 1})`,
    }
  })
}

/** A column as the value of a choice, and back. */
export function choiceOf(column: string | number | null | undefined): string | null {
  if (column === null || column === undefined) return null
  return typeof column === 'number' ? `place:${column}` : `name:${column}`
}

export function columnOf(choice: string): string | number {
  return choice.startsWith('place:') ? Number(choice.slice(6)) : choice.slice(5)
}
