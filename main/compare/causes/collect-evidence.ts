import { BAR_SECONDS } from '#shared/bars.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { type AlignedSession, isInHours } from './align-sessions.ts'

const VOLUME = 4
/** Pairs of values kept of a session; enough for its ratio, and over some sessions for everything else. */
const PAIRS_PER_SESSION = 48

/** Rows that one side of a session lacks at its open or close. */
export interface EdgeGap {
  /** New bars before the first old one (after the last). */
  readonly bars: number
  /** The same without new bars that traded nothing. */
  readonly tradedBars: number
  /** Minutes from the open to the first old row inside the hours (from the last one to the close). */
  readonly minutes: number
}

/** A few evenly spread pairs of (old, new) values of a session: by field, the two columns. Finite values only. */
export interface ValuePairs {
  readonly old: Float64Array
  readonly fresh: Float64Array
}

/** What one pass keeps of each session: a few kilobytes, whatever the number of its bars. */
export interface SessionEvidence {
  /** By field in the order of COMPARED_FIELDS. */
  readonly pairs: readonly ValuePairs[]
  /** Null where either side has no row inside the hours. */
  readonly atOpen: EdgeGap | null
  readonly atClose: EdgeGap | null
  /** Old rows inside the hours whose minute the new side lacks, and old rows outside them. */
  readonly extraInside: number
  readonly outside: number
  /** Old rows whose minute comes again. */
  readonly superseded: number
  /** New rows without volume that the old side lacks. */
  readonly zeroVolumeMissing: number
}

/** Collects the evidence of one session. The session's last common row is left out of the pairs: it may be unfinished. */
export function collectEvidence({ session, old, fresh, received }: AlignedSession): SessionEvidence {
  const oldAt: number[] = []
  const freshAt: number[] = []
  let i = 0
  let zeroVolumeMissing = 0
  let outside = 0
  for (const ts of old.ts) if (!isInHours(session, ts)) outside++
  for (let j = 0; j < fresh.ts.length; j++) {
    while (i < old.ts.length && old.ts[i] < fresh.ts[j]) i++
    if (i < old.ts.length && old.ts[i] === fresh.ts[j]) {
      oldAt.push(i)
      freshAt.push(j)
    } else if (fresh.fields[VOLUME][j] === 0) zeroVolumeMissing++
  }
  const usable = Math.max(0, oldAt.length - 1)
  const kept = Math.min(usable, PAIRS_PER_SESSION)
  const pairs = COMPARED_FIELDS.map((_field, f) => {
    const a: number[] = []
    const b: number[] = []
    for (let k = 0; k < kept; k++) {
      const at = Math.floor((k * usable) / kept)
      const x = old.fields[f][oldAt[at]]
      const y = fresh.fields[f][freshAt[at]]
      if (Number.isFinite(x) && Number.isFinite(y)) {
        a.push(x)
        b.push(y)
      }
    }
    return { old: Float64Array.from(a), fresh: Float64Array.from(b) }
  })

  let first = 0
  while (first < old.ts.length && !isInHours(session, old.ts[first])) first++
  let last = old.ts.length - 1
  while (last >= first && !isInHours(session, old.ts[last])) last--
  const hasBoth = first <= last && fresh.ts.length > 0
  const gap = (isMissing: (ts: number) => boolean, seconds: number): EdgeGap => {
    let bars = 0
    let tradedBars = 0
    for (let j = 0; j < fresh.ts.length; j++) {
      if (!isMissing(fresh.ts[j])) continue
      bars++
      if (fresh.fields[VOLUME][j] !== 0) tradedBars++
    }
    return { bars, tradedBars, minutes: Math.floor(seconds / BAR_SECONDS) }
  }
  return {
    pairs,
    atOpen: hasBoth ? gap((ts) => ts < old.ts[first], old.ts[first] - session.openTs) : null,
    atClose: hasBoth ? gap((ts) => ts > old.ts[last], session.closeTs - BAR_SECONDS - old.ts[last]) : null,
    extraInside: old.ts.length - oldAt.length - outside,
    outside,
    superseded: received.superseded.length,
    zeroVolumeMissing,
  }
}

export interface Cut {
  readonly count: number
  readonly unit: 'bars' | 'minutes'
  /** Whether new bars that traded nothing are passed over when counting. */
  readonly skipsZeroVolume: boolean
}

/** Part of the sessions that must lack exactly the same number of bars. */
const LEAST_SAME_BARS = 0.8
/** Part of the sessions that may have a row nearer to the edge than the cut, from a correction or by hand. */
const NEARER_ROWS = 0.05

/** How many bars or minutes are always missing at an edge; null when none are. */
export function findCut(gaps: readonly (EdgeGap | null)[]): Cut | null {
  const known = gaps.filter((gap) => gap !== null)
  if (known.length === 0) return null
  let best: (Cut & { readonly share: number }) | null = null
  for (const counted of ['bars', 'tradedBars'] as const) {
    const byCount = new Map<number, number>()
    for (const gap of known) byCount.set(gap[counted], (byCount.get(gap[counted]) ?? 0) + 1)
    for (const [count, sessions] of byCount) {
      const share = sessions / known.length
      if (count === 0 || share < LEAST_SAME_BARS || (best !== null && share <= best.share)) continue
      best = { count, unit: 'bars', skipsZeroVolume: counted === 'tradedBars', share }
    }
  }
  if (best !== null) return best
  const minutes = known.map((gap) => gap.minutes).sort((a, b) => a - b)
  const count = minutes[Math.floor(NEARER_ROWS * minutes.length)]
  return count >= 1 ? { count, unit: 'minutes', skipsZeroVolume: false } : null
}
