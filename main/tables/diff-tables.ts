import type { DuckDBValue } from '@duckdb/node-api'
import { type CellValue, cellValue } from './cell-value.ts'
import { convert, mayNotConvert, rawValue } from './column-types.ts'
import { DiffDatabase } from './diff-database.ts'
import type { ColumnDiff, KeySide, Largest, PairSample, TableDiff, TableKey } from './diff-report.ts'
import { PairClass, pairSql, selectedSide, sideNames } from './diff-sql.ts'
import { type OpenTable, openTable } from './open-table.ts'
import {
  badArguments,
  type DiffOptions,
  type DiffPlan,
  type PlannedColumn,
  type PlannedKey,
  planDiff,
} from './plan-diff.ts'
import { decimalToNumber } from './tolerance.ts'

interface Work {
  readonly database: DiffDatabase
  readonly plan: DiffPlan
  readonly samples: number
  readonly tables: { readonly left: OpenTable; readonly right: OpenTable }
  /** Both paths, for what cannot be laid on one of them. */
  readonly paths: string
}

type Side = 'left' | 'right'

/**
 * Compares two CSV or Parquet files row by row on their keys. DuckDB does the work, in bounded memory and a temporary folder that
 * is removed; nothing else is written.
 *
 * Every row of a side is exactly one of: common, only on this side, without a value in a key, or of a key that stands in more than
 * one row on either side. Only common rows are compared.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS when the options do not fit the files, TABLE_FILE when a file cannot be read.
 */
export async function diffTables(
  leftPath: string,
  rightPath: string,
  options: DiffOptions & { readonly signal: AbortSignal; readonly onProgress: (title: string) => void },
): Promise<TableDiff> {
  const { signal, onProgress, samples } = options
  return DiffDatabase.use(signal, async (database) => {
    const left = await openTable(database, leftPath, 'left_rows', onProgress)
    const right = await openTable(database, rightPath, 'right_rows', onProgress)
    const plan = planDiff(left, right, options)
    const work: Work = { database, plan, samples, tables: { left, right }, paths: `${leftPath} and ${rightPath}` }
    onProgress('Matching the keys')
    const nullKeys = { left: await keysOf(work, 'left'), right: await keysOf(work, 'right') }
    const matched = await matchKeys(work)
    onProgress('Joining the rows')
    const { onlyLeft, onlyRight, duplicateKeys } = matched
    await joinRows(work, duplicateKeys.left.keys + duplicateKeys.right.keys > 0)
    onProgress('Comparing the rows')
    const { rows, counts } = await countPairs(work)
    const columns: ColumnDiff[] = []
    for (const [i, column] of plan.columns.entries()) {
      onProgress(`Comparing ${column.name}, ${i + 1} of ${plan.columns.length} columns`)
      columns.push(await diffColumn(work, column, i, counts[i]))
    }
    const { columnsOnlyLeft, columnsOnlyRight, typeDifferences } = plan
    const notEqual = [rows.unequal, onlyLeft, onlyRight, nullKeys.left.rows, nullKeys.right.rows]
    notEqual.push(duplicateKeys.left.keys, duplicateKeys.right.keys, columnsOnlyLeft.length, columnsOnlyRight.length)
    return {
      left: describeTable(left),
      right: describeTable(right),
      keys: plan.keys.map(({ name }) => name),
      equal: notEqual.every((count) => count === 0),
      rows: { ...rows, onlyLeft, onlyRight },
      nullKeys: { left: nullKeys.left.rows, right: nullKeys.right.rows },
      duplicateKeys,
      columnsOnlyLeft,
      columnsOnlyRight,
      typeDifferences,
      columns,
      samples: {
        onlyLeft: await keySamples(work, 'in_left = 1 and in_right is null'),
        onlyRight: await keySamples(work, 'in_right = 1 and in_left is null'),
        duplicateKeys: matched.duplicated,
        nullKeys: { left: nullKeys.left.samples, right: nullKeys.right.samples },
      },
    }
  })
}

