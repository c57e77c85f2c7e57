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
   * The newest of them that most of the session came with, where that is another: an answer that was cut short may have brought a few
   * minutes in the new basis, which do not count in a ratio of nearly all of them.
   */
  readonly mostlyResponseId?: number
  /** The last response that is in the basis of `responseId`, as far as that is known by other means; itself when left out. */
  readonly sameBasisUntil?: number
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
  const changes: Writable<BasisChange>[] = []
  // The last response that is known to be in the basis after a change.
  const afterUntil = new Map<BasisChange, number>()
  for (const seen of [...observed].sort((a, b) => a.responseId - b.responseId)) {
    const before = scaleOf(changes, seen.mostlyResponseId ?? seen.earlierResponseId)
    const ratio = seen.priceRatio / before.price
    const volume = seen.volumeRatio ?? 1 / seen.priceRatio
    const tolerance = Math.max(SAME_RATIO, SAME_RATIO_SHARE * Math.abs(Math.log(seen.priceRatio)))
    const until = seen.sameBasisUntil ?? seen.responseId
    const latest = latestFor(changes, seen.mostlyResponseId ?? seen.earlierResponseId)
    if (Math.abs(ratio - 1) < tolerance) {
      if (latest !== undefined) afterUntil.set(latest, Math.max(until, afterUntil.get(latest) ?? 0))
      continue
    }
    // The same change, seen in another session.
    const known = changes.find(
      (change) =>
        Math.abs(change.priceRatio / ratio - 1) < tolerance &&
        (change.firstNewResponse === seen.responseId || seen.earlierResponseId < change.firstNewResponse) &&
        seen.earlierResponseId > change.lastOldResponse,
    )
    if (known !== undefined) {
      known.lastOldResponse = Math.max(known.lastOldResponse, seen.earlierResponseId)
      afterUntil.set(known, Math.max(until, afterUntil.get(known) ?? 0))
      continue
    }
    const change = {
      // This one came after those that the earlier response has behind it.
      lastOldResponse: Math.min(
        seen.responseId - 1,
        Math.max(seen.earlierResponseId, latest === undefined ? 0 : (afterUntil.get(latest) ?? 0)),
      ),
      firstNewResponse: seen.responseId,
      priceRatio: ratio,
      volumeRatio: volume / before.volume,
      detectedAtMs: seen.atMs,
    }
    changes.push(change)
    afterUntil.set(change, until)
  }
  return changes
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** The last of the changes that a response has behind it. */
function latestFor(changes: readonly BasisChange[], responseId: number): BasisChange | undefined {
  return changes.findLast(({ lastOldResponse }) => responseId <= lastOldResponse)
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
