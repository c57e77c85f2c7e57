import { BAR_SECONDS, BarFlag } from '#shared/bars.ts'
import type { Finding, SessionReport } from '#shared/contract/quality.ts'
import type { RuleId, Severity } from '#shared/quality/rule-catalogue.ts'
import { RULES } from '#shared/quality/rule-catalogue.ts'

/** One minute of a session, whether or not it has a bar. */
export interface SessionMinute {
  readonly ts: number
  /** Null in a minute without a bar, as are all prices. */
  readonly open: number | null
  readonly high: number | null
  readonly low: number | null
  readonly close: number | null
  readonly volume: number | null
  readonly flags: number
}

/** Every minute of the session's hours in order, and minutes outside them that have a bar. */
export function minutesOf(report: SessionReport): readonly SessionMinute[] {
  const { bars, openTs, closeTs, breakStartTs, breakEndTs } = report
  const index = new Map(bars.ts.map((ts, i) => [ts, i]))
  const minutes = new Set(bars.ts)
  for (let ts = openTs; ts < closeTs; ts += BAR_SECONDS) {
    const isBreak = breakStartTs !== null && breakEndTs !== null && ts >= breakStartTs && ts < breakEndTs
    if (!isBreak) minutes.add(ts)
  }
  return [...minutes]
    .toSorted((a, b) => a - b)
    .map((ts) => {
      const i = index.get(ts)
      if (i === undefined) return { ts, open: null, high: null, low: null, close: null, volume: null, flags: 0 }
      return {
        ts,
        open: bars.open[i],
        high: bars.high[i],
        low: bars.low[i],
        close: bars.close[i],
        volume: bars.volume[i],
        flags: bars.flags[i],
      }
    })
}

/** A run of minutes, the end excluded, epoch seconds. */
export interface Run {
  readonly fromTs: number
  readonly toTs: number
}

/** Runs of minutes that follow each other and are all like that. */
export function runsOf(
  minutes: readonly SessionMinute[],
  isLikeThat: (minute: SessionMinute) => boolean,
): readonly Run[] {
  const runs: { fromTs: number; toTs: number }[] = []
  for (const minute of minutes) {
    if (!isLikeThat(minute)) continue
    const last = runs.at(-1)
    if (last?.toTs === minute.ts) last.toTs = minute.ts + BAR_SECONDS
    else runs.push({ fromTs: minute.ts, toTs: minute.ts + BAR_SECONDS })
  }
  return runs
}

export const isMissing = ({ close }: SessionMinute): boolean => close === null
export const isFilled = ({ flags }: SessionMinute): boolean => (flags & BarFlag.Filled) !== 0
export const isSuspect = ({ flags }: SessionMinute): boolean => (flags & BarFlag.Suspect) !== 0
export const isSecondSource = ({ flags }: SessionMinute): boolean => (flags & BarFlag.SecondSource) !== 0

const CHANGED = BarFlag.OhlcRepaired | BarFlag.ConflictingDuplicate | BarFlag.VolumeUnknown
/** Kept, but not as it was received or not the only version of it. */
export const isChanged = ({ flags }: SessionMinute): boolean => (flags & CHANGED) !== 0

/** Whether a rule finds bars, and not something about a session as a whole. */
export function isAboutBars(rule: string): boolean {
  if (!Object.hasOwn(RULES, rule)) return false
  const actions: readonly string[] = RULES[rule as RuleId].actions
  return actions.includes('flag') || actions.includes('drop')
}

/** Rules about a session that count minutes of it; what they find begins at the first of these. */
const COUNT_MINUTES: ReadonlySet<string> = new Set<RuleId>([
  'revised_prices',
  'revised_quantities',
  'minutes_not_traded',
  'minutes_halted',
  'minutes_not_fetched',
])

/** Whether a finding of the rule begins at a minute that is worth a look, and not just where its session does. */
export function hasMinute(rule: string): boolean {
  return isAboutBars(rule) || COUNT_MINUTES.has(rule)
}

/** Where a finding is marked beside the bars; nothing where it is about the session as a whole. */
export function findingRuns(
  findings: readonly Finding[],
): readonly (Run & { readonly severity: Severity; readonly isOpen: boolean })[] {
  return findings
    .filter(({ rule }) => isAboutBars(rule))
    .map(({ ts, lastTs, severity, acknowledgement }) => ({
      fromTs: ts,
      toTs: lastTs + BAR_SECONDS,
      severity,
      isOpen: acknowledgement === undefined,
    }))
}

/** Half the width in seconds of what is shown around a chosen bar. */
const AROUND = 45 * 60

/** A bar is drawn with its start in its middle. */
export const HALF_BAR = BAR_SECONDS / 2

/** From where to where is drawn: the session's hours widened by bars outside them, or three quarters of an hour around a bar. */
export function spanOf(
  report: SessionReport,
  minutes: readonly SessionMinute[],
  aroundTs: number | undefined,
): readonly [fromTs: number, toTs: number] {
  const from = Math.min(report.openTs, minutes[0]?.ts ?? report.openTs) - HALF_BAR
  const to = Math.max(report.closeTs, (minutes.at(-1)?.ts ?? 0) + BAR_SECONDS) - HALF_BAR
  if (aroundTs === undefined) return [from, to]
  const start = Math.max(from, Math.min(aroundTs - AROUND, to - 2 * AROUND))
  return [start, Math.min(to, start + 2 * AROUND)]
}

/** Lowest and highest price, with room for a mark above; undefined without bars. */
export function priceReach(minutes: readonly SessionMinute[]): [low: number, high: number] | undefined {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const minute of minutes) {
    if (minute.low === null || minute.high === null) continue
    low = Math.min(low, minute.low)
    high = Math.max(high, minute.high)
  }
  if (low > high) return undefined
  const room = Math.max((high - low) * 0.06, high * 0.0002)
  return [low - room, high + room]
}
