import type { BarColumns } from '#shared/bars.ts'
import type { FillingConfig } from '#shared/config/quality-config.ts'
import type { RuleId } from '#shared/quality/rule-catalogue.ts'
import { isHalt } from '#shared/quality/halt.ts'
import { isPrice } from './integrity-rules.ts'
import type { Hit } from './rule-block.ts'
import type { SessionFacts } from '#shared/quality/session-facts.ts'
import type { SessionGrid } from './session-grid.ts'

/**
 * Minutes of a session without a bar: why there is none, and what may stand in for it. A bar of the second source comes first; a minute
 * in which nobody traded, by the broker's answers, gets the close before it. Never across a session, a break or a halt, never before
 * the first trade, never where the bar before was left out or its close is a bad tick, and never for more than `maxMinutes`: what is
 * not known is left out.
 */

/** A minute that gets a bar that the broker did not send. */
export interface Addition {
  readonly slot: number
  /** Row of the second source; null for one that repeats the close before. */
  readonly sourceRow: number | null
}

export interface GapReport {
  /** Ascending. */
  readonly additions: readonly Addition[]
  readonly filled: number
  readonly fromSecondSource: number
  readonly notTraded: number
  readonly halted: number
  readonly notFetched: number
}

export interface GapInput {
  readonly grid: SessionGrid
  /** By slot: 2, a bar came and is kept; 1, one came and was left out, or its close is in doubt; 0, none came. */
  readonly received: Uint8Array
  /** What came and is kept, ascending. */
  readonly came: BarColumns
  /** Last close of the session before, NaN when there is none. */
  readonly previousClose: number
  readonly facts: SessionFacts
  readonly filling: FillingConfig
  readonly secondSource: BarColumns | undefined
}

type Cause = 'notTraded' | 'halted' | 'notFetched' | 'closed'

interface Run {
  readonly from: number
  readonly to: number
  readonly cause: Cause
}

/** What became of a slot without a bar. */
const Fate = { None: 0, Filled: 1, SecondSource: 2, Refused: 3 } as const

/**
 * How far a bar of the second source may be from the broker's bar beside it, as a share. Another scale of prices, or a split that one
 * of the two does not know, is further: the smallest ratio that counts as a split is 3:2.
 */
const SECOND_SOURCE_REACH = 0.2

/** Finds the gaps of a session and what fills them. `report` gets a hit for each cause, with the rule that it belongs to. */
export function examineGaps(input: GapInput, report: (rule: GapRule, hit: Hit) => void): GapReport {
  const { grid, received, filling } = input
  const runs = runsOf(input)
  if (runs.length === 0)
    return { additions: [], filled: 0, fromSecondSource: 0, notTraded: 0, halted: 0, notFetched: 0 }
  const state = Uint8Array.from(received)
  const fate = new Uint8Array(grid.slots)
  const additions: Addition[] = []
  takeSecondSource(input, runs, (slot, sourceRow) => {
    fate[slot] = sourceRow === null ? Fate.Refused : Fate.SecondSource
    if (sourceRow === null) return
    additions.push({ slot, sourceRow })
    state[slot] = 2
  })
  const fromSecondSource = additions.length
  if (filling.noTrade === 'previous-close') {
    for (const { from, to, cause } of runs) {
      if (cause !== 'notTraded') continue
      eachZeroRun(state, from, to, (first, end) => {
        if (end - first > filling.maxMinutes || first === 0 || first === grid.breakSlot || state[first - 1] !== 2)
          return
        for (let slot = first; slot < end; slot++) {
          additions.push({ slot, sourceRow: null })
          state[slot] = 2
          fate[slot] = Fate.Filled
        }
      })
    }
  }
  additions.sort((a, b) => a.slot - b.slot)
  const counts = reportCauses(input, runs, fate, report)
  return { additions, filled: additions.length - fromSecondSource, fromSecondSource, ...counts }
}

export type GapRule = Extract<RuleId, 'minutes_not_traded' | 'minutes_halted' | 'minutes_not_fetched'>

function runsOf({ grid, received, facts }: GapInput): readonly Run[] {
  const runs: Run[] = []
  let present = 0
  for (const mark of received) if (mark !== 0) present++
  if (present === received.length) return runs
  for (const [from, to] of [
    [0, grid.breakSlot],
    [grid.breakSlot, grid.slots],
  ]) {
    eachZeroRun(received, from, to, (first, end) => {
      for (const run of splitByBroker(grid, facts, first, end)) {
        const cause = run.cause ?? causeOf(facts, run.to - run.from, present, grid.slots)
        runs.push({ from: run.from, to: run.to, cause })
      }
    })
  }
  return runs
}

