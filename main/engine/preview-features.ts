import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { FeatureColumn, FeatureSetDefinition } from '#shared/features/definition.ts'
import { checkFeatureSet } from '#main/pipeline/features/check-definition.ts'
import { columnOfName, columnPattern, needsCalendar } from '#main/pipeline/features/column-names.ts'
import { compileFeatureSet, computeSessionFeatures } from '#main/pipeline/features/compute-features.ts'
import { FORMULAS } from '#main/pipeline/features/formulas.ts'
import { BUILT_IN_FEATURE_SETS } from './data-folder.ts'
import { loadFeatureSet } from './load-feature-set.ts'

export interface FeaturePreview {
  /** In the order asked for; a value per bar, NaN is null. */
  readonly columns: readonly Float64Array[]
  /** Of the names asked for, those that need a calendar and so are null in every row. */
  readonly withoutCalendar: readonly string[]
}

/**
 * Finds the columns that the names stand for: a column of a built-in feature set (its newest version), else a formula with its
 * parameters, such as `sma_20`, `macd_12_26` or `keltner_upper_20_10_1.5`.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS for a name that is neither, and for parameters that do not fit the formula.
 */
export function previewColumns(names: readonly string[]): FeatureColumn[] {
  const builtIn = builtInColumns()
  return names.map((name) => {
    const ready = builtIn.get(name)
    if (ready !== undefined) return ready
    const column = columnOfName(name)
    if (column === null) {
      throw new SwitchyardError('BAD_ARGUMENTS', `There is no feature ${name}.`, {
        hint: `Columns of the built-in sets are ${[...builtIn.keys()].join(', ')}. Others are named by formula and parameters: ${otherPatterns(builtIn).join(', ')}.`,
      })
    }
    const { issues } = checkFeatureSet(definitionOf([column]))
    if (issues.length > 0) {
      const list = issues.map(({ path, message }) => [...path.slice(3), message].join(' ')).join('; ')
      throw new SwitchyardError('BAD_ARGUMENTS', `${name}: ${list}.`, {
        hint: `The name is made as ${columnPattern(column.formula)}.`,
      })
    }
    return column
  })
}

/**
 * Computes columns over bars as one continuous series, as if all were of one session. Rows are in time order; at least one. Columns
 * that need previous sessions or the hours of a session are null: a series of bars does not say what they are.
 */
export function previewFeatures(bars: BarColumns, columns: readonly FeatureColumn[]): FeaturePreview {
  const rows = bars.ts.length
  const computed = columns.filter((column) => !needsCalendar(column))
  const session = {
    date: new Date(0).toISOString().slice(0, 10),
    openTs: bars.ts[0],
    closeTs: bars.ts[rows - 1] + BAR_SECONDS,
    breakStartTs: null,
    breakEndTs: null,
    earlyClose: false,
  }
  const input = { session, bars: { ...bars, flags: new Uint16Array(rows) } }
  const values = computeSessionFeatures(compileFeatureSet(definitionOf(computed)), input, []).columns
  return {
    columns: columns.map((column) => values[computed.indexOf(column)] ?? new Float64Array(rows).fill(NaN)),
    withoutCalendar: columns.filter(needsCalendar).map(({ name }) => name),
  }
}

/** Columns of the built-in sets by name, of a set's versions the newest. */
function builtInColumns(): Map<string, FeatureColumn> {
  const sets = readdirSync(BUILT_IN_FEATURE_SETS)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => loadFeatureSet(join(BUILT_IN_FEATURE_SETS, file), []))
    .sort((a, b) => a.version - b.version)
  return new Map(sets.flatMap((set) => set.columns.map((column) => [column.name, column] as const)))
}

function otherPatterns(builtIn: ReadonlyMap<string, FeatureColumn>): string[] {
  return Object.entries(FORMULAS)
    .filter(([, formula]) => !needsCalendar(formula))
    .map(([id]) => columnPattern(id))
    .filter((pattern) => !builtIn.has(pattern))
}

function definitionOf(columns: FeatureColumn[]): FeatureSetDefinition {
  return {
    name: 'preview_v1',
    set: 'preview',
    version: 1,
    source: 'curated_tws_1m_bars',
    availableAt: 'bar_end',
    description: 'Columns of a preview.',
    columns,
  }
}
