import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
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

/** The same comparison in one DuckDB query over a full outer join of tables in its own format. */
export const duckdb: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    const file = compareFiles(datasetFolder).duckdb
    const database = await phase('open', () =>
      DuckDBInstance.create(file, { threads: '2', access_mode: 'READ_ONLY', preserve_insertion_order: 'false' }),
    )
    const connection = await database.connect()
    await phase('transform', async () => {
      const reader = await connection.runAndReadAll(query())
      const [row] = reader.getRowObjectsJson() as Record<string, unknown>[]
      writeFileSync(join(outputFolder, RESULT_FILE), JSON.stringify(resultOf(row)))
    })
    await phase('close', () => {
      connection.closeSync()
      database.closeSync()
    })
  },
  outputs: [RESULT_FILE],
}

const EPSILON = '2.220446049250313e-16::double'
const double = (value: number): string => `${value}::double`

/** Quantiles are exact: the approximate ones (t-digest) take as long and are far off where a few differences are common. */
function query(): string {
  const each = (of: (field: string, f: number) => string): string => BENCH_FIELDS.map(of).join(',\n')
  const limit = (field: string, f: number): string =>
    `(${double(BENCH_LIMITS[f].abs)} + ${double(BENCH_LIMITS[f].rel)} * abs(old_${field}))`
  // 0 equal, 1 within tolerance, 2 different, 3 one side empty; null where a side has no row.
  const verdict = (field: string, f: number): string => `
    case when not is_common then null
         when old_${field} = new_${field} or (old_${field} is null and new_${field} is null) then 0
         when old_${field} is null or new_${field} is null then 3
         when abs(new_${field} - old_${field}) <= ${limit(field, f)} + case when ${limit(field, f)} > 0
              then ${EPSILON} * abs(old_${field}) + ${EPSILON} * abs(new_${field}) else 0 end then 1
         else 2 end::utinyint as v_${field}`
  return `
    with pairs as (
      select o.ts is not null as has_old, n.ts is not null as has_new, has_old and has_new as is_common,
             ${each((field) => `o.${field} as old_${field}, n.${field} as new_${field}`)}
      from old o full outer join new n on o.symbol = n.symbol and o.ts = n.ts
    ),
    judged as (
      select has_old, has_new, is_common,
             ${each((field) => `old_${field}, new_${field}, new_${field} - old_${field} as d_${field}`)},
             ${each(verdict)}
      from pairs
    ),
    worst as (select *, greatest(${BENCH_FIELDS.map((field) => `v_${field}`).join(', ')}) as worst from judged)
    select count(*) filter (is_common) as common, count(*) filter (not has_new) as old_only,
           count(*) filter (not has_old) as new_only,
           count(*) filter (worst = 0) as equal, count(*) filter (worst = 1) as within, count(*) filter (worst >= 2) as different,
           ${each(
             (field) => `
           count(*) filter (v_${field} = 0) as equal_${field}, count(*) filter (v_${field} = 1) as within_${field},
           count(*) filter (v_${field} = 2) as different_${field}, count(*) filter (v_${field} = 3) as empty_${field},
           avg(d_${field}) as bias_${field}, avg(abs(d_${field})) as mae_${field}, sqrt(avg(d_${field} * d_${field})) as rmse_${field},
           corr(old_${field}, new_${field}) as correlation_${field}, max(abs(d_${field})) as max_${field},
           quantile_disc(abs(d_${field}), [${BENCH_QUANTILES.join(', ')}]) as quantiles_${field},
           histogram(case when d_${field} = 0 then 0 else sign(d_${field}) * (2000 + floor(log2(abs(d_${field})))) end::smallint) as histogram_${field}`,
           )}
    from worst`
}

function resultOf(row: Record<string, unknown>): CompareBenchResult {
  const number = (name: string): number => Number(row[name])
  const fields = BENCH_FIELDS.map((field): [string, FieldResult] => [
    field,
    {
      equal: number(`equal_${field}`),
      within: number(`within_${field}`),
      different: number(`different_${field}`),
      empty: number(`empty_${field}`),
      bias: number(`bias_${field}`),
      mae: number(`mae_${field}`),
      rmse: number(`rmse_${field}`),
      correlation: number(`correlation_${field}`),
      quantiles: (row[`quantiles_${field}`] as unknown[]).map(Number),
      max: number(`max_${field}`),
      histogram: Object.fromEntries(
        (row[`histogram_${field}`] as { key: number; value: string }[]).map(({ key, value }) => [key, Number(value)]),
      ),
    },
  ])
  return {
    common: number('common'),
    oldOnly: number('old_only'),
    newOnly: number('new_only'),
    equal: number('equal'),
    within: number('within'),
    different: number('different'),
    fields: Object.fromEntries(fields),
  }
}
