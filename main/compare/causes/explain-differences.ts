import type { Session } from '#shared/calendar/calendar.ts'
import { COMPARED_FIELDS, type ComparedField } from '#shared/config/comparison-config.ts'
import type { SessionDate } from '#shared/time.ts'
import { alignSessions } from './align-sessions.ts'
import { type Attribution, attributeDifferences, type Tally } from './attribute-differences.ts'
import type { Explanation, ExplainOptions, SessionPair } from './cause.ts'
import type { Cause, CauseDetail, CauseScope } from '#shared/comparison/cause.ts'
import { collectEvidence, type SessionEvidence } from './collect-evidence.ts'
import { describeCause } from './describe-cause.ts'
import { DifferenceLedger } from './difference-ledger.ts'
import { findShifts, fromNearest } from './find-shifts.ts'
import type { Proposal } from './plan.ts'
import { proposeCauses } from './propose-causes.ts'
import { keepUsualShifts, proposeShifts } from './propose-shifts.ts'
import {
  LEAST_COVERAGE_FOR_EXTENDED,
  LEAST_DIFFERENCES,
  LEAST_EXTENDED_PLACES,
  LEAST_FILL_FIT,
  LEAST_FIT,
  LEAST_LAST_BAR_EXCESS,
  LEAST_ROUNDING_FIT,
  LEAST_ROWS,
  LEAST_SESSIONS,
} from './thresholds.ts'

/** Each round drops at least one shift that did not hold; there are few. */
const MOST_ROUNDS = 4

/**
 * Looks for the few causes behind the many differences between the old and the new bars of one symbol, and says how much each of
 * them explains.
 *
 * What is looked for, in the order in which it is undone on the old side: a shift in time (of all dates, or an hour on some), a
 * scale, an adjustment or a constant basis of values, rounding, forward-filled minutes, minutes without volume left out, doubled
 * rows, bars cut at open or close, extended hours, an unfinished last bar, another vendor's volume. Causes compose: rounding is
 * looked for in values whose scale is undone, and so on. Each is first proposed from a small sample and small counts, then held
 * against every row; it is reported when it explains enough differences and fits enough of what it is about (`thresholds.ts`
 * states the numbers and why; docs/causes.md says them in plain words). Nothing else is guessed: what no cause explains is counted
 * by its class.
 *
 * Times are epoch seconds UTC, prices in the instrument's currency, volumes in its units; tolerances as for `compareSession`.
 * NaN is null. Old bars may be in any order, outside the hours, and more than one of a minute, of which the last one given counts.
 *
 * The sessions are walked four to six times, and once or twice more for every proposal that does not hold, so `sessions` must be
 * iterable again and give the same each time: an array, or an object that reads from a store anew, but no generator. Memory is
 * bounded by three sessions at a time and a few kilobytes for each. If they do not ascend in time they are put in order first, which holds all of
 * them at once. Pure: the same sessions give the same answer whatever their order.
 *
 * @param sessions both sides of every session, each session once.
 * @example
 * const { total, causes, rest } = explainDifferences([{ session, old, fresh }], { tolerances, tickSize: 0.01 })
 * for (const { words, explained, share } of causes) report(words, explained, share)
 */
export function explainDifferences(sessions: Iterable<SessionPair>, options: ExplainOptions): Explanation {
  const { ordered, hours } = inOrder(sessions)
  const { tolerances, tickSize } = options
  const dates = hours.map(({ date }) => date)
  let shifts = fromNearest(keepUsualShifts(findShifts(ordered, hours.length)))
  for (let round = 0; ; round++) {
    const shiftProposals = proposeShifts(shifts)
    const evidence: SessionEvidence[] = []
    for (const aligned of alignSessions(ordered, hours, shifts, tolerances)) evidence.push(collectEvidence(aligned))
    let proposals = [...shiftProposals, ...proposeCauses(evidence, dates, tolerances.middle, tickSize)]
    for (;;) {
      const ledger = new DifferenceLedger()
      const attribution = attributeDifferences(ordered, hours, proposals, tolerances, (session, ts, field, set) =>
        ledger.add(session, ts, field, set),
      )
      const holds = proposals.map(({ detail }, bit) => isEnough(detail, attribution.tallies[bit], attribution))
      const isShift = (bit: number): boolean => proposals[bit].undoing.act === 'shift'
      const wrongShifts = holds.flatMap((isHeld, bit) => (isHeld || !isShift(bit) ? [] : [proposals[bit]]))
      if (wrongShifts.length > 0) {
        shifts = round < MOST_ROUNDS ? withoutShifts(shifts, wrongShifts) : new Float64Array(hours.length)
        break
      }
      // One that explains nothing changes nothing: it is only not reported.
      const isWrong = (bit: number): boolean => !holds[bit] && attribution.tallies[bit].explained > 0
      if (!proposals.some((_proposal, bit) => isWrong(bit))) {
        return toExplanation(proposals, holds, attribution, dates, ledger)
      }
      proposals = proposals.filter((_proposal, bit) => !isWrong(bit))
    }
  }
}

