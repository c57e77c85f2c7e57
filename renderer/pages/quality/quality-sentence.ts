import type { QualityGrid, QualityTrend, RuleReport } from '#shared/contract/quality.ts'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import { openFindings, openOf, sessionCounts, trendSums } from './quality-counts.ts'

/** The state of the data in plain words: how much is there, what is open, what is out of date. */
export function qualitySentence(grid: QualityGrid, rules: readonly RuleReport[], trend: QualityTrend): string {
  const { built, stale, quarantined } = sessionCounts(grid)
  if (built === 0) {
    return stale === 0
      ? 'Nothing is curated yet.'
      : `${formatQuantity(stale, 'session')} fetched and none curated yet. Rebuild all stale to check them.`
  }
  const { coverage } = trendSums(trend)
  return [
    `${formatQuantity(built, 'curated session')}${coverage === undefined ? '' : `, ${formatShare(coverage, 1)} % covered`}.`,
    openWords(rules),
    quarantined > 0 && `${formatQuantity(quarantined, 'session')} ${quarantined === 1 ? 'is' : 'are'} quarantined.`,
    stale > 0 && `${formatQuantity(stale, 'session')} ${stale === 1 ? 'is' : 'are'} out of date.`,
  ]
    .filter((part) => part !== false)
    .join(' ')
}

function openWords(rules: readonly RuleReport[]): string {
  const { by, toLookAt, most } = openFindings(rules)
  if (toLookAt === 0) return 'No error or warning is open.'
  const counts = [by.error > 0 && formatQuantity(by.error, 'error'), by.warn > 0 && formatQuantity(by.warn, 'warning')]
    .filter((part) => part !== false)
    .join(' and ')
  const mostly =
    most === undefined || openOf(most) === toLookAt
      ? most === undefined
        ? ''
        : `, all of them “${most.title}”`
      : `, ${formatCount(openOf(most))} of them “${most.title}”`
  return `${counts} ${toLookAt === 1 ? 'is' : 'are'} open${mostly}.`
}
