import { BAR_SECONDS } from '#shared/bars.ts'
import type { LabelDefinition, LabelHorizon, TripleBarrierDefinition } from '#shared/labels/definition.ts'
import type { SessionInput } from '../features/compute-features.ts'
import { rollingSampleDeviation, windowScratch } from '../features/rolling-dispersion.ts'
import { pricePath } from './price-path.ts'
import type { PricePath } from './price-path.ts'

/**
 * What is to be said of a row's label. `NotYet`: bars that are still to come decide it. From `BeyondSessions` on it is never known from
 * the bars as they stand, and the state says why.
 */
export const LabelState = {
  Known: 0,
  NotYet: 1,
  /** The horizon ends after the last session that the label may look at. */
  BeyondSessions: 2,
  /** The row is no observation, or a close that the label needs is missing, not finite, not positive or too old. */
  NoPrice: 3,
  /** The barriers need a volatility that the row does not have, or that is 0. */
  NoVolatility: 4,
} as const
export type LabelState = (typeof LabelState)[keyof typeof LabelState]

/** The labels of one session, a row per bar. Kept apart from features: a label is never known at its row's own time. */
export interface SessionLabels {
  /** The bars' own `ts` (the same memory). */
  readonly ts: Float64Array
  /** The label; NaN is null. */
  readonly label: Float64Array
  /** When the label becomes known: end of the minute or bar that decides it, epoch seconds, later than the row's own. NaN is null. */
  readonly knownAt: Float64Array
  /** A {@link LabelState} for each row; label and knownAt are null unless it is `Known`. */
  readonly state: Uint8Array
}

/** What decides one row's label: the state, and where it is `Known` the label and the moment. */
interface Outcome {
  state: LabelState
  label: number
  knownAt: number
}

/** Where a row stands and what it may see. */
interface Outlook {
  readonly path: PricePath
  readonly asOf: number
  /** True when all the sessions that the label may look at were given. */
  readonly isComplete: boolean
  /** When the last session that was given closes, epoch seconds. */
  readonly closeTs: number
}

/**
 * Computes a label for every bar of `current`.
 *
 * `following` holds the sessions after it on the instrument's calendar, oldest first, those without bars and those still to come as empty
 * columns; the first `followingSessions` of the definition are looked at, none by default. Where fewer are given, labels that need more
 * are not known yet.
 * Only bars that had ended at `asOf` (epoch seconds; Infinity for all that are given) are looked at, and a minute without a bar counts
 * as known to be empty once it has ended: pass the bars that had been received by then.
 *
 * The log return from the row's close is r(j) = ln(close[j] / close[i]) (Campbell, Lo & MacKinlay 1997, The Econometrics of Financial
 * Markets, section 1.4), j being the bar that ends the horizon:
 * - `forward_log_return`: r(j);
 * - `forward_log_return_sign`: -1, 0 or 1, the sign of r(j);
 * - `triple_barrier`: 1 when some close up to j has r >= upper before any has r <= -lower, -1 when the other comes first, else what
 *   `atHorizon` says (Lopez de Prado 2018, Advances in Financial Machine Learning, chapter 3, with log returns for simple ones).
 *
 * Closes alone touch a barrier: which of high and low came first within a bar is not known. Whether a row's horizon fits into the
 * sessions is decided before its barriers are looked at; otherwise late rows would have labels only where a barrier was touched.
 *
 * Throws RangeError when the sessions are not in order.
 */
export function computeSessionLabels(
  definition: LabelDefinition,
  current: SessionInput,
  following: readonly SessionInput[],
  asOf: number,
): SessionLabels {
  const sessions = [current, ...following.slice(0, definition.followingSessions)]
  const outlook: Outlook = {
    path: pricePath(sessions, asOf),
    asOf,
    isComplete: sessions.length === definition.followingSessions + 1,
    closeTs: sessions[sessions.length - 1].session.closeTs,
  }
  const decide = decider(definition, outlook)

  const { ts } = current.bars
  const rows = ts.length
  const labels = { ts, label: new Float64Array(rows), knownAt: new Float64Array(rows), state: new Uint8Array(rows) }
  const { endTs } = outlook.path
  const outcome: Outcome = { state: LabelState.NotYet, label: NaN, knownAt: NaN }
  let place = 0
  for (let row = 0; row < rows; row++) {
    const isEnded = ts[row] + BAR_SECONDS <= asOf
    const isOnPath = place < endTs.length && endTs[place] === ts[row] + BAR_SECONDS
    outcome.label = NaN
    outcome.knownAt = NaN
    outcome.state = isEnded ? LabelState.NoPrice : LabelState.NotYet
    if (isOnPath) decide(place++, outcome)
    labels.label[row] = outcome.label
    labels.knownAt[row] = outcome.knownAt
    labels.state[row] = outcome.state
  }
  return labels
}

/** How the label of the bar at a place of the path is decided. */
type Decide = (place: number, outcome: Outcome) => void

function decider(definition: LabelDefinition, outlook: Outlook): Decide {
  const { horizon } = definition
  switch (definition.kind) {
    case 'forward_log_return':
      return (place, outcome) => decideReturn(outlook, horizon, place, outcome)
    case 'forward_log_return_sign':
      return (place, outcome) => {
        decideReturn(outlook, horizon, place, outcome)
        outcome.label = Math.sign(outcome.label)
      }
    case 'triple_barrier':
      return barrierDecider(definition, outlook)
  }
}

function isKnown(price: number): boolean {
  return price === price
}

function settle(outcome: Outcome, label: number, knownAt: number): void {
  outcome.state = LabelState.Known
  outcome.label = label
  outcome.knownAt = knownAt
}

