/** Time as a program sees it, so that a test can be in charge of it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Calls back once after so long; the returned function calls it off. */
  setTimer(callback: () => void, delayMs: number): () => void
}

/** Longest delay that timers of the platform take. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS))
    return () => clearTimeout(timer)
  },
}

/** Resolves at `atMs`, or as soon as `signal` aborts: look at the signal afterwards. Long waits are made of several timers. */
export function waitUntil(clock: Clock, atMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let callOff = (): void => undefined
    const done = (): void => {
      callOff()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const look = (): void => {
      const leftMs = atMs - clock.nowMs()
      if (leftMs <= 0 || signal.aborted) done()
      else callOff = clock.setTimer(look, Math.min(leftMs, LONGEST_DELAY_MS))
    }
    signal.addEventListener('abort', done, { once: true })
    look()
  })
}
