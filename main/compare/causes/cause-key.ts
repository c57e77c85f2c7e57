import type { CauseDetail, CauseScope, RatioPeriod } from '#shared/comparison/cause.ts'
import type { SessionDate } from '#shared/time.ts'

/** The first and the last session of a symbol in a run. */
export interface SessionSpan {
  readonly first: SessionDate
  readonly last: SessionDate
}

/**
 * Names a cause so that the same habit of an old pipeline has the same name in every run and for every symbol that shows it: its
 * kind, the numbers that make it this one, and the fields whose values it changes. Counts of rows are no part of it, nor is where the
 * data begin and end. The dates between, at which a ratio changes, are: a split of another day is another cause.
 */
export function causeKey(detail: CauseDetail, { fields }: Pick<CauseScope, 'fields'>, span: SessionSpan): string {
  return [detail.kind, ...numbersOf(detail, span), ...(fields === null ? [] : [fields.join('+')])].join(':')
}

function numbersOf(detail: CauseDetail, span: SessionSpan): readonly (string | number)[] {
  switch (detail.kind) {
    case 'time_shift':
    case 'dst_shift':
      return [detail.parameters.seconds]
    case 'scale':
      return [short(detail.parameters.factor)]
    case 'adjustment':
      return detail.parameters.periods.map((period) => `${short(period.ratio)}@${datesOf(period, span)}`)
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
      return []
    case 'other_volume_source': {
      const { lowerQuartile, medianRatio, upperQuartile } = detail.parameters
      return [powerOfTwo(medianRatio), powerOfTwo(upperQuartile / lowerQuartile)]
    }
  }
}

/** `..2024-06-07` of a period from the first session on. */
function datesOf({ from, to }: RatioPeriod, { first, last }: SessionSpan): string {
  return `${from === first ? '' : from}..${to === last ? '' : to}`
}

/** The nearest power of two: a statistic varies from run to run, and the same source stays within a factor. */
function powerOfTwo(value: number): string {
  return short(2 ** Math.round(Math.log2(value)))
}

/** Seven digits: what is measured differs a little from run to run. */
function short(value: number): string {
  return String(Number(value.toPrecision(7)))
}
