import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SimulatorClock } from './clock.ts'

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends SimulatorClock {
  /**
   * Lets `ms` milliseconds pass: runs the timers that fall due, earliest first and each at its own time, those they set
   * included. The event loop turns between two timers, so that what one has begun without waiting for a file or a socket is
   * done before the next.
   */
  advance(ms: number): Promise<void>
  /** Number of timers that are set. */
  readonly timers: number
}

/** A clock that shows `startMs` (milliseconds since the epoch) and moves by `advance` alone. */
export function manualClock(startMs: number): ManualClock {
  const timers = new Set<Timer>()
  let nowMs = startMs

  const earliest = (): Timer | null => {
    let first: Timer | null = null
    for (const timer of timers) if (first === null || timer.atMs < first.atMs) first = timer
    return first
  }

  return {
    nowMs: () => nowMs,
    setTimer: (run, atMs) => {
      const timer = { atMs, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance: async (ms) => {
      const untilMs = nowMs + ms
      await nextTurn()
      for (let next = earliest(); next !== null && next.atMs <= untilMs; next = earliest()) {
        timers.delete(next)
        nowMs = Math.max(nowMs, next.atMs)
        next.run()
        await nextTurn()
      }
      nowMs = untilMs
    },
    get timers() {
      return timers.size
    },
  }
}
