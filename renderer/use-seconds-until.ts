import { useNow } from './use-now.ts'

/** Whole seconds until `atMs` (epoch milliseconds), never negative, counted down while there are any. */
export function useSecondsUntil(atMs: number): number {
  return Math.max(0, Math.ceil((atMs - useNow(250)) / 1000))
}
