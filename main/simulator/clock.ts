/**
 * The time the simulator lives in. Everything it does later than now goes through `setTimer`, so that a test can put a clock
 * of its own in its place and pass hours in no time.
 */
export interface SimulatorClock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Runs `run` once when it is `atMs` or as soon as possible when that is over; returns what takes it back. */
  setTimer(run: () => void, atMs: number): () => void
}

/** The machine's timers, with the time told by `nowMs` (the machine's clock unless given). */
export function systemClock(nowMs: () => number = Date.now): SimulatorClock {
  return {
    nowMs,
    setTimer: (run, atMs) => {
      const timer = setTimeout(run, Math.max(0, atMs - nowMs()))
      return () => clearTimeout(timer)
    },
  }
}

/** A clock that can take back all the timers that were set on it. */
export interface OwnedClock extends SimulatorClock {
  cancelTimers(): void
}

/** `clock` seen by one owner. */
export function ownTimers(clock: SimulatorClock): OwnedClock {
  const cancels = new Set<() => void>()
  return {
    nowMs: () => clock.nowMs(),
    setTimer: (run, atMs) => {
      const cancelTimer = clock.setTimer(() => {
        cancels.delete(cancel)
        run()
      }, atMs)
      const cancel = (): void => {
        cancels.delete(cancel)
        cancelTimer()
      }
      cancels.add(cancel)
      return cancel
    },
    cancelTimers: () => {
      for (const cancel of cancels) cancel()
    },
  }
}

/** Resolves when it is `atMs`; rejects with the reason of `signal` when that is aborted before. */
export function waitUntil(clock: SimulatorClock, atMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = clock.setTimer(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, atMs)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
