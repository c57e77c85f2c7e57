import { useEffect, useState } from 'react'

/** Whole seconds until `atMs` (epoch milliseconds), never negative, counted down while there are any. */
export function useSecondsUntil(atMs: number): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  const seconds = Math.max(0, Math.ceil((atMs - nowMs) / 1000))
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 250)
    return () => clearInterval(timer)
  }, [])
  return seconds
}