function inOrder(sessions: Iterable<SessionPair>): { ordered: Iterable<SessionPair>; hours: Session[] } {
  const hours: Session[] = []
  let isAscending = true
  for (const { session } of sessions) {
    isAscending &&= hours.length === 0 || session.openTs > hours[hours.length - 1].openTs
    hours.push(session)
  }
  if (isAscending) return { ordered: sessions, hours }
  const byTime = (a: Session, b: Session): number => a.openTs - b.openTs || (a.date < b.date ? -1 : 1)
  const ordered = [...sessions].sort((a, b) => byTime(a.session, b.session))
  return { ordered, hours: ordered.map(({ session }) => session) }
}

/** Shifts without those that did not hold: their sessions follow the nearest one with another shift. */
function withoutShifts(shifts: Float64Array, wrong: readonly Proposal[]): Float64Array {
  const isWrong = (session: number): boolean =>
    wrong.some(({ undoing }) => undoing.act === 'shift' && undoing.secondsBySession[session] !== 0)
  return fromNearest(shifts.map((value, session) => (isWrong(session) ? NaN : value)))
}

function fitOf({ about, fits }: Tally): number {
  return about === 0 ? 0 : fits / about
}

/** Whether the evidence for a cause is enough to report it. */
function isEnough({ kind }: CauseDetail, tally: Tally, all: Attribution): boolean {
  const { explained, sessions } = tally
  const fit = fitOf(tally)
  switch (kind) {
    case 'time_shift':
    case 'dst_shift':
    case 'scale':
    case 'adjustment':
    case 'other_contract':
    case 'other_volume_source':
      return explained >= LEAST_DIFFERENCES && fit >= LEAST_FIT
    case 'rounding':
      return explained >= LEAST_DIFFERENCES && fit >= LEAST_ROUNDING_FIT
    case 'forward_fill':
      return explained >= LEAST_DIFFERENCES && fit >= LEAST_FILL_FIT
    case 'dropped_zero_volume':
    case 'duplicate_rows':
      return explained >= LEAST_ROWS && fit >= LEAST_FIT
    case 'bars_cut':
      return explained >= LEAST_ROWS && sessions.size >= LEAST_SESSIONS && fit >= LEAST_FIT
    case 'extended_hours': {
      const isSpread = tally.places.size >= LEAST_EXTENDED_PLACES
      return explained >= LEAST_DIFFERENCES && isSpread && all.covered >= LEAST_COVERAGE_FOR_EXTENDED * all.newRows
    }
    case 'unfinished_last_bar': {
      const { sessions: last, differing, others, othersDiffering } = all.lastBars
      const isExcess = differing * others >= LEAST_LAST_BAR_EXCESS * othersDiffering * last
      return sessions.size >= LEAST_SESSIONS && fit >= LEAST_FIT && isExcess
    }
  }
}

