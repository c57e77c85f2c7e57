import type { ToleranceRules } from '#shared/config/comparison-config.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { parseTolerance } from '#shared/config/tolerance-text.ts'

type Tolerances = Partial<ToleranceRules['tolerances']>

/** Texts of tolerances by field, such as `2ticks` of `close`. */
export type ToleranceTexts = Readonly<Record<string, string>>

/** `close=2ticks,volume=1%` as texts by field; what is no entry is left out. */
export function textsFrom(words: string | undefined): ToleranceTexts {
  const entries = (words ?? '').split(',').map((entry) => entry.split('='))
  return Object.fromEntries(
    entries.flatMap(([field, text]) =>
      COMPARED_FIELDS.some((known) => known === field) && text !== undefined ? [[field, text] as const] : [],
    ),
  )
}

/** The same the other way round; undefined without any. */
export function wordsFrom(texts: ToleranceTexts): string | undefined {
  const entries = Object.entries(texts).map(([field, text]) => `${field}=${text.replaceAll(' ', '')}`)
  return entries.length === 0 ? undefined : entries.join(',')
}

/** What is wrong with a field's text, as a sentence; undefined when nothing is. */
export function problemOfTolerance(field: string, text: string): string | undefined {
  const tolerance = parseTolerance(text)
  if (tolerance === undefined) return 'Write 0.02, 2ticks, 5bp, 1% or a sum.'
  const isCount = field === 'volume' || field === 'tradeCount'
  return isCount && tolerance.ticks !== undefined ? 'Ticks are steps of a price.' : undefined
}

/** The tolerances that the texts stand for; undefined when one of them is wrong or there is none. */
export function tolerancesFrom(texts: ToleranceTexts): Tolerances | undefined {
  const tolerances: Tolerances = {}
  for (const field of COMPARED_FIELDS) {
    const text = texts[field]
    if (text === undefined) continue
    const tolerance = parseTolerance(text)
    if (tolerance === undefined || problemOfTolerance(field, text) !== undefined) return undefined
    tolerances[field] = { abs: 0, rel: 0, ticks: 0, bp: 0, ...tolerance }
  }
  return Object.keys(tolerances).length === 0 ? undefined : tolerances
}

/** What to write into `switchyard.yaml` to keep them. */
export function yamlOf(texts: ToleranceTexts): string {
  const tolerances = tolerancesFrom(texts) ?? {}
  const lines = Object.entries(tolerances).map(([field, tolerance]) => {
    const parts = Object.entries(tolerance).filter(([, value]) => value > 0)
    return `    ${field}: { ${(parts.length === 0 ? [['abs', 0]] : parts).map(([key, value]) => `${key}: ${value}`).join(', ')} }`
  })
  return ['comparison:', '  tolerances:', ...lines].join('\n')
}