function describeTable({ path, format, rows, columns }: OpenTable): TableDiff['left'] {
  return {
    path,
    format,
    rows,
    columns: columns.map(({ name, type, odd }) => ({
      name,
      type: type.name,
      ...(odd === null ? {} : { textCells: odd.cells, textExample: odd.example }),
    })),
  }
}

function keyNames({ keys }: DiffPlan): string {
  return keys.map((_key, i) => `k${i}`).join(', ')
}

function selectedKeys({ keys }: DiffPlan, side: Side): string {
  return keys.map((key, i) => `${convert(key[side].sql, key[side].type, key.common)} as k${i}`).join(', ')
}

function keysPresent({ keys }: DiffPlan): string {
  return keys.map((_key, i) => `k${i} is not null`).join(' and ')
}

/** Stores how often each key stands in a table, as `left_keys` or `right_keys`; returns what has no key. */
async function keysOf(work: Work, side: Side): Promise<{ rows: number; samples: readonly TableKey[] }> {
  const { database, plan, samples } = work
  const { path, relation, rows } = work.tables[side]
  for (const key of plan.keys) await requireKeyValues(work, side, key)
  await database.run(
    `create table ${side}_keys as select ${keyNames(plan)}, count(*) as n
     from (select ${selectedKeys(plan, side)} from ${relation}) where ${keysPresent(plan)} group by all`,
    path,
  )
  const [[counted]] = await database.rows(`select coalesce(sum(n), 0) from ${side}_keys`, path)
  const missing = rows - Number(counted)
  if (missing === 0 || samples === 0) return { rows: missing, samples: [] }
  const found = await database.rows(
    `select ${plan.keys.map((_key, i) => `cast(k${i} as varchar)`).join(', ')}
     from (select ${selectedKeys(plan, side)} from ${relation}) where not (${keysPresent(plan)})
     order by ${keyNames(plan)} limit ${samples}`,
    path,
  )
  return { rows: missing, samples: found.map((row) => keyOf(plan, row)) }
}

/** A key that cannot be read in the common type would be taken for a missing one. */
async function requireKeyValues(work: Work, side: Side, key: PlannedKey): Promise<void> {
  const { sql, type } = key[side]
  if (!mayNotConvert(type, key.common)) return
  const { path, relation } = work.tables[side]
  const raw = rawValue(sql, type, key.common)
  const [[count, example]] = await work.database.rows(
    `select count(*), min(cast(${raw} as varchar)) from ${relation}
     where ${raw} is not null and (${convert(sql, type, key.common)}) is null`,
    path,
  )
  if (Number(count) === 0) return
  throw badArguments(
    `${Number(count)} values of the key ${key.name} in ${path} have no exact ${key.common.kind}, for example ${String(example)}.`,
    `Write ${key.name} in the same form in both files, or choose other keys.`,
  )
}

interface MatchedKeys {
  readonly onlyLeft: number
  readonly onlyRight: number
  readonly duplicateKeys: TableDiff['duplicateKeys']
  readonly duplicated: TableDiff['samples']['duplicateKeys']
}

/** Stores all keys with how often each side has them, as `matched_keys`. */
async function matchKeys({ database, plan, samples, paths }: Work): Promise<MatchedKeys> {
  const both = plan.keys.map((_key, i) => `coalesce(l.k${i}, r.k${i}) as k${i}`)
  const on = plan.keys.map((_key, i) => `l.k${i} = r.k${i}`)
  await database.run(
    `create table matched_keys as select ${both.join(', ')}, l.n as in_left, r.n as in_right
     from left_keys l full join right_keys r on ${on.join(' and ')}`,
    paths,
  )
  const isDuplicate = '(in_left > 1 or in_right > 1)'
  const [counts] = await database.rows(
    `select count(*) filter (where in_left = 1 and in_right is null),
       count(*) filter (where in_right = 1 and in_left is null),
       count(*) filter (where in_left > 1), coalesce(sum(in_left) filter (where in_left > 1), 0),
       coalesce(sum(in_left) filter (where ${isDuplicate}), 0),
       count(*) filter (where in_right > 1), coalesce(sum(in_right) filter (where in_right > 1), 0),
       coalesce(sum(in_right) filter (where ${isDuplicate}), 0)
     from matched_keys`,
    paths,
  )
  const [onlyLeft, onlyRight, ...of] = counts.map(Number)
  const side = (at: number): KeySide => ({ keys: of[at], rows: of[at + 1], rowsNotCompared: of[at + 2] })
  const duplicates = await database.rows(
    `select coalesce(in_left, 0), coalesce(in_right, 0), ${plan.keys.map((_key, i) => `cast(k${i} as varchar)`).join(', ')}
     from matched_keys where ${isDuplicate}
     order by coalesce(in_left, 0) + coalesce(in_right, 0) desc, ${keyNames(plan)} limit ${samples}`,
    paths,
  )
  return {
    onlyLeft,
    onlyRight,
    duplicateKeys: { left: side(0), right: side(3) },
    duplicated: duplicates.map(([inLeft, inRight, ...key]) => ({
      key: keyOf(plan, key),
      left: Number(inLeft),
      right: Number(inRight),
    })),
  }
}

