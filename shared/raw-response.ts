import { allocateBars, BAR_COLUMNS, type BarColumns } from './bars.ts'

/** One stored TWS response: bars exactly as received, in the order received. */
export interface RawResponse {
  /** Grows with every stored response; a response with a larger id was received later. */
  readonly id: number
  readonly receivedAtMs: number
  readonly bars: BarColumns
  /** What the bars are multiplied by, because the broker has re-adjusted its history since; absent when by nothing. */
  readonly scale?: ResponseScale
}

/** Factors from the basis that a response was received in to the present one; 1 changes nothing. */
export interface ResponseScale {
  readonly price: number
  readonly volume: number
}

/** A minute that one response held more than once. */
export interface DuplicateMinute {
  readonly ts: number
  /** How many rows the response had for the minute, at least 2. */
  readonly rows: number
  /** Whether any of them differed from the last one. */
  readonly conflicting: boolean
}

/** A minute that a later response has otherwise than an earlier one. */
export interface RevisedMinute {
  readonly ts: number
  /** Whether a price differs; else only volume, average or count do. */
  readonly prices: boolean
}

export interface MergedBars {
  /** Strictly ascending in `ts`. */
  readonly bars: BarColumns
  /** Duplicates inside the response whose bar was kept, ascending in `ts`. */
  readonly duplicates: readonly DuplicateMinute[]
  /** Ascending in `ts`. */
  readonly revised: readonly RevisedMinute[]
  /** Id of the response that a kept bar comes from. */
  readonly responseOf: (row: number) => number
}

/**
 * The bitemporal read: for each minute the bar of the newest response (largest id); where that response holds the minute more
 * than once, its last row. Rows may come in any order. Rows whose time stamp is not a number are ignored here.
 */
export function mergeResponses(responses: readonly RawResponse[]): MergedBars {
  if (responses.length === 1 && isStrictlyAscending(responses[0].bars.ts)) {
    const [{ id }] = responses
    return { bars: scaled(responses[0]).bars, duplicates: [], revised: [], responseOf: () => id }
  }
  const ordered = [...responses].sort((a, b) => a.id - b.id).map(scaled)
  let rows = 0
  for (const response of ordered) rows += response.bars.ts.length
  // Which (response, row) each kept bar comes from; later writes win because responses are visited oldest first.
  const responseOf = new Uint32Array(rows)
  const rowOf = new Uint32Array(rows)
  const slots = new Map<number, number>()
  const revisedAt = new Map<number, boolean>()
  let used = 0
  for (let r = 0; r < ordered.length; r++) {
    const ts = ordered[r].bars.ts
    for (let i = 0; i < ts.length; i++) {
      const at = ts[i]
      if (at !== at) continue
      let slot = slots.get(at)
      if (slot === undefined) {
        slot = used++
        slots.set(at, slot)
      } else if (responseOf[slot] !== r) {
        const difference = differenceOf(ordered[responseOf[slot]], rowOf[slot], ordered[r], i)
        if (difference !== undefined) revisedAt.set(at, difference === 'prices' || revisedAt.get(at) === true)
      }
      responseOf[slot] = r
      rowOf[slot] = i
    }
  }
  const minutes = Float64Array.from(slots.keys()).sort()
  const merged = allocateBars(minutes.length)
  for (let i = 0; i < minutes.length; i++) {
    const slot = slots.get(minutes[i]) as number
    const source = ordered[responseOf[slot]].bars
    const row = rowOf[slot]
    for (const name of BAR_COLUMNS) merged[name][i] = source[name][row]
  }
  const keptFrom = (ts: number): number => responseOf[slots.get(ts) as number]
  const duplicates = ordered.flatMap((response, r) => duplicatesOf(response.bars, (ts) => keptFrom(ts) === r))
  return {
    bars: merged,
    duplicates: duplicates.sort((a, b) => a.ts - b.ts),
    revised: [...revisedAt].map(([ts, prices]) => ({ ts, prices })).sort((a, b) => a.ts - b.ts),
    responseOf: (row) => ordered[keptFrom(minutes[row])].id,
  }
}

