import type { Traffic, TrafficSample } from '#shared/contract/connection.ts'

/** What of the traffic is drawn: name, unit, the value of a sample and the limit. */
export const MEASURES = [
  { key: 'messagesPerSecond', name: 'messages', unit: 'a second', limit: 'messages' },
  { key: 'smallBarRequests', name: 'small-bar requests', unit: 'in 10 min', limit: 'smallBarRequests' },
  { key: 'openRequests', name: 'open requests', unit: 'at a time', limit: 'openRequests' },
] as const

/** One stretch of the last hour. Null where nothing was sent and nothing was open. */
export interface TrafficRow {
  readonly atMs: number
  readonly messagesPerSecond: number | null
  readonly smallBarRequests: number | null
  readonly openRequests: number | null
  readonly pace: number | null
}

export const HOUR_MS = 3_600_000

/** Every stretch of the hour before `nowMs`, oldest first, those without a sample as gaps. */
export function trafficRows({ samples, sampleMs }: Traffic, nowMs: number): readonly TrafficRow[] {
  const known = new Map<number, TrafficSample>(samples.map((sample) => [sample.atMs, sample]))
  const lastMs = Math.floor(nowMs / sampleMs) * sampleMs
  const count = Math.floor(HOUR_MS / sampleMs)
  return Array.from({ length: count }, (_, index) => {
    const atMs = lastMs - (count - 1 - index) * sampleMs
    const sample = known.get(atMs)
    return {
      atMs,
      messagesPerSecond: sample?.messagesPerSecond ?? null,
      smallBarRequests: sample?.smallBarRequests ?? null,
      openRequests: sample?.openRequests ?? null,
      pace: sample?.pace ?? null,
    }
  })
}