/** Parts of a run outside the broker's own hours have no bar because the broker was closed. */
function splitByBroker(
  grid: SessionGrid,
  { brokerHours }: SessionFacts,
  from: number,
  to: number,
): readonly { from: number; to: number; cause?: Cause }[] {
  if (brokerHours === null) return [{ from, to }]
  if (brokerHours === 'closed') return [{ from, to, cause: 'closed' }]
  const isOpen = (slot: number): boolean =>
    grid.tsOf(slot) >= brokerHours.openTs && grid.tsOf(slot) < brokerHours.closeTs
  const parts: { from: number; to: number; cause?: Cause }[] = []
  for (let slot = from; slot < to;) {
    const open = isOpen(slot)
    const first = slot
    while (slot < to && isOpen(slot) === open) slot++
    parts.push(open ? { from: first, to: slot } : { from: first, to: slot, cause: 'closed' })
  }
  return parts
}

function causeOf(facts: SessionFacts, minutes: number, present: number, slots: number): Cause {
  if (facts.fetch !== 'settled' || facts.reason === 'unstable' || facts.reason === 'no-permission') return 'notFetched'
  return isHalt(minutes, present, slots) ? 'halted' : 'notTraded'
}

/** Calls `onRow` for each open slot that the second source has a bar for: with its row, or with null where it is not sound. */
function takeSecondSource(
  { grid, secondSource, came, previousClose }: GapInput,
  runs: readonly Run[],
  onRow: (slot: number, sourceRow: number | null) => void,
): void {
  if (secondSource === undefined) return
  const { ts, open, high, low, close } = secondSource
  const isNear = (row: number, price: number): boolean =>
    low[row] >= price * (1 - SECOND_SOURCE_REACH) && high[row] <= price * (1 + SECOND_SOURCE_REACH)
  let row = 0
  let next = 0
  for (const { from, to, cause } of runs) {
    if (cause === 'closed') continue
    for (let slot = from; slot < to; slot++) {
      const at = grid.tsOf(slot)
      while (row < ts.length && !(ts[row] >= at)) row++
      if (ts[row] !== at) continue
      while (next < came.ts.length && came.ts[next] < at) next++
      const around = [came.close[next - 1] ?? NaN, came.open[next] ?? NaN].filter((price) => !Number.isNaN(price))
      if (around.length === 0 && !Number.isNaN(previousClose)) around.push(previousClose)
      const isSound =
        [open[row], high[row], low[row], close[row]].every(isPrice) &&
        high[row] >= Math.max(open[row], close[row]) &&
        low[row] <= Math.min(open[row], close[row]) &&
        (around.length === 0 || around.some((price) => isNear(row, price)))
      onRow(slot, isSound ? row : null)
    }
  }
}

function reportCauses(
  { grid, filling }: GapInput,
  runs: readonly Run[],
  fate: Uint8Array,
  report: (rule: GapRule, hit: Hit) => void,
): { notTraded: number; halted: number; notFetched: number } {
  const count = (cause: Exclude<Cause, 'closed'>, rule: GapRule, words: (minutes: number) => string): number => {
    const own = runs.filter((run) => run.cause === cause)
    if (own.length === 0) return 0
    const fates = [0, 0, 0, 0]
    for (const { from, to } of own) for (let slot = from; slot < to; slot++) fates[fate[slot]]++
    const minutes = fates[0] + fates[1] + fates[2] + fates[3]
    const left = fates[Fate.None] + fates[Fate.Refused]
    const why =
      filling.noTrade === 'leave-out'
        ? ''
        : `: in runs of more than ${filling.maxMinutes}, or without a good bar right before`
    report(rule, {
      ts: grid.tsOf(own[0].from),
      lastTs: grid.tsOf(own[own.length - 1].to - 1),
      bars: minutes,
      message: [
        words(minutes),
        ...(fates[Fate.SecondSource] === 0 ? [] : [`${are(fates[Fate.SecondSource])} taken from the second source.`]),
        ...(fates[Fate.Refused] === 0 ? [] : [`${are(fates[Fate.Refused])} unsound in the second source.`]),
        ...(fates[Fate.Filled] === 0 ? [] : [`${are(fates[Fate.Filled])} filled with the close before.`]),
        ...(cause === 'notTraded' && left > 0 ? [`${are(left)} left out${why}.`] : []),
      ].join(' '),
    })
    return minutes
  }
  return {
    notTraded: count(
      'notTraded',
      'minutes_not_traded',
      (minutes) => `${minutes === 1 ? 'One minute has' : `${minutes} minutes have`} no trade by the broker's answers.`,
    ),
    halted: count(
      'halted',
      'minutes_halted',
      (minutes) => `${minutes} minutes without a bar, five or more in a row, in a session that has nearly all others.`,
    ),
    notFetched: count(
      'notFetched',
      'minutes_not_fetched',
      (minutes) =>
        `${minutes === 1 ? 'One minute has' : `${minutes} minutes have`} no bar, and no answer says that there is none.`,
    ),
  }
}

function are(minutes: number): string {
  return minutes === 1 ? 'One is' : `${minutes} are`
}

function eachZeroRun(marks: Uint8Array, from: number, to: number, onRun: (first: number, end: number) => void): void {
  for (let slot = from; slot < to; slot++) {
    if (marks[slot] !== 0) continue
    const first = slot
    while (slot + 1 < to && marks[slot + 1] === 0) slot++
    onRun(first, slot + 1)
  }
}
