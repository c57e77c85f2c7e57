import type { Revision } from '#shared/contract/ingest.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'

/** Ratios of volumes within which a change between shares and lots of 100 is likely: lots are rounded. */
const LOT_RATIOS = [
  [0.008, 0.0125],
  [80, 125],
] as const

/** Whether every volume changed by about a hundred. */
export function isLotsChange({ volumeRatio }: Revision): boolean {
  return volumeRatio !== undefined && LOT_RATIOS.some(([low, high]) => volumeRatio >= low && volumeRatio <= high)
}

/** What changed, in words. */
export function revisionWords(revision: Revision): string {
  const { pricesChanged, volumesChanged, added, lacking } = revision
  const parts = [
    pricesChanged > 0 && `${formatQuantity(pricesChanged, 'minute')} with other prices`,
    volumesChanged > 0 && `${formatCount(volumesChanged)} with other volumes`,
    added > 0 && `${formatCount(added)} more`,
    lacking > 0 && `${formatCount(lacking)} no longer sent, kept`,
  ].filter((part) => part !== false)
  const words = `${parts.join(', ')}.`
  return isLotsChange(revision) ? `${words} TWS may have changed between shares and lots.` : words
}
