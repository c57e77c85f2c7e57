import { isDeepStrictEqual } from 'node:util'
import { type LegacyBarsConfig, legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'

type Written = Readonly<Record<string, unknown>>

/** What a description says of a file without a word about it. */
const DEFAULTS: Written = legacyBarsConfigSchema.parse({ files: '{symbol}' })
/** What decides where bars lie is written down, also where it is as usual. */
const ALWAYS_WRITTEN: ReadonlySet<string> = new Set(['files', 'columns', 'timeFormat', 'zone', 'label'])

/** A new description as it is written into switchyard.yaml: without the keys that are as usual. */
export function newDescription(description: LegacyBarsConfig): Written {
  return Object.fromEntries(
    Object.entries(description).filter(
      ([key, value]) => value !== undefined && (ALWAYS_WRITTEN.has(key) || !isDeepStrictEqual(value, DEFAULTS[key])),
    ),
  )
}

/** A changed description: what stands in switchyard.yaml (`written`, which means `before`) with the keys of `after` that differ. */
export function changedDescription(written: Written, before: Written, after: Written): Written {
  const keys = new Set([...Object.keys(written), ...Object.keys(after)])
  return Object.fromEntries(
    [...keys].flatMap((key): [string, unknown][] => {
      if (isDeepStrictEqual(before[key], after[key])) return Object.hasOwn(written, key) ? [[key, written[key]]] : []
      if (after[key] === undefined) return []
      if (key !== 'columns') return [[key, after[key]]]
      const own = (written[key] ?? {}) as Written
      return [[key, changedDescription(own, before[key] as Written, after[key] as Written)]]
    }),
  )
}
