import type { ComparedField } from '#shared/config/comparison-config.ts'
import type { CauseDetail, CauseScope } from '#shared/comparison/cause.ts'

/** One plain sentence about a cause, such as an operator would write as its reason. */
export function describeCause(detail: CauseDetail, scope: CauseScope): string {
  return `${sentence(detail, fieldsText(scope.fields))}${datesText(scope)}.`
}

function sentence(detail: CauseDetail, fields: string): string {
  switch (detail.kind) {
    case 'time_shift':
      return shiftText(detail.parameters.seconds, detail.parameters.reading)
    case 'dst_shift':
      return `Old times are one hour too ${detail.parameters.seconds > 0 ? 'late' : 'early'} on part of the dates: daylight saving time was applied wrongly`
    case 'scale':
      return `Old ${fields} ${number(detail.parameters.factor)} times the new${factorText(detail.parameters.factor, fields)}`
    case 'adjustment': {
      const periods = detail.parameters.periods.map(
        ({ from, to, ratio }) => `${number(ratio)} times the new from ${from} to ${to}`,
      )
      return `Old ${fields} adjusted otherwise: ${periods.join(', ')}`
    }
    case 'other_contract': {
      const { basis } = detail.parameters
      return `Old ${fields} ${number(Math.abs(basis))} ${basis > 0 ? 'above' : 'below'} the new, always: another contract or a constant basis`
    }
    case 'rounding':
      return roundingText(detail.parameters, fields)
    case 'forward_fill':
      return fillText(detail.parameters)
    case 'dropped_zero_volume':
      return 'The old side leaves out minutes without volume that the new side has'
    case 'duplicate_rows':
      return 'Old rows stand there more than once, unchanged'
    case 'bars_cut': {
      const { end, count, unit } = detail.parameters
      const what =
        unit === 'bars' ? `${end === 'open' ? 'first' : 'last'} ${plural(count, 'bar')}` : plural(count, 'minute')
      return `The old side lacks the ${what} ${unit === 'bars' ? 'of a session' : end === 'open' ? 'after the open' : 'before the close'}`
    }
    case 'extended_hours': {
      const { beforeOpen, afterClose, inBreak } = detail.parameters
      const parts = [
        beforeOpen > 0 ? `${beforeOpen} before the open` : '',
        afterClose > 0 ? `${afterClose} after the close` : '',
        inBreak > 0 ? `${inBreak} in a break` : '',
      ]
      return `The old side has bars outside the session's hours (${parts.filter((part) => part !== '').join(', ')})`
    }
    case 'unfinished_last_bar':
      return `The last bar of ${plural(detail.parameters.sessions, 'session')} was taken before it was over`
    case 'other_volume_source': {
      const { lowerQuartile, medianRatio, upperQuartile } = detail.parameters
      return `Old volumes come from another source: prices agree, but volumes are ${number(medianRatio)} times the new ones, half of them between ${number(lowerQuartile)} and ${number(upperQuartile)} times`
    }
  }
}

function shiftText(seconds: number, reading: 'label' | 'zone' | 'other'): string {
  const size = Math.abs(seconds)
  const amount = reading === 'zone' ? plural(size / 3_600, 'hour') : plural(size / 60, 'minute')
  const text = `Old times are ${amount} later than the new`
  if (seconds < 0) return `${text.replace('later', 'earlier')}${reading === 'zone' ? ': another time zone' : ''}`
  if (reading === 'label') return `${text}: bars are labelled with their end`
  return reading === 'zone' ? `${text}: another time zone` : text
}

function factorText(factor: number, fields: string): string {
  const isVolume = fields.startsWith('volume')
  if (factor === 1 / 100) return isVolume ? ': lots of 100' : ': hundredths'
  if (factor === 100) return isVolume ? '' : ': cents'
  return ''
}

function roundingText(
  { mode, quantum, oldQuantum }: Extract<CauseDetail, { kind: 'rounding' }>['parameters'],
  fields: string,
): string {
  if (quantum === null || oldQuantum === null) return `Old ${fields} stored as 32-bit floating point numbers`
  const verb = { round: 'rounded to', floor: 'cut off to', ceil: 'rounded up to', float32: 'stored with' }[mode]
  const own = Math.abs(quantum - oldQuantum) > 1e-9 * quantum ? ` (${number(oldQuantum)} on the old scale)` : ''
  return `Old ${fields} ${verb} multiples of ${number(quantum)}${own}`
}

function fillText({ prices, volume }: Extract<CauseDetail, { kind: 'forward_fill' }>['parameters']): string {
  const what = prices === 'close' ? 'the close before' : 'the row before'
  const withVolume = { zero: 'with volume 0', copied: 'with its volume', none: 'without volume' }[volume]
  return `The old side fills minutes that the new side has none of by repeating ${what} ${withVolume}`
}

/** `open, high are`, so that a sentence can go on. */
function fieldsText(fields: readonly ComparedField[] | null): string {
  if (fields === null) return 'rows are'
  const isOf = (prices: string): boolean => fields.join(',') === prices
  const names = isOf('open,high,low,close') || isOf('open,high,low,close,vwap') ? ['prices'] : fields
  const verb = names.length > 1 || names[0] === 'prices' ? 'are' : 'is'
  return `${names.join(', ')} ${verb}`
}

function datesText({ dates }: CauseScope): string {
  if (dates === null) return ''
  const shown = dates.slice(0, 3).map(({ from, to }) => (from === to ? from : `${from} to ${to}`))
  const more = dates.length > shown.length ? ` and ${dates.length - shown.length} more` : ''
  return `, on ${shown.join(', ')}${more}`
}

function plural(count: number, unit: string): string {
  return count === 1 ? `1 ${unit}` : `${count} ${unit}s`
}

/** Up to 7 significant digits, without trailing zeros. */
function number(value: number): string {
  return String(Number(value.toPrecision(7)))
}
