import { isoUtc } from '#shared/time.ts'
import classes from './key-values.module.css'

interface KeyValuesProps {
  readonly label: string
  readonly values: Readonly<Record<string, unknown>>
}

/** Nested values as lines of `path: value`, for what has no form of its own. */
export function KeyValues({ label, values }: KeyValuesProps) {
  return (
    <dl className={classes.values} aria-label={label}>
      {flat(values).map(([path, text]) => (
        <div key={path} className={classes.line}>
          <dt>{path}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Longer lists are given by their length. */
const MOST_ENTRIES = 12

function flat(
  values: Readonly<Record<string, unknown>>,
  prefix = '',
): readonly (readonly [path: string, text: string])[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (Array.isArray(value)) return [[path, listText(value)] as const]
    if (typeof value === 'object' && value !== null) return flat(value as Record<string, unknown>, path)
    return [[path, isInstant(key, value) ? isoUtc(value) : scalarText(value)] as const]
  })
}

/** Epoch seconds go by a name that ends in `Ts` everywhere. */
function isInstant(key: string, value: unknown): value is number {
  return key.endsWith('Ts') && typeof value === 'number'
}

function listText(list: readonly unknown[]): string {
  if (list.length === 0) return 'none'
  if (list.length > MOST_ENTRIES) return `${list.length} values`
  return list.map(scalarText).join(', ')
}

function scalarText(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : JSON.stringify(value)
}
