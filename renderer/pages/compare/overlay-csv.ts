import type { Overlay } from '#shared/contract/contract.ts'
import { isoLocal, isoUtc } from '#shared/time.ts'
import { csvText } from '../../charts/csv-text.ts'
import { unitOfField } from '../../format/numbers.ts'
import type { OverlayRow } from './overlay-rows.ts'

/**
 * The minutes of an overlay as CSV: start of the bar in UTC and in the exchange's zone, old, new and their difference as exact
 * as they are stored. A value that a side does not have is empty, and so is the difference then.
 */
export function overlayCsv({ field, zone }: Overlay, rows: readonly OverlayRow[]): string {
  const unit = unitOfField(field)
  return csvText<OverlayRow>(
    [
      { header: 'bar start (UTC)', value: (row) => isoUtc(row.ts) },
      { header: `bar start (${zone})`, value: (row) => isoLocal(row.ts, zone) },
      { header: `old ${field} (${unit})`, value: (row) => row.old },
      { header: `new ${field} (${unit})`, value: (row) => row.new },
      { header: `new - old ${field} (${unit})`, value: (row) => row.difference },
    ],
    rows,
  )
}
