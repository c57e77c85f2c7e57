import type { Histogram } from '#shared/contract/contract.ts'
import { csvText } from '../../charts/csv-text.ts'
import { unitOfField } from '../../format/numbers.ts'

/**
 * The bins of a histogram as CSV. A bin takes in its lower limit and leaves out its upper one. The outermost bins are open:
 * the first has no lower limit and the last no upper one, and these are empty.
 */
export function histogramCsv({ field, count, bins }: Histogram): string {
  const difference = `new - old ${field}`
  const unit = unitOfField(field)
  return csvText<number>(
    [
      { header: `${difference} at least (${unit})`, value: (index) => (index === 0 ? null : bins[index].from) },
      {
        header: `${difference} below (${unit})`,
        value: (index) => (index === bins.length - 1 ? null : bins[index].to),
      },
      { header: 'minutes (count)', value: (index) => bins[index].count },
      { header: 'share of minutes (%)', value: (index) => (bins[index].count / count) * 100 },
    ],
    [...bins.keys()],
  )
}
