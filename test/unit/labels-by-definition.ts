import { NOT_OBSERVED } from '#shared/bars.ts'
import type { LabelDefinition } from '#shared/labels/definition.ts'
import type { SessionInput } from '#main/pipeline/features/compute-features.ts'

/** A row by the reference: its label and when it is known, or why there is none. */
export type ReferenceRow =
  | { readonly label: number; readonly knownAt: number }
  | 'NotYet'
  | 'BeyondSessions'
  | 'NoPrice'
  | 'NoVolatility'

/**
 * Labels by their definition, row by row and minute by minute, with nothing shared between rows and nothing of the product's code: a
 * list of every minute of trading with what was seen in it, and a plain walk along that list.
 */
export function labelsByDefinition(
  definition: LabelDefinition,
  current: SessionInput,
  following: readonly SessionInput[],
  asOf: number,
): ReferenceRow[] {
  const sessions = [current, ...following].slice(0, 1 + definition.followingSessions)
  const allGiven = sessions.length === 1 + definition.followingSessions
  const seen = new Map<number, number>()
  for (const { bars } of sessions) {
    for (const [row, ts] of bars.ts.entries()) {
      if ((bars.flags[row] & NOT_OBSERVED) !== 0 || ts + 60 > asOf) continue
      const close = bars.close[row]
      seen.set(ts, Number.isFinite(close) && close > 0 ? close : NaN)
    }
  }
  const clock: number[] = []
  for (const { session } of sessions) {
    for (let ts = session.openTs; ts < session.closeTs; ts += 60) {
      const isBreak =
        session.breakStartTs !== null &&
        session.breakEndTs !== null &&
        ts >= session.breakStartTs &&
        ts < session.breakEndTs
      if (!isBreak) clock.push(ts)
    }
  }
  const lastClose = sessions[sessions.length - 1].session.closeTs
  const outside: ReferenceRow = allGiven ? 'BeyondSessions' : 'NotYet'

  return Array.from(current.bars.ts, (ts): ReferenceRow => {
    if (ts + 60 > asOf) return 'NotYet'
    const entry = seen.get(ts)
    if (entry === undefined || Number.isNaN(entry)) return 'NoPrice'
    let [upper, lower] = [Infinity, Infinity]
    if (definition.kind === 'triple_barrier') {
      const { barriers } = definition
      const unit = barriers.unit === 'volatility' ? deviationAt(current, seen, ts, barriers.returns) : 1
      if (Number.isNaN(unit) || unit === 0) return 'NoVolatility'
      upper = barriers.upper === null ? Infinity : barriers.upper * unit
      lower = barriers.lower === null ? Infinity : barriers.lower * unit
    }
    const start = clock.indexOf(ts)
    const { horizon } = definition
    const least = 'bars' in horizon ? horizon.bars : horizon.minutes
    if (start + least > clock.length - 1) return outside

    let bars = 0
    let age = 0
    let price = entry
    for (let at = start + 1; at < clock.length; at++) {
      if (clock[at] + 60 > asOf) return 'NotYet'
      const close = seen.get(clock[at])
      if (close !== undefined) bars++
      if (close !== undefined && !Number.isNaN(close)) {
        price = close
        age = 0
      } else age++
      const isEnd = 'bars' in horizon ? bars === horizon.bars : at - start === horizon.minutes
      // Of a path, a minute that is not known spoils all that follows; of a return, only the last counts.
      const counts = definition.kind === 'triple_barrier' || isEnd
      const isUnknown = 'bars' in horizon ? Number.isNaN(close) : age > horizon.maxPriceAgeMinutes
      if (counts && isUnknown) return 'NoPrice'
      const reached = Math.log(price / entry)
      const knownAt = clock[at] + 60
      if (definition.kind === 'triple_barrier') {
        if (reached >= upper) return { label: 1, knownAt }
        if (reached <= -lower) return { label: -1, knownAt }
        if (isEnd) return { label: definition.atHorizon === 'sign' ? Math.sign(reached) : 0, knownAt }
      } else if (isEnd) {
        return { label: definition.kind === 'forward_log_return' ? reached : Math.sign(reached), knownAt }
      }
    }
    return asOf < lastClose ? 'NotYet' : outside
  })
}

/** Sample standard deviation of the last `count` returns from bar to bar up to the bar at `ts`, of the row's session. */
function deviationAt(current: SessionInput, seen: ReadonlyMap<number, number>, ts: number, count: number): number {
  const closes = Array.from(current.bars.ts)
    .filter((at) => at <= ts && seen.has(at))
    .map((at) => seen.get(at) as number)
    .slice(-count - 1)
  if (closes.length <= count) return NaN
  const returns = closes.slice(1).map((close, i) => Math.log(close / closes[i]))
  if (returns.every((value) => value === returns[0])) return Number.isNaN(returns[0]) ? NaN : 0
  const mean = returns.reduce((sum, value) => sum + value, 0) / count
  return Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1))
}
