import { BAR_SECONDS } from '#shared/bars.ts'

/** From when to when is drawn, epoch seconds, the end excluded. */
export type Span = readonly [fromTs: number, toTs: number]

/** No fewer minutes than this are zoomed into. */
const LEAST = 5 * BAR_SECONDS

/** The span from one instant to another, in either order, as whole minutes inside `whole`, widened to the least that is shown. */
export function spanBetween(a: number, b: number, whole: Span): Span {
  const from = Math.floor(Math.min(a, b) / BAR_SECONDS) * BAR_SECONDS
  const to = Math.ceil(Math.max(a, b) / BAR_SECONDS) * BAR_SECONDS
  const missing = Math.max(0, LEAST - (to - from))
  const half = Math.floor(missing / 2 / BAR_SECONDS) * BAR_SECONDS
  return inside([from - half, to + missing - half], whole)
}

/** The span half (`in`) or twice (`out`) as long around an instant that keeps its place in it. */
export function zoomed(span: Span, direction: 'in' | 'out', aroundTs: number, whole: Span): Span {
  const factor = direction === 'in' ? 0.5 : 2
  const [from, to] = span
  const around = Math.min(to, Math.max(from, aroundTs))
  return spanBetween(around - (around - from) * factor, around + (to - around) * factor, whole)
}

/** The span a half of its length earlier or later, as far as there is room. */
export function moved([from, to]: Span, direction: 'earlier' | 'later', whole: Span): Span {
  const half = Math.max(BAR_SECONDS, Math.round((to - from) / 2 / BAR_SECONDS) * BAR_SECONDS)
  const by = direction === 'earlier' ? -half : half
  return inside([from + by, to + by], whole)
}

/** Shifted to lie in `whole`, and cut where it is longer. */
function inside([from, to]: Span, [first, last]: Span): Span {
  if (to - from >= last - first) return [first, last]
  const shift = from < first ? first - from : to > last ? last - to : 0
  return [from + shift, to + shift]
}
