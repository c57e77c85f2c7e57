import { type ColumnType, type CommonType, convert, isNumber, mayNotConvert, rawValue } from './column-types.ts'
import type { PlannedColumn } from './plan-diff.ts'
import { decimalToNumber, floorAtScale, isZero, type TableTolerance } from './tolerance.ts'

/** What a pair of values is. A row is as bad as its worst pair. */
export const PairClass = { Equal: 0, WithinTolerance: 1, Unequal: 2, NullVersusValue: 3, TypeDifference: 4 } as const

/** Expressions about the pair of values in column `i` of the joined rows. */
export interface PairSql {
  /** The values in the common type. */
  readonly left: string
  readonly right: string
  /** The values as text where they have no place in the common type, else null. */
  readonly leftAside: string
  readonly rightAside: string
  readonly class: string
  /** Absolute and relative difference; null where the column is no number, and where there is none. */
  readonly difference: string
  readonly relative: string
  /** The order in which samples are shown. */
  readonly worstFirst: string
}

/** What the join selects of one side for column `i`: the converted value, and the text of one that does not convert. */
export function selectedSide(column: PlannedColumn, side: 'left' | 'right', i: number): string[] {
  const { sql, type } = column[side]
  const { common } = column
  const [value, aside] = side === 'left' ? [`l${i}`, `x${i}`] : [`r${i}`, `y${i}`]
  const converted = common === null ? 'cast(null as varchar)' : convert(sql, type, common)
  if (!mayNotConvert(type, common)) return [`${converted} as ${value}`]
  const raw = rawValue(sql, type, common)
  return [
    `${converted} as ${value}`,
    `case when ${raw} is not null and (${converted}) is null then cast(${raw} as varchar) end as ${aside}`,
  ]
}

/** Names of what `selectedSide` selects. */
export function sideNames(column: PlannedColumn, side: 'left' | 'right', i: number): string[] {
  const [value, aside] = side === 'left' ? [`l${i}`, `x${i}`] : [`r${i}`, `y${i}`]
  return mayNotConvert(column[side].type, column.common) ? [value, aside] : [value]
}

export function pairSql(column: PlannedColumn, i: number): PairSql {
  const left = `l${i}`
  const right = `r${i}`
  const none = 'cast(null as varchar)'
  const leftAside = mayNotConvert(column.left.type, column.common) ? `x${i}` : none
  const rightAside = mayNotConvert(column.right.type, column.common) ? `y${i}` : none
  const present = (value: string, aside: string): string => `(${value} is not null or ${aside} is not null)`
  const leftPresent = present(left, leftAside)
  const rightPresent = present(right, rightAside)
  const { common } = column
  const same = common?.kind === 'other' ? `${left} is not distinct from ${right}` : `${left} = ${right}`
  const within = common === null ? null : withinSql(common, column, left, right)
  const isNumeric = common !== null && isNumber(common.kind)
  const difference = isNumeric ? differenceSql(common, left, right) : 'cast(null as double)'
  return {
    left,
    right,
    leftAside,
    rightAside,
    class: `case when not ${leftPresent} and not ${rightPresent} then ${PairClass.Equal}
      when ${leftPresent} <> ${rightPresent} then ${PairClass.NullVersusValue}
      ${common === null ? '' : `when ${leftAside} = ${rightAside} then ${PairClass.Equal}`}
      when ${leftAside} is not null or ${rightAside} is not null then ${PairClass.TypeDifference}
      when ${same} then ${PairClass.Equal}
      ${within === null ? '' : `when ${within} then ${PairClass.WithinTolerance}`}
      else ${PairClass.Unequal} end`,
    difference: common?.kind === 'double' ? `case when not isnan(${difference}) then ${difference} end` : difference,
    relative: isNumeric ? relativeSql(difference, right) : 'cast(null as double)',
    // NaN against a number has no difference, and is worse than any.
    worstFirst: isNumeric ? 'difference desc nulls first' : '',
  }
}