function toExplanation(
  proposals: readonly Proposal[],
  holds: readonly boolean[],
  all: Attribution,
  dates: readonly SessionDate[],
  ledger: DifferenceLedger,
): Explanation {
  const { total, oldOnly, newOnly, tallies, bySet } = all
  let explained = 0
  for (const differences of bySet.values()) explained += differences
  let rest = total
  const found: { bit: number; cause: Cause }[] = []
  proposals.forEach((proposal, bit) => {
    const tally = tallies[bit]
    rest -= tally.last
    if (!holds[bit]) return
    const detail = withCounts(proposal.detail, tally)
    const scope = scopeOf(proposal, tally, dates)
    found.push({
      bit,
      cause: {
        ...detail,
        scope,
        explained: tally.explained,
        share: total === 0 ? 0 : tally.explained / total,
        restAfter: rest,
        fit: fitOf(tally),
        samples: tally.samples,
        words: describeCause(detail, scope),
      },
    })
  })
  found.sort((a, b) => b.cause.explained - a.cause.explained || a.bit - b.bit)
  ledger.renumber((set) => found.reduce((causes, { bit }, at) => causes | ((set & (1 << bit)) === 0 ? 0 : 1 << at), 0))
  const byField = (counts: readonly number[]): Record<ComparedField, number> =>
    Object.fromEntries(COMPARED_FIELDS.map((field, f) => [field, counts[f]])) as Record<ComparedField, number>
  return {
    total,
    explained,
    unexplained: total - explained,
    rest: {
      different: byField(all.different),
      nullVersusValue: byField(all.nullVersusValue),
      oldOnly,
      newOnly,
    },
    causes: found.map(({ cause }) => cause),
    combinations: [...bySet]
      .map(([set, differences]) => ({
        causes: found.flatMap(({ bit }, at) => ((set & (1 << bit)) === 0 ? [] : [at])),
        differences,
      }))
      .sort((a, b) => b.differences - a.differences || (a.causes.join() < b.causes.join() ? -1 : 1)),
    dates,
    ledger,
  }
}

/** Numbers that only the whole of the rows can tell. */
function withCounts(detail: CauseDetail, { kinds, sessions }: Tally): CauseDetail {
  const count = (name: string): number => kinds.get(name) ?? 0
  switch (detail.kind) {
    case 'extended_hours':
      return {
        kind: detail.kind,
        parameters: { beforeOpen: count('before'), afterClose: count('after'), inBreak: count('break') },
      }
    case 'unfinished_last_bar':
      return { kind: detail.kind, parameters: { sessions: sessions.size } }
    case 'forward_fill': {
      // A row after a bar of one trade, or of no volume, fits more than one way of filling; the right way fits all rows.
      const prices = (['close', 'row'] as const).map((kind) => ({ kind, rows: count(kind) }))
      const volumes = (['zero', 'copied', 'none'] as const).map((kind) => ({ kind, rows: count(kind) }))
      return { kind: detail.kind, parameters: { prices: most(prices), volume: most(volumes) } }
    }
    default:
      return detail
  }
}

function most<Kind>(counts: readonly { readonly kind: Kind; readonly rows: number }[]): Kind {
  return counts.reduce((best, next) => (next.rows > best.rows ? next : best)).kind
}

/** Part of the sessions at either end in which a cause of all dates may happen to show nothing. */
const SILENT_EDGE = 0.1

function scopeOf({ fields, undoing }: Proposal, { sessions }: Tally, dates: readonly SessionDate[]): CauseScope {
  if (undoing.act === 'shift') {
    return {
      dates: runsOf(
        [...undoing.secondsBySession].map((value) => value !== 0),
        dates,
      ),
      fields,
    }
  }
  if (undoing.act === 'relation') {
    return {
      dates: runsOf(
        undoing.bySession.map((relation) => relation !== null),
        dates,
      ),
      fields,
    }
  }
  const touched = [...sessions].sort((a, b) => a - b)
  const [first, last] = [touched[0], touched[touched.length - 1]]
  const edge = Math.max(1, SILENT_EDGE * dates.length)
  const isAll = first <= edge && last >= dates.length - 1 - edge
  return { dates: isAll ? null : [{ from: dates[first], to: dates[last] }], fields }
}

/** Runs of consecutive sessions that are marked; null when all are. */
function runsOf(isMarked: readonly boolean[], dates: readonly SessionDate[]): CauseScope['dates'] {
  if (isMarked.every(Boolean)) return null
  const runs: { from: SessionDate; to: SessionDate }[] = []
  isMarked.forEach((marked, i) => {
    if (!marked) return
    if (i > 0 && isMarked[i - 1]) runs[runs.length - 1] = { ...runs[runs.length - 1], to: dates[i] }
    else runs.push({ from: dates[i], to: dates[i] })
  })
  return runs
}
