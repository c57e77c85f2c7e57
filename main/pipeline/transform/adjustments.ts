import type { ResponseScale } from '#shared/raw-response.ts'

/**
 * Changes of the broker's basis. TWS gives history as it is adjusted at the moment of the request, so all bars of one response are in
 * one basis. When a later answer has all prices of a session by one ratio otherwise, the basis has changed between the two, and every
 * response up to the earlier one is multiplied by the ratio.
 */

/** A later response that has a session by one ratio otherwise than what stood before. */
export interface ObservedRatio {
  readonly responseId: number
  /** The newest response before it that reaches into the session. */
  readonly earlierResponseId: number
  /**
   * The newest of them that most of the session came with, where that is another: an answer that was cut short brings a few minutes in
   * the new basis, which do not count in a ratio of nearly all of them.
   */
  readonly mostlyResponseId?: number
  readonly priceRatio: number
  /** Null where volumes do not follow one ratio; then they are multiplied by the inverse of the price's. */
  readonly volumeRatio: number | null
  readonly atMs: number
}

export interface BasisChange {
  readonly lastOldResponse: number
  readonly firstNewResponse: number
  readonly priceRatio: number
  readonly volumeRatio: number
  readonly detectedAtMs: number
}

/** Ratios that differ by less are one: the broker rounds prices. */
const SAME_RATIO = 0.002

/** The same for a large change, of which rounding shifts the ratio of a cheap symbol by more; a share of its logarithm. */
const SAME_RATIO_SHARE = 0.01

/**
 * The changes of basis that explain what was observed. Responses are numbered in the order received. A response between the last one
 * known to be in the old basis and the first one known to be in the new basis is taken to be in the new one.
 */
export function basisChanges(observed: readonly ObservedRatio[]): readonly BasisChange[] {
  const changes: { -readonly [K in keyof BasisChange]: BasisChange[K] }[] = []
  for (const seen of [...observed].sort((a, b) => a.responseId - b.responseId)) {
    const before = scaleOf(changes, seen.mostlyResponseId ?? seen.earlierResponseId)
    const ratio = seen.priceRatio / before.price
    const volume = seen.volumeRatio ?? 1 / seen.priceRatio
    const tolerance = Math.max(SAME_RATIO, SAME_RATIO_SHARE * Math.abs(Math.log(seen.priceRatio)))
    if (Math.abs(ratio - 1) < tolerance) continue
    // The same change, seen in another session.
    const known = changes.find(
      (change) =>
        Math.abs(change.priceRatio / ratio - 1) < tolerance &&
        (change.firstNewResponse === seen.responseId || seen.earlierResponseId < change.firstNewResponse) &&
        seen.earlierResponseId > change.lastOldResponse,
    )
    if (known !== undefined) {
      known.lastOldResponse = Math.max(known.lastOldResponse, seen.earlierResponseId)
      continue
    }
    changes.push({
      lastOldResponse: seen.earlierResponseId,
      firstNewResponse: seen.responseId,
      priceRatio: ratio,
      volumeRatio: volume / before.volume,
      detectedAtMs: seen.atMs,
    })
  }
  return changes
}

/** What the bars of a response are multiplied by; ones where by nothing. */
export function scaleOf(changes: readonly BasisChange[], responseId: number): ResponseScale {
  let price = 1
  let volume = 1
  for (const change of changes) {
    if (responseId > change.lastOldResponse) continue
    price *= change.priceRatio
    volume *= change.volumeRatio
  }
  return { price, volume }
}
