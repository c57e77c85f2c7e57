import type { ComparisonReport } from '#shared/contract/comparison.ts'
import { escapeHtml } from './escape-html.ts'

type Bins = ComparisonReport['histograms'][string]

const WIDTH = 500
const HEIGHT = 150
const BASE = 122
const TOP = 8

/** A histogram of differences as inline SVG: one bar a bin in its order, height by the logarithm of the count. */
export function errorHistogram(field: string, bins: Bins): string {
  const most = Math.max(1, ...bins.map(({ count }) => count))
  const slot = WIDTH / Math.max(12, bins.length)
  const left = (WIDTH - slot * bins.length) / 2
  const bars = bins.map(({ from, to, count }, i) => {
    const height = (Math.log1p(count) / Math.log1p(most)) * (BASE - TOP)
    const isZero = from === 0 && to === 0
    const words = isZero ? `no difference: ${count}` : `${short(from)} to ${short(to)}: ${count}`
    const x = (left + i * slot + slot * 0.08).toFixed(1)
    return `<rect x="${x}" y="${(BASE - height).toFixed(1)}" width="${(slot * 0.84).toFixed(1)}" height="${height.toFixed(1)}" fill="${isZero ? '#868e96' : from < 0 ? '#e8590c' : '#1971c2'}"><title>${escapeHtml(words)}</title></rect>`
  })
  const every = Math.max(1, Math.ceil(bins.length / 8))
  const labels = bins.flatMap(({ from, to }, i) => {
    if (i % every !== 0) return []
    const text = from === 0 && to === 0 ? '0' : short(from < 0 ? to : from)
    return `<text x="${(left + (i + 0.5) * slot).toFixed(1)}" y="${BASE + 14}" font-size="10" text-anchor="middle" fill="#5c6370">${text}</text>`
  })
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escapeHtml(`Histogram of the differences of ${field}`)}">`,
    `<line x1="0" x2="${WIDTH}" y1="${BASE}" y2="${BASE}" stroke="#adb5bd"/>`,
    ...bars,
    ...labels,
    '</svg>',
  ].join('')
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
