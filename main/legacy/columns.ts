import { SwitchyardError } from '#shared/errors.ts'

/** What stands between the parts of a column name that the file spreads over several header rows: `Close/SPY`. */
const PART = '/'

interface Place {
  readonly path: string
  readonly key: string
}

/**
 * The place of a described column, by name or by number from 1. A name may also be one part of a name that several header rows
 * make up, when no other column has that part.
 *
 * @throws {SwitchyardError} LEGACY_FILE when there is none, or more than one.
 */
export function columnIndex(
  names: readonly string[],
  wanted: string | number,
  { path, key, field }: Place & { readonly field: string },
): number {
  const where = `${key}.${field}`
  if (typeof wanted === 'number') {
    if (wanted <= names.length) return wanted - 1
    throw new SwitchyardError(
      'LEGACY_FILE',
      `${path} has ${names.length} columns, but ${where} says number ${wanted}.`,
      {
        hint: `Set ${where} in switchyard.yaml to the number of the column, counted from 1, and check the delimiter.`,
      },
    )
  }
  const whole = places(names, (name) => name === wanted)
  const found = whole.length > 0 ? whole : places(names, (name) => name.split(PART).includes(wanted))
  if (found.length === 1) return found[0]
  const shown = names.map((name) => name.slice(0, 60)).slice(0, 40)
  throw new SwitchyardError(
    'LEGACY_FILE',
    `${path} must have exactly one column "${wanted}"; its columns are ${shown.join(', ')}${names.length > shown.length ? ', …' : ''}.`,
    {
      hint: `Set ${where} in switchyard.yaml to the name that the file uses, and check the delimiter. "switchyard legacy sniff" proposes a description.`,
    },
  )
}

/** The columns that are kept as legacy features. Throws LEGACY_FILE for a name that is not there, or not once. */
export function featureColumns(
  names: readonly string[],
  wanted: 'rest' | readonly string[],
  used: readonly number[],
  place: Place,
): readonly { readonly name: string; readonly index: number }[] {
  if (wanted !== 'rest')
    return wanted.map((name) => ({ name, index: columnIndex(names, name, { ...place, field: 'features' }) }))
  const seen = new Map<string, number>()
  return names.flatMap((name, index) => {
    if (used.includes(index)) return []
    const base = name === '' ? `column ${index + 1}` : name
    const count = (seen.get(base) ?? 0) + 1
    seen.set(base, count)
    return [{ name: count === 1 ? base : `${base} (${count})`, index }]
  })
}

/** Names of columns from their header rows: the parts that say something, each once, joined with `/`. */
export function joinHeaders(rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 1) return rows[0]
  const width = Math.max(...rows.map(({ length }) => length))
  return Array.from({ length: width }, (_, i) =>
    [...new Set(rows.map((row) => row[i] ?? '').filter((part) => part !== ''))].join(PART),
  )
}

function places(names: readonly string[], matches: (name: string) => boolean): number[] {
  return names.flatMap((name, i) => (matches(name) ? [i] : []))
}
