import type { PacingBudget } from '#shared/contract/connection.ts'
import type { CsvColumn } from '../../charts/csv-text.ts'
import { csvText } from '../../charts/csv-text.ts'
import type { TrafficRow } from './traffic-rows.ts'
import { MEASURES } from './traffic-rows.ts'

/** The stretches in which something was sent or open, with the limits that hold now. */
export function trafficCsv(rows: readonly TrafficRow[], budget: PacingBudget): string {
  const columns: CsvColumn<TrafficRow>[] = [
    { header: 'stretch start (UTC)', value: (row) => new Date(row.atMs).toISOString() },
    ...MEASURES.flatMap(({ key, name, unit, limit }): CsvColumn<TrafficRow>[] => [
      { header: `${name} ${unit} (highest)`, value: (row) => row[key] },
      { header: `limit of ${name}`, value: () => budget[limit].limit },
    ]),
    { header: 'pace (share of full speed, lowest)', value: (row) => row.pace },
  ]
  return csvText(
    columns,
    rows.filter((row) => row.pace !== null),
  )
}
