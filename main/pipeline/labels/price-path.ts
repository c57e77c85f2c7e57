import { BAR_SECONDS, observedBars } from '#shared/bars.ts'
import { firstPlace } from '#shared/binary-search.ts'
import type { SessionInput } from '../features/compute-features.ts'
import { sessionGrid } from '../quality/session-grid.ts'
import type { SessionGrid } from '../quality/session-grid.ts'

/**
 * The observed bars of consecutive sessions that had ended by some moment, on one count of minutes of trading: minute 0 is the first of
 * the first session, and the first minute of the next session follows its last. Breaks and closed hours have no minutes.
 */
export interface PricePath {
  /** Minutes of all sessions together. */
  readonly minutes: number
  /** Minute of each bar, ascending. */
  readonly minute: Int32Array
  /** When each bar ended, epoch seconds. */
  readonly endTs: Float64Array
  /** Close of each bar; NaN where it is missing, not finite or not positive. */
  readonly close: Float64Array
  /** The last bar at or before each bar whose close is known, -1 for none. */
  readonly lastPriced: Int32Array
  /** When a minute ends, epoch seconds; `minute` is from 0 to `minutes` - 1. */
  endOf(minute: number): number
}

interface Stretch {
  readonly firstMinute: number
  readonly grid: SessionGrid
}

/**
 * The path of `sessions`, oldest first, by what had ended at `asOf` (epoch seconds). Bars that were not observed, or that start in no
 * minute of their session, have no place in it.
 *
 * Throws RangeError when a session is not later than the one before it.
 */
export function pricePath(sessions: readonly SessionInput[], asOf: number): PricePath {
  const stretches: Stretch[] = []
  const room = sessions.reduce((sum, { bars }) => sum + bars.ts.length, 0)
  const minute = new Int32Array(room)
  const endTs = new Float64Array(room)
  const close = new Float64Array(room)
  const lastPriced = new Int32Array(room)
  let minutes = 0
  let length = 0
  let priced = -1
  let previousOpenTs = -Infinity
  for (const { session, bars } of sessions) {
    if (session.openTs <= previousOpenTs) {
      throw new RangeError(`Session ${session.date} is not later than the session before it.`)
    }
    previousOpenTs = session.openTs
    const grid = sessionGrid(session)
    stretches.push({ firstMinute: minutes, grid })
    const observed = observedBars(bars)
    for (let row = 0; row < observed.ts.length; row++) {
      const ts = observed.ts[row]
      const slot = grid.slotOf(ts)
      if (ts + BAR_SECONDS > asOf || slot < 0 || slot >= grid.slots || grid.tsOf(slot) !== ts) continue
      const price = observed.close[row]
      const isKnown = price > 0 && price < Infinity
      if (isKnown) priced = length
      minute[length] = minutes + slot
      endTs[length] = ts + BAR_SECONDS
      close[length] = isKnown ? price : NaN
      lastPriced[length] = priced
      length++
    }
    minutes += grid.slots
  }
  return {
    minutes,
    minute: minute.subarray(0, length),
    endTs: endTs.subarray(0, length),
    close: close.subarray(0, length),
    lastPriced: lastPriced.subarray(0, length),
    endOf: (at) => {
      const next = firstPlace(stretches.length, (place) => stretches[place].firstMinute > at)
      const { firstMinute, grid } = stretches[next - 1]
      return grid.tsOf(at - firstMinute) + BAR_SECONDS
    },
  }
}