/** Stores the rows that stand once on both sides, as `pairs`. */
async function joinRows({ database, plan, tables, paths }: Work, hasDuplicates: boolean): Promise<void> {
  const names = (side: Side): string[] => plan.columns.flatMap((column, i) => sideNames(column, side, i))
  const rows = (side: Side): string => {
    const selected = plan.columns.flatMap((column, i) => selectedSide(column, side, i))
    const all = `select ${[selectedKeys(plan, side), ...selected].join(', ')} from ${tables[side].relation}`
    return hasDuplicates ? `select * from (${all}) anti join duplicate_keys using (${keyNames(plan)})` : all
  }
  if (hasDuplicates) {
    await database.run(
      `create table duplicate_keys as select ${keyNames(plan)} from matched_keys where in_left > 1 or in_right > 1`,
      paths,
    )
  }
  const on = plan.keys.map((_key, i) => `a.k${i} = b.k${i}`)
  const selected = [
    ...plan.keys.map((_key, i) => `a.k${i} as k${i}`),
    ...names('left').map((name) => `a.${name} as ${name}`),
    ...names('right').map((name) => `b.${name} as ${name}`),
  ]
  await database.run(
    `create table pairs as select ${selected.join(', ')} from (${rows('left')}) a join (${rows('right')}) b on ${on.join(' and ')}`,
    paths,
  )
}

interface PairCounts {
  readonly equal: number
  readonly withinTolerance: number
  readonly unequal: number
  readonly leftNull: number
  readonly rightNull: number
  readonly typeDifference: number
}

async function countPairs({ database, plan, paths }: Work): Promise<{
  rows: { common: number; equal: number; withinTolerance: number; unequal: number }
  counts: readonly PairCounts[]
}> {
  const pairs = plan.columns.map(pairSql)
  const worst = pairs.length === 0 ? '0' : `greatest(${pairs.map((_pair, i) => `s${i}`).join(', ')})`
  const selected = pairs.map(
    (pair, i) => `${pair.class} as s${i}, (${pair.left} is null and ${pair.leftAside} is null) as n${i}`,
  )
  const count = (condition: string): string => `count(*) filter (where ${condition})`
  const [found] = await database.rows(
    `select ${[
      'count(*)',
      count('worst = 0'),
      count('worst = 1'),
      count('worst > 1'),
      ...pairs.flatMap((_pair, i) => [
        count(`s${i} = ${PairClass.Equal}`),
        count(`s${i} = ${PairClass.WithinTolerance}`),
        count(`s${i} = ${PairClass.Unequal}`),
        count(`s${i} = ${PairClass.NullVersusValue} and n${i}`),
        count(`s${i} = ${PairClass.NullVersusValue} and not n${i}`),
        count(`s${i} = ${PairClass.TypeDifference}`),
      ]),
    ].join(', ')}
     from (select *, ${worst} as worst from (select ${selected.length === 0 ? '1' : selected.join(', ')} from pairs))`,
    paths,
  )
  const [common, equal, withinTolerance, unequal, ...rest] = found.map(Number)
  return {
    rows: { common, equal, withinTolerance, unequal },
    counts: pairs.map((_pair, i) => {
      const at = rest.slice(6 * i)
      return {
        equal: at[0],
        withinTolerance: at[1],
        unequal: at[2],
        leftNull: at[3],
        rightNull: at[4],
        typeDifference: at[5],
      }
    }),
  }
}

