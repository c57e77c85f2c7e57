import { BarFlag } from '#shared/bars.ts'
import type { StaleCause } from '#shared/contract/quality.ts'
import type { RuleAction, RuleId, Severity } from '#shared/quality/rule-catalogue.ts'
import { RULES } from '#shared/quality/rule-catalogue.ts'

/** How grave a finding is: icon and word. */
export const SEVERITY_WORDS = {
  info: { kind: 'info', word: 'Info' },
  warn: { kind: 'attention', word: 'Warning' },
  error: { kind: 'fail', word: 'Error' },
} as const satisfies Readonly<Record<Severity, { readonly kind: string; readonly word: string }>>

/** The severity of a name that may be none; then it is the gentlest. */
export function severityWords(severity: string) {
  return Object.hasOwn(SEVERITY_WORDS, severity)
    ? SEVERITY_WORDS[severity as Severity]
    : ({ kind: 'info', word: severity } as const)
}

/** Gravest first. */
export const SEVERITY_RANKS: Readonly<Record<Severity, number>> = { error: 0, warn: 1, info: 2 }

/** What is done with what a rule finds: a word for tables, and a sentence. */
export const ACTION_WORDS = {
  keep: { word: 'Keep', means: 'Kept as it is.' },
  flag: { word: 'Flag', means: 'Kept and flagged.' },
  drop: { word: 'Drop', means: 'Left out of the curated bars.' },
  refetch: { word: 'Ask again', means: 'Kept and flagged; the session is to be asked for again.' },
  quarantine: { word: 'Quarantine', means: 'The session is quarantined; nothing is made from it.' },
} as const satisfies Readonly<Record<RuleAction, { readonly word: string; readonly means: string }>>

/** A rule's title; what is no rule of this version keeps its name. */
export function ruleTitle(rule: string): string {
  return Object.hasOwn(RULES, rule) ? RULES[rule as RuleId].title : rule
}

/** Why a session's curated bars are out of date: a word, its letter in the grid, and a sentence. */
export const STALE_WORDS = {
  new: { word: 'Not built', letter: '+', means: 'It has raw responses and was never curated.' },
  raw: { word: 'New responses', letter: 'R', means: 'Raw responses came after it was built.' },
  facts: { word: 'New facts', letter: 'F', means: 'The request log now proves something else about it.' },
  history: { word: 'History changed', letter: 'H', means: 'Sessions before it changed, by which it is judged.' },
  rules: { word: 'Rules changed', letter: 'C', means: 'The configuration or a rule changed after it was built.' },
  hours: { word: 'Hours changed', letter: 'T', means: 'Its hours are others than when it was built.' },
  gone: { word: 'Gone', letter: '−', means: 'Its calendar no longer has the session; a build takes it out.' },
} as const satisfies Readonly<
  Record<StaleCause, { readonly word: string; readonly letter: string; readonly means: string }>
>

const FLAG_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [BarFlag.Suspect, 'suspect'],
  [BarFlag.Filled, 'filled'],
  [BarFlag.SecondSource, 'second source'],
  [BarFlag.OhlcRepaired, 'high/low widened'],
  [BarFlag.ConflictingDuplicate, 'came twice'],
  [BarFlag.VolumeUnknown, 'volume unknown'],
  [BarFlag.Quarantined, 'quarantined'],
  [BarFlag.Adjusted, 'adjusted'],
]

/** `filled, suspect`; nothing for a bar without flags. */
export function flagWords(flags: number): string {
  return FLAG_WORDS.filter(([bit]) => (flags & bit) !== 0)
    .map(([, word]) => word)
    .join(', ')
}