function differenceSql({ kind, sql }: CommonType, left: string, right: string): string {
  if (kind === 'double') return `abs(${left} - ${right})`
  if (sql === 'bigint') return `abs(cast(${left} as hugeint) - cast(${right} as hugeint))`
  return `try(abs(${left} - ${right}))`
}

/** Of zero there is no share. */
function relativeSql(difference: string, right: string): string {
  const share = `cast(${difference} as double) / abs(cast(${right} as double))`
  return `case when ${right} <> 0 and not isnan(${share}) then ${share} end`
}

/**
 * Whether two numbers that are not equal are within the tolerance, `|l - r| <= abs + rel * |r|`; null when there is none.
 *
 * Integers and decimals are compared exactly. A double is off the decimal that was meant by up to half a unit in its last place:
 * 33.34 - 33.33 is a little more than 0.01. Of doubles (and floats) a limit is therefore exceeded only by more than that error of both values.
 * Infinity is near nothing but itself.
 */
function withinSql(common: CommonType, column: PlannedColumn, left: string, right: string): string | null {
  const { tolerance } = column
  if (!isNumber(common.kind) || (isZero(tolerance.abs) && isZero(tolerance.rel))) return null
  const doubles = withinDoubles(column, `cast(${left} as double)`, `cast(${right} as double)`)
  if (common.kind === 'double') return doubles
  const difference = differenceSql(common, left, right)
  if (isZero(tolerance.rel)) {
    const most = floorAtScale(tolerance.abs, common.scale)
    if (isTooLong(most)) return 'true'
    return `${difference} <= ${wholeUnits(most, common)}`
  }
  // Exact arithmetic is slow, and needed only near the limit.
  const limit = limitSql(tolerance, `cast(${right} as double)`)
  const near = `cast(${difference} as double)`
  return `case when ${near} <= ${limit} * (1 - 1e-9) then true when ${near} > ${limit} * (1 + 1e-9) then false
    else coalesce(${withinExactly(common, tolerance, difference, right)}, ${doubles}) end`
}

function withinDoubles(column: PlannedColumn, left: string, right: string): string {
  const difference = `abs(${left} - ${right})`
  const rounding = `${roundingOf(column.left.type)} * abs(${left}) + ${roundingOf(column.right.type)} * abs(${right})`
  return `(${difference} <= ${limitSql(column.tolerance, right)} + (${rounding}) and ${difference} < cast('inf' as double))`
}

/** A unit in the last place of a double, or of a float where that is what the file has, as a share of the number. */
function roundingOf({ name }: ColumnType): string {
  return double(name === 'FLOAT' ? 2 ** -23 : Number.EPSILON)
}

function limitSql({ abs, rel }: TableTolerance, right: string): string {
  return `(${double(decimalToNumber(abs))} + ${double(decimalToNumber(rel))} * abs(${right}))`
}

/** In whole units of the last place of difference and tolerance; null where these have too many digits for DuckDB. */
function withinExactly(common: CommonType, { abs, rel }: TableTolerance, difference: string, right: string): string {
  const shift = 10n ** BigInt(rel.scale)
  const allowed = floorAtScale(abs, common.scale + rel.scale)
  if (isTooLong(shift) || isTooLong(allowed) || isTooLong(rel.digits)) return 'cast(null as boolean)'
  const units = (value: string): string =>
    common.kind === 'integer'
      ? `cast(${value} as hugeint)`
      : `cast(replace(cast(${value} as varchar), '.', '') as hugeint)`
  return `try(${units(difference)} * ${huge(shift)} <= ${huge(allowed)} + ${huge(rel.digits)} * abs(${units(right)}))`
}

function wholeUnits(units: bigint, { kind, scale }: CommonType): string {
  if (kind === 'integer') return huge(units)
  const text = units.toString().padStart(scale + 1, '0')
  const at = text.length - scale
  return `cast('${text.slice(0, at)}.${text.slice(at)}' as decimal(38, ${scale}))`
}

/** Longer numbers do not fit into DuckDB's. */
function isTooLong(value: bigint): boolean {
  return value >= 10n ** 37n
}

function huge(value: bigint): string {
  return `cast('${value}' as hugeint)`
}

function double(value: number): string {
  return `cast('${value}' as double)`
}