/** Finds the largest differences and the samples of one column. */
async function diffColumn(work: Work, column: PlannedColumn, i: number, counts: PairCounts): Promise<ColumnDiff> {
  const pair = pairSql(column, i)
  const kind = column.common?.kind ?? 'text'
  const keys = work.plan.keys
  const select = async (where: string, order: string, limit: number): Promise<FoundPair[]> => {
    const rows = await work.database.rows(
      `select cast(l as varchar), cast(r as varchar), x, y, cast(difference as varchar), relative,
         ${keys.map((_key, k) => `cast(k${k} as varchar)`).join(', ')}
       from (select ${keyNames(work.plan)}, ${pair.left} as l, ${pair.right} as r, ${pair.leftAside} as x, ${pair.rightAside} as y,
               ${pair.difference} as difference, ${pair.relative} as relative, ${pair.class} as class from pairs)
       where ${where} order by ${order === '' ? '' : `${order}, `}${keyNames(work.plan)} limit ${limit}`,
      work.paths,
    )
    return rows.map(([l, r, x, y, difference, relative, ...key]) => ({
      key: keyOf(work.plan, key),
      left: x === null ? cellValue(l as string | null, kind) : String(x),
      right: y === null ? cellValue(r as string | null, kind) : String(y),
      difference: cellValue(difference as string | null, kind),
      relative: relative === null ? null : cellValue(String(relative), 'double'),
    }))
  }
  const samples = async (count: number, wanted: number, order: string): Promise<readonly PairSample[]> => {
    if (count === 0 || work.samples === 0) return []
    const found = await select(`class = ${wanted}`, order, work.samples)
    return found.map(({ key, left, right, difference }) => ({
      key,
      left,
      right,
      ...(difference === null ? {} : { difference }),
    }))
  }
  const largest = async (measure: 'difference' | 'relative'): Promise<Largest | null> => {
    const differing = `class in (${PairClass.WithinTolerance}, ${PairClass.Unequal})`
    if (pair.worstFirst === '' || counts.withinTolerance + counts.unequal === 0) return null
    const [found] = await select(`${differing} and ${measure} is not null`, `${measure} desc`, 1)
    if (found === undefined) return null
    const { key, left, right } = found
    return { difference: found[measure] as string | number, key, left, right }
  }
  const { leftNull, rightNull, ...others } = counts
  return {
    column: column.name,
    leftType: column.left.type.name,
    rightType: column.right.type.name,
    comparedAs: column.common?.kind ?? null,
    tolerance: { abs: decimalToNumber(column.tolerance.abs), rel: decimalToNumber(column.tolerance.rel) },
    ...others,
    nullVersusValue: leftNull + rightNull,
    leftNull,
    rightNull,
    largestAbsolute: await largest('difference'),
    largestRelative: await largest('relative'),
    samples: {
      unequal: await samples(counts.unequal, PairClass.Unequal, pair.worstFirst),
      nullVersusValue: await samples(leftNull + rightNull, PairClass.NullVersusValue, ''),
      typeDifference: await samples(counts.typeDifference, PairClass.TypeDifference, ''),
    },
  }
}

interface FoundPair {
  readonly key: TableKey
  readonly left: CellValue
  readonly right: CellValue
  readonly difference: CellValue
  readonly relative: CellValue
}

async function keySamples({ database, plan, samples, paths }: Work, where: string): Promise<readonly TableKey[]> {
  if (samples === 0) return []
  const rows = await database.rows(
    `select ${plan.keys.map((_key, i) => `cast(k${i} as varchar)`).join(', ')} from matched_keys
     where ${where} order by ${keyNames(plan)} limit ${samples}`,
    paths,
  )
  return rows.map((row) => keyOf(plan, row))
}

function keyOf({ keys }: DiffPlan, row: readonly DuckDBValue[]): TableKey {
  return Object.fromEntries(keys.map(({ name, common }, i) => [name, cellValue(row[i] as string | null, common.kind)]))
}
