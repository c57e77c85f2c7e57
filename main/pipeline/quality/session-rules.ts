import { percent, type RuleCheck } from './rule-block.ts'
import { usualTick } from './usual-tick.ts'

/** Rules about a session as a whole: against the session before, the broker's daily bar and the broker's schedule. */

/** Ratios of new shares to old ones in common splits; reverse splits are their inverses. Smaller ones look like any other gap. */
const SPLIT_RATIOS = [3 / 2, 2, 5 / 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100]

/** How many standard deviations the count of a thin name's bars may be below its normal. */
const COUNT_DEVIATIONS = 3

/**
 * Bars that a session of `slots` minutes must have. Where the symbol's normal is known and is fewer than one a minute, `minimum` times
 * that, less three standard deviations of a binomial count: which minutes of a thin name trade is chance.
 */
export function fewestBars(slots: number, minimum: number, barShare: number): number {
  const all = minimum * slots
  if (Number.isNaN(barShare)) return all
  const share = Math.min(1, barShare)
  const chance = COUNT_DEVIATIONS * Math.sqrt(slots * share * (1 - share))
  return Math.min(all, minimum * share * slots - chance)
}

export const openGap: RuleCheck<'open_gap'> = ({ bars, baseline }, { factor, minimumBp }, report) => {
  const gap = (bars.open[0] ?? NaN) / baseline.previousClose - 1
  // Of a symbol without a history five times the minimum is taken for the end of the normal.
  const normal = Number.isNaN(baseline.gapScale) ? (5 * minimumBp) / 10_000 : factor * baseline.gapScale
  const limit = Math.max(minimumBp / 10_000, normal)
  if (!(Math.abs(gap) > limit)) return
  report({
    ts: bars.ts[0],
    lastTs: bars.ts[0],
    bars: 1,
    message: `The session opens at ${bars.open[0]}, ${percent(gap)} from the close before at ${baseline.previousClose}; up to ${percent(limit)} is normal.`,
  })
}

export const splitJump: RuleCheck<'split_jump'> = ({ bars, baseline }, { tolerance }, report) => {
  if (bars.ts.length === 0 || Number.isNaN(baseline.previousClose)) return
  const ratio = baseline.previousClose / bars.open[0]
  const split = splitOf(ratio, tolerance)
  if (split === undefined) return
  report({
    ts: bars.ts[0],
    lastTs: bars.ts[0],
    bars: 1,
    message: `The session opens at ${bars.open[0]}, the one before closed at ${baseline.previousClose}: near a split of ${split} that is not adjusted.`,
  })
}

/** The split that a ratio of prices is near, as `new:old`; undefined when it is near none. */
export function splitOf(ratio: number, tolerance: number): string | undefined {
  const isReverse = ratio < 1
  const size = isReverse ? 1 / ratio : ratio
  const distance = (known: number): number => Math.abs(size / known - 1)
  let found = SPLIT_RATIOS[0]
  for (const known of SPLIT_RATIOS) if (distance(known) < distance(found)) found = known
  if (!(distance(found) <= tolerance)) return undefined
  const words = Number.isInteger(found) ? [found, 1] : [found * 2, 2]
  return (isReverse ? words.toReversed() : words).join(':')
}

export const dailyBarMismatch: RuleCheck<'daily_bar_mismatch'> = (
  { bars, facts, instrument, session },
  { volumeShare, ticks },
  report,
) => {
  const daily = facts.dailyBar
  if (daily === null || bars.ts.length === 0) return
  let high = -Infinity
  let low = Infinity
  let volume = 0
  for (let row = 0; row < bars.ts.length; row++) {
    if (bars.high[row] > high) high = bars.high[row]
    if (bars.low[row] < low) low = bars.low[row]
    if (bars.volume[row] > 0) volume += bars.volume[row]
  }
  const slack = ticks * (instrument.tickSize ?? usualTick(daily.low)) * 1.000001
  const differences = [
    ...(Math.abs(high - daily.high) > slack ? [`high ${high} and ${daily.high}`] : []),
    ...(Math.abs(low - daily.low) > slack ? [`low ${low} and ${daily.low}`] : []),
    ...(daily.volume > 0 && Math.abs(volume - daily.volume) > volumeShare * daily.volume * 1.000001
      ? [`volume ${volume} and ${daily.volume}`]
      : []),
  ]
  if (differences.length === 0) return
  report({
    ts: session.openTs,
    lastTs: bars.ts[bars.ts.length - 1],
    bars: bars.ts.length,
    message: `The minutes and the broker's daily bar differ: ${differences.join(', ')}.`,
  })
}

export const scheduleDifference: RuleCheck<'schedule_difference'> = ({ facts, session }, _params, report) => {
  const { brokerHours } = facts
  if (brokerHours === null) return
  if (brokerHours !== 'closed' && brokerHours.openTs === session.openTs && brokerHours.closeTs === session.closeTs)
    return
  const broker = brokerHours === 'closed' ? 'is closed' : `has ${hours(brokerHours.openTs, brokerHours.closeTs)}`
  report({
    ts: session.openTs,
    lastTs: session.closeTs,
    bars: 0,
    message: `The calendar has ${hours(session.openTs, session.closeTs)}; by its own schedule the broker ${broker}.`,
  })
}

function hours(openTs: number, closeTs: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const text = (ts: number): string => `${two(Math.floor(ts / 3_600) % 24)}:${two(Math.floor(ts / 60) % 60)}`
  return `${text(openTs)} to ${text(closeTs)} UTC`
}
