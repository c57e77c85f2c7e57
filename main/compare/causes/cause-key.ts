import type { CauseDetail, CauseScope } from '#shared/comparison/cause.ts'

/**
 * Names a cause so that the same habit of an old pipeline has the same name in every run and for every symbol that shows it: its
 * kind, the numbers that make it this one, and the fields whose values it changes. Counts of rows are no part of it, nor are
 * dates, which grow with the data.
 */
export function causeKey(detail: CauseDetail, { fields }: Pick<CauseScope, 'fields'>): string {
  return [detail.kind, ...numbersOf(detail), ...(fields === null ? [] : [fields.join('+')])].join(':')
}

function numbersOf(detail: CauseDetail): readonly (string | number)[] {
  switch (detail.kind) {
    case 'time_shift':
    case 'dst_shift':
      return [detail.parameters.seconds]
    case 'scale':
      return [short(detail.parameters.factor)]
    case 'adjustment':
      return detail.parameters.periods.map(({ ratio }) => short(ratio))
    case 'other_contract':
      return [short(detail.parameters.basis)]
    case 'rounding': {
      const { mode, quantum } = detail.parameters
      return quantum === null ? [mode] : [mode, short(quantum)]
    }
    case 'forward_fill':
      return [detail.parameters.prices, detail.parameters.volume]
    case 'bars_cut':
      return [detail.parameters.end, detail.parameters.count, detail.parameters.unit]
    case 'dropped_zero_volume':
    case 'duplicate_rows':
    case 'extended_hours':
    case 'unfinished_last_bar':
    case 'other_volume_source':
      return []
  }
}

/** Seven digits: what is measured differs a little from run to run. */
function short(value: number): string {
  return String(Number(value.toPrecision(7)))
}
