import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pl, { type Expr, type LazyDataFrame } from 'nodejs-polars'
import {
  BENCH_FIELDS,
  BENCH_LIMITS,
  BENCH_QUANTILES,
  type CompareBenchResult,
  compareFiles,
  type FieldResult,
  RESULT_FILE,
} from '../compare/compare-files.ts'
import type { Contender } from './contender.ts'

/** The same comparison in Polars: a full join of two Parquet files, verdicts, one selection of aggregates, a histogram a field. */
export const polars: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    const files = compareFiles(datasetFolder)
    await phase('open', () => undefined)
    await phase('transform', async () => {
      const judged = await judge(files.parquet('old'), files.parquet('new')).collect()
      const [totals] = judged.select(...aggregates()).toRecords() as Record<string, number>[]
      const histograms = BENCH_FIELDS.map((field) => {
        const bins = judged
          .select(col(`b_${field}`))
          .groupBy(`b_${field}`)
          .agg(col(`b_${field}`).count().alias('count'))
          .toRecords() as Record<string, number | null>[]
        return Object.fromEntries(
          bins.flatMap((row) =>
            row[`b_${field}`] === null ? [] : [[String(row[`b_${field}`]), Number(row['count'])]],
          ),
        )
      })
      writeFileSync(join(outputFolder, RESULT_FILE), JSON.stringify(resultOf(totals, histograms)))
    })
    await phase('close', () => undefined)
  },
  outputs: [RESULT_FILE],
}

const col = pl.col
const EPSILON = pl.lit(Number.EPSILON)

function judge(oldFile: string, newFile: string): LazyDataFrame {
  const side = (file: string, name: string): LazyDataFrame =>
    pl
      .scanParquet(file)
      .select(
        col('symbol'),
        col('ts'),
        pl.lit(true).alias(`has_${name}`),
        ...BENCH_FIELDS.map((field) => col(field).alias(`${name}_${field}`)),
      )
  const isCommon = col('has_old').isNotNull().and(col('has_new').isNotNull())
  return side(oldFile, 'old')
    .join(side(newFile, 'new'), { on: ['symbol', 'ts'], how: 'full', coalesce: true })
    .withColumns(
      isCommon.alias('is_common'),
      ...BENCH_FIELDS.map((field) =>
        col(`new_${field}`)
          .sub(col(`old_${field}`))
          .alias(`d_${field}`),
      ),
    )
    .withColumns(
      ...BENCH_FIELDS.map((field, f) => verdict(field, f).alias(`v_${field}`)),
      ...BENCH_FIELDS.map((field) => bin(col(`d_${field}`)).alias(`b_${field}`)),
    )
    .withColumns(pl.maxHorizontal(BENCH_FIELDS.map((field) => col(`v_${field}`))).alias('worst'))
}

/** 0 equal, 1 within tolerance, 2 different, 3 one side empty; null where a side has no row. */
function verdict(field: string, f: number): Expr {
  const [old, fresh] = [col(`old_${field}`), col(`new_${field}`)]
  const { abs, rel } = BENCH_LIMITS[f]
  const limit = pl.lit(abs).add(pl.lit(rel).mul(old.abs()))
  const rounding = pl
    .when(limit.gt(0))
    .then(EPSILON.mul(old.abs()).add(EPSILON.mul(fresh.abs())))
    .otherwise(pl.lit(0))
  const kind = (value: number): Expr => pl.lit(value).cast(pl.UInt8)
  return pl
    .when(col('is_common').not())
    .then(pl.lit(null))
    .when(old.isNull().and(fresh.isNull()))
    .then(kind(0))
    .when(old.isNull().or(fresh.isNull()))
    .then(kind(3))
    .when(old.eq(fresh))
    .then(kind(0))
    .when(col(`d_${field}`).abs().ltEq(limit.add(rounding)))
    .then(kind(1))
    .otherwise(kind(2))
}

/**
 * The logarithm is a quotient here, in its last digit a little below the whole number for some powers of two. Less than the
 * rounding of a difference that is nearly one.
 */
const NUDGE = pl.lit(1e-15)

function bin(difference: Expr): Expr {
  const logarithm = difference.abs().log(2)
  const power = logarithm.add(logarithm.abs().mul(NUDGE)).floor().add(pl.lit(2000))
  return pl
    .when(difference.eq(0))
    .then(pl.lit(0))
    .when(difference.gt(0))
    .then(power)
    .otherwise(power.mul(pl.lit(-1)))
    .cast(pl.Int16)
}

function aggregates(): Expr[] {
  const times = (condition: Expr, name: string): Expr => condition.sum().alias(name)
  return [
    times(col('is_common'), 'common'),
    times(col('has_new').isNull(), 'old_only'),
    times(col('has_old').isNull(), 'new_only'),
    times(col('worst').eq(0), 'equal'),
    times(col('worst').eq(1), 'within'),
    times(col('worst').gtEq(2), 'different'),
    ...BENCH_FIELDS.flatMap((field) => {
      const [difference, is] = [col(`d_${field}`), col(`v_${field}`)]
      return [
        times(is.eq(0), `equal_${field}`),
        times(is.eq(1), `within_${field}`),
        times(is.eq(2), `different_${field}`),
        times(is.eq(3), `empty_${field}`),
        difference.mean().alias(`bias_${field}`),
        difference.abs().mean().alias(`mae_${field}`),
        difference.mul(difference).mean().alias(`square_${field}`),
        difference.abs().max().alias(`max_${field}`),
        pl.pearsonCorr(col(`old_${field}`), col(`new_${field}`)).alias(`correlation_${field}`),
        ...BENCH_QUANTILES.map((q) => difference.abs().quantile(q, 'higher').alias(`q${q}_${field}`)),
      ]
    }),
  ]
}

function resultOf(row: Record<string, number>, histograms: readonly Record<string, number>[]): CompareBenchResult {
  const fields = BENCH_FIELDS.map((field, f): [string, FieldResult] => [
    field,
    {
      equal: row[`equal_${field}`],
      within: row[`within_${field}`],
      different: row[`different_${field}`],
      empty: row[`empty_${field}`],
      bias: row[`bias_${field}`],
      mae: row[`mae_${field}`],
      rmse: Math.sqrt(row[`square_${field}`]),
      correlation: row[`correlation_${field}`],
      quantiles: BENCH_QUANTILES.map((q) => row[`q${q}_${field}`]),
      max: row[`max_${field}`],
      histogram: histograms[f],
    },
  ])
  return {
    common: row['common'],
    oldOnly: row['old_only'],
    newOnly: row['new_only'],
    equal: row['equal'],
    within: row['within'],
    different: row['different'],
    fields: Object.fromEntries(fields),
  }
}
