import type { CompareRow, RunCause } from '#shared/contract/causes.ts'
import type { StateKind } from '../../components/state-mark.tsx'
import { causeName } from '../../wording/cause-names.ts'
import { formatDifference, formatFieldValue } from '../../format/numbers.ts'

/** What a minute is: icon and words. */
export const CLASS_WORDS: Readonly<Record<string, { readonly kind: StateKind; readonly word: string }>> = {
  different: { kind: 'fail', word: 'Different' },
  old_only: { kind: 'lost', word: 'Only in old' },
  new_only: { kind: 'info', word: 'Only in new' },
  within_tolerance: { kind: 'pass', word: 'Within tolerance' },
  not_settled: { kind: 'waiting', word: 'Not settled' },
}

export function classWords(name: string): { readonly kind: StateKind; readonly word: string } {
  return CLASS_WORDS[name] ?? { kind: 'unsure', word: name }
}

/** new - old of a field; null where a side has no value. */
export function differenceIn({ old, fresh }: CompareRow, field: string): number | null {
  const [before, after] = [old[field] ?? null, fresh[field] ?? null]
  return before === null || after === null ? null : after - before
}

/** `close +0.01, volume −1,200` of the fields that were compared; a value against none is `volume 1,200 against none`. */
export function unequalWords(row: CompareRow, fields: readonly string[]): string {
  if (row.class === 'old_only' || row.class === 'new_only') {
    const [side, values] = row.class === 'old_only' ? ['old', row.old] : ['new', row.fresh]
    const shown = (['close', 'volume'] as const).filter((field) => values[field] !== undefined)
    return shown.map((field) => `${side} ${field} ${formatFieldValue(field, values[field] ?? null)}`).join(', ')
  }
  return fields
    .filter((field) => row.unequal.includes(field))
    .flatMap((field) => {
      const [old, fresh] = [row.old[field] ?? null, row.fresh[field] ?? null]
      if (old === null && fresh === null) return []
      if (old === null) return [`${field} none against ${formatFieldValue(field, fresh)}`]
      if (fresh === null) return [`${field} ${formatFieldValue(field, old)} against none`]
      return [`${field} ${formatDifference(field, fresh - old)}`]
    })
    .join(', ')
}

/** The names of causes by key; a key that is not known stays as it is. */
export function causeNames(keys: readonly string[], causes: readonly RunCause[]): string {
  return keys
    .map((key) => {
      const kind = causes.find(({ causeKey }) => causeKey === key)?.kind
      return kind === undefined ? key : causeName(kind)
    })
    .join(', ')
}

/** What causes are in a sentence each. */
export function causeWords(keys: readonly string[], causes: readonly RunCause[]): string {
  return keys.map((key) => causes.find(({ causeKey }) => causeKey === key)?.words ?? key).join('; ')
}