/** A response in the present basis. */
function scaled(response: RawResponse): RawResponse {
  const { scale, bars } = response
  if (scale === undefined) return response
  const times = (column: Float64Array, factor: number): Float64Array =>
    // What is not positive stands for "none", such as -1.
    factor === 1 ? column : column.map((value) => (value > 0 ? value * factor : value))
  return {
    ...response,
    bars: {
      ts: bars.ts,
      open: times(bars.open, scale.price),
      high: times(bars.high, scale.price),
      low: times(bars.low, scale.price),
      close: times(bars.close, scale.price),
      volume: times(bars.volume, scale.volume),
      vwap: times(bars.vwap, scale.price),
      tradeCount: bars.tradeCount,
    },
  }
}

const PRICES = ['open', 'high', 'low', 'close'] as const

function differenceOf(
  earlier: RawResponse,
  earlierRow: number,
  later: RawResponse,
  laterRow: number,
): 'prices' | 'quantities' | undefined {
  const isSame = sameness(earlier, later)
  const differs = (name: (typeof BAR_COLUMNS)[number], is: (a: number, b: number) => boolean): boolean =>
    !is(earlier.bars[name][earlierRow], later.bars[name][laterRow])
  if (PRICES.some((name) => differs(name, isSame.price))) return 'prices'
  const { price, volume } = isSame
  return differs('volume', volume) || differs('vwap', price) || differs('tradeCount', Object.is)
    ? 'quantities'
    : undefined
}

/** The broker rounds prices to cents and volumes to units, and does so anew when it re-adjusts its history. */
const PRICE_ROUNDING = 0.005
const VOLUME_ROUNDING = 0.5

/** How far from the true factor of an adjustment one may be that was found by comparing rounded prices, or rounded volumes. */
const PRICE_FACTOR_ERROR = 2e-4
const VOLUME_FACTOR_ERROR = 0.01

/** When values of two responses count as the same: exactly, unless one of them was converted; then as far as rounding allows. */
function sameness(
  { scale: earlier }: RawResponse,
  { scale: later }: RawResponse,
): Readonly<Record<'price' | 'volume', (a: number, b: number) => boolean>> {
  if (earlier === undefined && later === undefined) return { price: Object.is, volume: Object.is }
  const within = (rounding: number, factors: number, share: number) => (a: number, b: number) =>
    Object.is(a, b) || Math.abs(a - b) <= rounding * factors * 1.000001 + share * Math.abs(b)
  return {
    price: within(PRICE_ROUNDING, (earlier?.price ?? 1) + (later?.price ?? 1), PRICE_FACTOR_ERROR),
    volume: within(VOLUME_ROUNDING, (earlier?.volume ?? 1) + (later?.volume ?? 1), VOLUME_FACTOR_ERROR),
  }
}

function duplicatesOf(bars: BarColumns, isKept: (ts: number) => boolean): DuplicateMinute[] {
  if (isStrictlyAscending(bars.ts)) return []
  const rowsOf = new Map<number, number[]>()
  for (let i = 0; i < bars.ts.length; i++) {
    const rows = rowsOf.get(bars.ts[i])
    if (rows === undefined) rowsOf.set(bars.ts[i], [i])
    else rows.push(i)
  }
  const duplicates: DuplicateMinute[] = []
  for (const [ts, rows] of rowsOf) {
    if (rows.length < 2 || ts !== ts || !isKept(ts)) continue
    const last = rows[rows.length - 1]
    const conflicting = rows.some((row) => BAR_COLUMNS.some((name) => !Object.is(bars[name][row], bars[name][last])))
    duplicates.push({ ts, rows: rows.length, conflicting })
  }
  return duplicates
}

function isStrictlyAscending(ts: Float64Array): boolean {
  for (let i = 0; i < ts.length; i++) if (!(i === 0 ? ts[0] === ts[0] : ts[i] > ts[i - 1])) return false
  return true
}
