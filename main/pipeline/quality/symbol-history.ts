import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { type Baseline, BUCKET_MINUTES, FEWEST_SESSIONS } from './baseline.ts'
import { medianInPlace, robustScaleInPlace } from './robust-scale.ts'
import { longestRun } from './runs.ts'
import { type SessionGrid, sessionGrid } from './session-grid.ts'

/** Returns below which nothing is said about a time of day. */
const FEWEST_RETURNS = 30

/** What is kept of a session as part of the history of later ones. */
interface SessionProfile {
  /** Return of each slot against the minute before it, NaN where one of the two has no bar. */
  readonly returns: Float64Array
  readonly flatRun: number
  readonly staleRun: number
  readonly zeroVolumeRun: number
  /** Share of the session's minutes that have a bar. */
  readonly barShare: number
  readonly firstOpen: number
  readonly lastClose: number
}

/**
 * The last sessions of a symbol that were received, oldest first, from which the normal of the next one is measured. One whose bars are
 * all unsound counts as one of them and says nothing.
 */
export class SymbolHistory {
  readonly #limit: number
  readonly #held: (SessionProfile | undefined)[] = []

  /** @param sessions how many sessions count. */
  constructor(sessions: number) {
    this.#limit = sessions
  }

  /** Takes in a session. `bars` are those inside the session whose prices are sound. */
  add(session: Session, bars: BarColumns): void {
    this.#held.push(this.#profile(session, bars))
    if (this.#held.length > this.#limit) this.#held.shift()
  }

  #profile(session: Session, bars: BarColumns): SessionProfile | undefined {
    const rows = bars.ts.length
    if (rows === 0) return undefined
    const grid = sessionGrid(session)
    return {
      returns: returnsOf(grid, bars),
      flatRun: longestRun(bars, 'flat'),
      staleRun: longestRun(bars, 'stale'),
      zeroVolumeRun: longestRun(bars, 'zeroVolume'),
      barShare: rows / grid.slots,
      firstOpen: bars.open[0],
      lastClose: bars.close[rows - 1],
    }
  }

  /** The normal by the sessions taken in so far. Good until the next one is. */
  baseline(): Baseline {
    const profiles = this.#held.filter((profile) => profile !== undefined)
    const median = (of: (profile: SessionProfile) => number): number =>
      profiles.length < FEWEST_SESSIONS ? NaN : medianInPlace(new Float64Array(profiles.map(of)))
    const scales = new Map<number, number>()
    return {
      sessions: profiles.length,
      previousClose: profiles.at(-1)?.lastClose ?? NaN,
      flatRun: median(({ flatRun }) => flatRun),
      staleRun: median(({ staleRun }) => staleRun),
      zeroVolumeRun: median(({ zeroVolumeRun }) => zeroVolumeRun),
      barShare: median(({ barShare }) => barShare),
      gapScale: gapScaleOf(profiles),
      returnScale: (slot) => {
        const bucket = Math.floor(slot / BUCKET_MINUTES)
        let scale = scales.get(bucket)
        if (scale === undefined) {
          scale = returnScaleOf(profiles, bucket)
          scales.set(bucket, scale)
        }
        return scale
      },
    }
  }
}

function returnsOf(grid: SessionGrid, bars: BarColumns): Float64Array {
  const returns = new Float64Array(grid.slots).fill(NaN)
  const { ts, close } = bars
  for (let row = 1; row < ts.length; row++) {
    if (ts[row] - ts[row - 1] === BAR_SECONDS) returns[grid.slotOf(ts[row])] = close[row] / close[row - 1] - 1
  }
  return returns
}

function gapScaleOf(profiles: readonly SessionProfile[]): number {
  // Only between sessions that are held: what comes out must not depend on how many were seen before them.
  const gaps = new Float64Array(profiles.slice(1).map(({ firstOpen }, i) => firstOpen / profiles[i].lastClose - 1))
  return gaps.length < FEWEST_SESSIONS ? NaN : robustScaleInPlace(gaps)
}

function returnScaleOf(profiles: readonly SessionProfile[], bucket: number): number {
  const from = bucket * BUCKET_MINUTES
  const values = new Float64Array(profiles.length * BUCKET_MINUTES)
  let count = 0
  for (const { returns } of profiles) {
    const to = Math.min(returns.length, from + BUCKET_MINUTES)
    for (let slot = from; slot < to; slot++) {
      const value = returns[slot]
      if (value === value) values[count++] = value
    }
  }
  return profiles.length < FEWEST_SESSIONS || count < FEWEST_RETURNS
    ? NaN
    : robustScaleInPlace(values.subarray(0, count))
}
