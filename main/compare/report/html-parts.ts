import type { Tolerance } from '#shared/config/comparison-config.ts'
import { isoUtc } from '#shared/time.ts'
import type { LargestDifference } from '../largest-differences.ts'
import { escapeHtml } from './escape-html.ts'

/** What the sections of the report are made of. */

export function section(title: string, content: string): string {
  return `<section>\n<h2>${escapeHtml(title)}</h2>\n${content}\n</section>`
}

/** The first column is text, the others are aligned as numbers. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', texts: readonly string[]): string =>
    texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('')
  const head = heads.every((text) => text === '') ? '' : `<thead><tr>${cells('th', heads)}</tr></thead>`
  return `<table>${head}<tbody>\n${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}\n</tbody></table>`
}

/** Single differences, the row's own time and values; `what` names the first column. */
export function differencesTable(what: string, differences: readonly LargestDifference[]): string {
  return table(
    [what, 'Symbol', 'Session', 'Minute (UTC)', 'Old', 'New', 'New − old'],
    differences.map(({ field, symbol, sessionDate, ts, oldValue, newValue }) => [
      field,
      symbol,
      sessionDate,
      isoUtc(ts),
      String(oldValue),
      String(newValue),
      number(newValue - oldValue),
    ]),
  )
}

export function toleranceWords(tolerance: Tolerance | undefined): string {
  if (tolerance === undefined) return ''
  const parts = [
    ...(tolerance.abs > 0 ? [String(tolerance.abs)] : []),
    ...(tolerance.ticks > 0 ? [`${tolerance.ticks} ticks`] : []),
    ...(tolerance.rel > 0 ? [`${number(tolerance.rel * 100)} %`] : []),
    ...(tolerance.bp > 0 ? [`${tolerance.bp} bp`] : []),
  ]
  return parts.length === 0 ? 'exact' : `± ${parts.join(' + ')}`
}

export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

export function share(part: number, whole: number): string {
  if (whole === 0) return '–'
  const percent = (part / whole) * 100
  if (part > 0 && percent < 0.01) return '< 0.01 %'
  if (part < whole && percent > 99.99) return '> 99.99 %'
  return `${percent.toFixed(2)} %`
}

/** Six digits are more than a comparison can mean. */
export function number(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : String(Number(value.toPrecision(6)))
}
