import type { DefinitionIssue, FeatureColumn, FeatureSetDefinition } from '#shared/features/definition.ts'
import { FORMULAS } from './formulas.ts'
import type { Formula } from './formulas.ts'

/** The formula with this id, or undefined; never something inherited from Object. */
function findFormula(id: string): Formula | undefined {
  return Object.hasOwn(FORMULAS, id) ? FORMULAS[id] : undefined
}

function paramIssues(column: FeatureColumn, formula: Formula): DefinitionIssue[] {
  const issues: DefinitionIssue[] = []
  const known = Object.keys(formula.params)
  for (const name of Object.keys(column.params)) {
    if (known.includes(name)) continue
    const takes = known.length === 0 ? 'takes no parameters' : `takes ${known.join(', ')}`
    issues.push({ path: ['params', name], message: `is not a parameter of ${column.formula}, which ${takes}` })
  }
  for (const [name, { min, max, fraction }] of Object.entries(formula.params)) {
    const value: number | undefined = column.params[name]
    if (value === undefined) {
      issues.push({ path: ['params'], message: `${column.formula} needs the parameter ${name}` })
    } else if (!(fraction === true ? Number.isFinite(value) : Number.isInteger(value)) || value < min || value > max) {
      const kind = fraction === true ? 'a number' : 'a whole number'
      issues.push({ path: ['params', name], message: `must be ${kind} from ${min} to ${max}, not ${value}` })
    }
  }
  const conflict = issues.length === 0 ? formula.conflict?.(column.params) : undefined
  if (conflict) issues.push({ path: ['params'], message: conflict })
  return issues
}

/** What the column says of itself that its formula contradicts. The parameters are known to be good. */
function claimIssues(column: FeatureColumn, formula: Formula): DefinitionIssue[] {
  const issues: DefinitionIssue[] = []
  const { bars, sessions } = formula.warmup(column.params)
  const claim = (path: (string | number)[], stated: string | number, actual: string | number): void => {
    if (stated !== actual) {
      issues.push({ path, message: `must be ${actual} for ${column.formula} with these parameters, not ${stated}` })
    }
  }
  claim(['window'], column.window, formula.window)
  claim(['warmup', 'bars'], column.warmup.bars, bars)
  claim(['warmup', 'sessions'], column.warmup.sessions, sessions)
  claim(['nullPolicy'], column.nullPolicy, formula.nullPolicy)
  return issues
}

/** The columns of a definition with their formulas, and all that is wrong with it; complete only when nothing is. */
interface CheckedDefinition {
  readonly columns: readonly { readonly column: FeatureColumn; readonly formula: Formula }[]
  readonly issues: readonly DefinitionIssue[]
}

/**
 * Finds the formula of every column and everything in which the definition contradicts it: an unknown formula, parameters that
 * are missing, unknown, out of range or at odds with each other, and a stated window, warm-up or null policy that is not the
 * formula's. The definition can be compiled when there are no issues.
 */
export function checkFeatureSet(definition: FeatureSetDefinition): CheckedDefinition {
  const columns: { column: FeatureColumn; formula: Formula }[] = []
  const issues: DefinitionIssue[] = []
  for (const [index, column] of definition.columns.entries()) {
    const formula = findFormula(column.formula)
    if (formula === undefined) {
      const known = Object.keys(FORMULAS).join(', ')
      issues.push({
        path: ['columns', index, 'formula'],
        message: `${column.formula} is not a formula; known are ${known}`,
      })
      continue
    }
    columns.push({ column, formula })
    const params = paramIssues(column, formula)
    const found = params.length > 0 ? params : claimIssues(column, formula)
    for (const { path, message } of found) issues.push({ path: ['columns', index, ...path], message })
  }
  return { columns, issues }
}
