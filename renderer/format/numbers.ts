/** How numbers look everywhere in the console. Groups of three are separated, the decimal mark is a point. */

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
/** At least two decimals and no more than there are: `168.42`, `9.0125`. */
const prices = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })
const plain = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 })

/** The minus sign of typography, as wide as the plus sign. */
const MINUS = '\u2212'

/** `12,480` */
export function formatCount(value: number): string {
  return counts.format(value)
}

/** Of a number and a noun: `1 session`, `12,480 sessions`. */
export function formatQuantity(count: number, singular: string, plural = `${singular}s`): string {
  return `${counts.format(count)} ${count === 1 ? singular : plural}`
}

/**
 * A share of a whole as percent with two decimals: `96.90`. Something is never shown as nothing and a part never as the
 * whole: `< 0.01`, `> 99.99`. An empty whole has no shares: `–`.
 */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return '–'
  const percent = (part / whole) * 100
  if (part > 0 && percent < 0.01) return '< 0.01'
  if (part < whole && percent > 99.99) return '> 99.99'
  return percent.toFixed(2)
}

/** A value of a compared field: volume as a count, prices as prices. Null is `–`. */
export function formatFieldValue(field: string, value: number | null): string {
  if (value === null) return '–'
  if (field !== 'volume' && field !== 'tradeCount') return prices.format(value)
  return Number.isInteger(value) ? counts.format(value) : plain.format(value)
}

/** A difference of a compared field with its sign: `+0.01`, `−1,200`, `0.00`. Null is `–`. */
export function formatDifference(field: string, value: number | null): string {
  if (value === null) return '–'
  // Differences of decimal prices carry binary noise far below any tick.
  const clean = Math.round(value * 1e8) / 1e8
  const text = formatFieldValue(field, Math.abs(clean))
  return clean === 0 ? text : `${clean > 0 ? '+' : MINUS}${text}`
}

/** Unit of a compared field, for a column header or an axis. */
export function unitOfField(field: string): string {
  if (field === 'tradeCount') return 'trades'
  return field === 'volume' ? 'shares' : 'price'
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Decimal units: `512 B`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`
}

/** A fraction from 0 to 1 of running work in whole percent, rounded down so that 100 % means done. */
export function formatProgress(fraction: number): string {
  return `${Math.floor(fraction * 100 + 1e-9)} %`
}