/** The state of a row whose horizon does not fit into the minutes of the sessions that were given. */
function beyond({ isComplete }: Outlook): LabelState {
  return isComplete ? LabelState.BeyondSessions : LabelState.NotYet
}

/** The state of a row whose horizon in bars has not been filled by the bars there are. */
function tooFewBars(outlook: Outlook): LabelState {
  return outlook.asOf < outlook.closeTs ? LabelState.NotYet : beyond(outlook)
}

function decideReturn(outlook: Outlook, horizon: LabelHorizon, place: number, outcome: Outcome): void {
  const { path } = outlook
  const entry = path.close[place]
  if (!isKnown(entry)) {
    outcome.state = LabelState.NoPrice
    return
  }
  if (path.minute[place] + span(horizon) >= path.minutes) {
    outcome.state = beyond(outlook)
    return
  }
  if ('bars' in horizon) {
    const end = place + horizon.bars
    if (end >= path.minute.length) outcome.state = tooFewBars(outlook)
    else if (!isKnown(path.close[end])) outcome.state = LabelState.NoPrice
    else settle(outcome, Math.log(path.close[end] / entry), path.endTs[end])
    return
  }
  const lastMinute = path.minute[place] + horizon.minutes
  const knownAt = path.endOf(lastMinute)
  if (knownAt > outlook.asOf) {
    outcome.state = LabelState.NotYet
    return
  }
  const end = lastPriced(path, place, lastMinute)
  if (lastMinute - path.minute[end] > horizon.maxPriceAgeMinutes) outcome.state = LabelState.NoPrice
  // Known when the minute has ended, with a bar or without: before, a later bar could have replaced this close.
  else settle(outcome, Math.log(path.close[end] / entry), knownAt)
}

/** Fewest minutes that a horizon takes: a bar is a minute or more after the one before it. */
function span(horizon: LabelHorizon): number {
  return 'bars' in horizon ? horizon.bars : horizon.minutes
}

/** The last bar with a known close from the bar at `place`, whose close is known, to `lastMinute`. */
function lastPriced(path: PricePath, place: number, lastMinute: number): number {
  // No more than one bar a minute: the bar sought is at most this far on.
  let at = Math.min(place + lastMinute - path.minute[place], path.minute.length - 1)
  while (path.minute[at] > lastMinute) at--
  return path.lastPriced[at]
}

function barrierDecider(definition: TripleBarrierDefinition, outlook: Outlook): Decide {
  const { horizon, barriers } = definition
  const { path } = outlook
  const volatility = barriers.unit === 'volatility' ? volatilityOf(path, barriers.returns) : null

  return (place, outcome) => {
    const scale = volatility === null ? 1 : volatility[place]
    if (!isKnown(path.close[place])) outcome.state = LabelState.NoPrice
    else if (!(scale > 0)) outcome.state = LabelState.NoVolatility
    else if (path.minute[place] + span(horizon) >= path.minutes) outcome.state = beyond(outlook)
    else {
      const upper = barriers.upper === null ? Infinity : barriers.upper * scale
      const lower = barriers.lower === null ? -Infinity : -barriers.lower * scale
      walk(outlook, definition, { place, upper, lower }, outcome)
    }
  }
}

/** A row's place and its barriers as log returns from its close, infinite where there is none. */
interface BarrierRow {
  readonly place: number
  readonly upper: number
  readonly lower: number
}

/** Follows the closes after a row until one touches a barrier, one is not known, or the horizon ends. */
function walk(
  outlook: Outlook,
  { horizon, atHorizon }: TripleBarrierDefinition,
  { place, upper, lower }: BarrierRow,
  outcome: Outcome,
): void {
  const { minute, close, endTs } = outlook.path
  const inBars = 'bars' in horizon
  const maxAge = inBars ? Infinity : horizon.maxPriceAgeMinutes
  const lastMinute = inBars ? Infinity : minute[place] + horizon.minutes
  const stop = inBars ? Math.min(place + horizon.bars + 1, minute.length) : minute.length
  let priced = place
  let reached = 0
  for (let at = place + 1; at < stop && minute[at] <= lastMinute; at++) {
    if (!isKnown(close[at]) && !inBars) continue
    // The close before stands in for the minutes between: none of them may find it too old.
    if (!isKnown(close[at]) || minute[at] - 1 - minute[priced] > maxAge) {
      outcome.state = LabelState.NoPrice
      return
    }
    priced = at
    reached = Math.log(close[at] / close[place])
    if (reached >= upper || reached <= lower) {
      settle(outcome, reached >= upper ? 1 : -1, endTs[at])
      return
    }
  }
  const label = atHorizon === 'zero' ? 0 : Math.sign(reached)
  if (inBars) {
    const last = place + horizon.bars
    if (last < minute.length) settle(outcome, label, endTs[last])
    else outcome.state = tooFewBars(outlook)
    return
  }
  const knownAt = outlook.path.endOf(lastMinute)
  const tooOld = minute[priced] + maxAge + 1
  if (tooOld <= lastMinute && outlook.path.endOf(tooOld) <= outlook.asOf) outcome.state = LabelState.NoPrice
  else if (knownAt > outlook.asOf) outcome.state = LabelState.NotYet
  else settle(outcome, label, knownAt)
}

/**
 * At each bar of the path the sample standard deviation of the last `returns` log returns of one bar: in the first session, that of the
 * rows, the formula `realized_volatility` of the features. NaN where one of them is not known.
 */
function volatilityOf({ close }: PricePath, returns: number): Float64Array {
  const oneBar = new Float64Array(close.length)
  for (let at = 0; at < close.length; at++) oneBar[at] = at === 0 ? NaN : Math.log(close[at] / close[at - 1])
  const out = new Float64Array(close.length)
  rollingSampleDeviation(oneBar, close.length, returns, windowScratch(returns), out)
  return out
}
