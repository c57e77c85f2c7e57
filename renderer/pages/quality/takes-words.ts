import { formatDuration } from '../../format/times.ts'

/** How long something is expected to take, in a sentence. */
export function takesWords(ms: number): string {
  return ms < 1_000 ? 'Takes less than a second.' : `Takes about ${formatDuration(ms)}.`
}
