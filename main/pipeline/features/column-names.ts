import type { FeatureColumn } from '#shared/features/definition.ts'
import { type Formula, FORMULAS } from './formulas.ts'

/** Whether a column needs more than the bars of one series: previous sessions, or the hours of the session. */
export function needsCalendar({ window, nullPolicy }: Pick<FeatureColumn, 'window' | 'nullPolicy'>): boolean {
  return window === 'sessions' || nullPolicy === 'never'
}

/** How a column of a formula is called: its id and its parameters in the order the formula has them, `stoch_k_PERIOD_SMOOTH`. */
export function columnPattern(id: string): string {
  return [id, ...Object.keys(FORMULAS[id].params).map((name) => name.toUpperCase())].join('_')
}

/**
 * The column that a name made of a formula's id and its parameters stands for: `sma_20`, `macd_signal_12_26_9`,
 * `keltner_upper_20_10_1.5`. Null when the name begins with no formula; whether the parameters are enough and in range is for
 * `checkFeatureSet` to say.
 */
export function columnOfName(name: string): FeatureColumn | null {
  const found = Object.entries(FORMULAS).find(([id]) => parametersBehind(id, name) !== null)
  if (found === undefined) return null
  const [id, formula] = found
  const numbers = parametersBehind(id, name) ?? []
  const params = Object.fromEntries(parameterNames(formula, numbers.length).map((param, i) => [param, numbers[i]]))
  const complete = numbers.length === Object.keys(formula.params).length
  return {
    name,
    formula: id,
    params,
    window: formula.window,
    warmup: complete ? formula.warmup(params) : { bars: 0, sessions: 0 },
    nullPolicy: formula.nullPolicy,
    unit: 'of the formula',
    math: name,
    source: 'of the formula',
  }
}

/** The numbers behind a formula's id in a name, null when something else stands there. */
function parametersBehind(id: string, name: string): number[] | null {
  if (name === id) return []
  if (!name.startsWith(`${id}_`)) return null
  const parts = name.slice(id.length + 1).split('_')
  return parts.every((part) => /^\d+(\.\d+)?$/.test(part)) ? parts.map(Number) : null
}

/** Names for so many parameters; those that the formula does not have are called by their place. */
function parameterNames({ params }: Formula, count: number): string[] {
  const known = Object.keys(params)
  return Array.from({ length: count }, (_, i) => known[i] ?? `number ${i + 1}`)
}
