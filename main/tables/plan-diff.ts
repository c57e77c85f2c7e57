import { SwitchyardError } from '#shared/errors.ts'
import { type ColumnType, commonType, type CommonType, isNumber, typesDiffer } from './column-types.ts'
import type { OpenTable, TableColumn } from './open-table.ts'
import { NO_TOLERANCE, type TableTolerance } from './tolerance.ts'

export interface DiffOptions {
  /** Columns that name a row. */
  readonly keys: readonly string[]
  /** For all numbers that have none of their own. */
  readonly tolerance: TableTolerance
  readonly tolerances: ReadonlyMap<string, TableTolerance>
  /** Columns that are compared; all when left out. */
  readonly columns: readonly string[] | undefined
  /** The most samples of each kind. */
  readonly samples: number
}

interface PairedColumn {
  readonly name: string
  readonly left: TableColumn
  readonly right: TableColumn
}

export interface PlannedKey extends PairedColumn {
  readonly common: CommonType
}

export interface PlannedColumn extends PairedColumn {
  /** Null when no value of one side can be compared with one of the other. */
  readonly common: CommonType | null
  readonly tolerance: TableTolerance
}

export interface TypeDifference {
  readonly column: string
  readonly left: string
  readonly right: string
  /** What the values were compared as, null when they were not. */
  readonly comparedAs: string | null
}

export interface DiffPlan {
  readonly keys: readonly PlannedKey[]
  readonly columns: readonly PlannedColumn[]
  readonly columnsOnlyLeft: readonly string[]
  readonly columnsOnlyRight: readonly string[]
  readonly typeDifferences: readonly TypeDifference[]
}

/**
 * Decides which columns are compared, and as what.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS for columns that are not there, keys whose types cannot be matched, and tolerances of
 *   columns that are no numbers.
 */
export function planDiff(left: OpenTable, right: OpenTable, options: DiffOptions): DiffPlan {
  const pair = (name: string): PairedColumn => pairOf(left, right, name)
  const keys = options.keys.map((name) => planKey(pair(name), left, right))
  const isKey = (name: string): boolean => options.keys.includes(name)
  for (const name of [...(options.columns ?? []), ...options.tolerances.keys()]) {
    pair(name)
    if (isKey(name)) throw badArguments(`${name} is a key.`, 'Keys are matched exactly; name other columns.')
  }
  const names =
    options.columns ?? left.columns.map(({ name }) => name).filter((name) => !isKey(name) && has(right, name))
  const columns = names.map(pair).map((column): PlannedColumn => {
    const common = commonType(column.left.type, column.right.type)
    const own = options.tolerances.get(column.name)
    if (common !== null && isNumber(common.kind)) return { ...column, common, tolerance: own ?? options.tolerance }
    if (own !== undefined) throw noNumber(column)
    return { ...column, common, tolerance: NO_TOLERANCE }
  })
  for (const name of options.tolerances.keys()) {
    if (!names.includes(name)) throw badArguments(`--tol names ${name}, which is not compared.`, 'Add it to --columns.')
  }
  const only = (here: OpenTable, there: OpenTable): string[] =>
    options.columns === undefined ? here.columns.map(({ name }) => name).filter((name) => !has(there, name)) : []
  return {
    keys,
    columns,
    columnsOnlyLeft: only(left, right),
    columnsOnlyRight: only(right, left),
    typeDifferences: [...keys, ...columns]
      .filter(({ left: l, right: r }) => typesDiffer(l.type, r.type))
      .map(({ name, left: l, right: r, common }) => ({
        column: name,
        left: l.type.name,
        right: r.type.name,
        comparedAs: common?.kind ?? null,
      })),
  }
}

function has({ columns }: OpenTable, name: string): boolean {
  return columns.some((column) => column.name === name)
}

function pairOf(left: OpenTable, right: OpenTable, name: string): PairedColumn {
  const find = (table: OpenTable): TableColumn => {
    const column = table.columns.find((each) => each.name === name)
    if (column !== undefined) return column
    throw badArguments(
      `${table.path} has no column "${name}".`,
      `Its columns are ${table.columns.map((each) => each.name).join(', ')}.`,
    )
  }
  return { name, left: find(left), right: find(right) }
}

function planKey(column: PairedColumn, left: OpenTable, right: OpenTable): PlannedKey {
  const { name, left: l, right: r } = column
  // Text in both files, although all cells of one happen to be numbers.
  const isText = (a: ColumnType, b: ColumnType): boolean => a.kind === 'text' && b.isCsv && b.kind === 'integer'
  if (isText(l.type, r.type) || isText(r.type, l.type)) {
    return { ...column, common: { kind: 'text', sql: 'varchar', scale: 0 } }
  }
  const common = commonType(l.type, r.type)
  if (common !== null && (l.type.kind === 'text') === (r.type.kind === 'text')) return { ...column, common }
  if (common !== null && (l.type.kind === 'empty' || r.type.kind === 'empty')) return { ...column, common }
  throw badArguments(
    `The key ${name} is ${describeType(l)} in ${left.path} and ${describeType(r)} in ${right.path}; these cannot be matched.`,
    keyHint(name, [l.type, r.type]),
  )
}

function keyHint(name: string, types: readonly ColumnType[]): string {
  const is = (test: (type: ColumnType) => boolean): boolean => types.some(test)
  if (is(({ kind }) => kind.startsWith('timestamp')) && is(({ kind }) => isNumber(kind))) {
    return `Write ${name} in the same form in both files: for epoch seconds, DuckDB has epoch(${name}) and to_timestamp(${name}).`
  }
  if (is(({ kind }) => kind === 'timestamp with zone') && is(({ kind }) => kind === 'timestamp' || kind === 'date')) {
    return `Only one side says which zone its times are in. Write ${name} as epoch seconds, or with the offset, in both files.`
  }
  return `Write ${name} in the same form in both files, or choose other keys.`
}

function describeType({ type, odd }: TableColumn): string {
  return odd === null ? type.name : `${type.name} (for example "${odd.example}")`
}

function noNumber({ name, left, right }: PairedColumn): SwitchyardError {
  const types =
    left.type.name === right.type.name ? describeType(left) : `${describeType(left)} and ${describeType(right)}`
  return badArguments(
    `${name} is ${types}; only numbers have a tolerance.`,
    'Leave it out of --tol, or correct the values that are no numbers.',
  )
}

export function badArguments(message: string, hint: string): SwitchyardError {
  return new SwitchyardError('BAD_ARGUMENTS', message, { hint })
}
