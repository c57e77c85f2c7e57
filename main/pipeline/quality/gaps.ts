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
 * the first trade, never where the bar before was left out, and never for more than `maxMinutes`: what is not known is left out.
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
  /** By slot: 2, a bar came and is kept; 1, one came and was left out; 0, none came. */
  readonly received: Uint8Array
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

/** Finds the gaps of a session and what fills them. `report` gets a hit for each cause, with the rule that it belongs to. */
export function examineGaps(input: GapInput, report: (rule: GapRule, hit: Hit) => void): GapReport {
  const { grid, received, filling } = input
  const runs = runsOf(input)
  if (runs.length === 0)
    return { additions: [], filled: 0, fromSecondSource: 0, notTraded: 0, halted: 0, notFetched: 0 }
  const state = Uint8Array.from(received)
  const additions: Addition[] = []
  const fromSecondSource = takeSecondSource(input, runs, state, additions)
  let filled = 0
  if (filling.noTrade === 'previous-close') {
    for (const { from, to, cause } of runs) {
      if (cause !== 'notTraded') continue
      eachZeroRun(state, from, to, (first, end) => {
        if (end - first > filling.maxMinutes || first === 0 || first === grid.breakSlot || state[first - 1] !== 2)
          return
        for (let slot = first; slot < end; slot++) {
          additions.push({ slot, sourceRow: null })
          state[slot] = 2
        }
        filled += end - first
      })
    }
  }
  additions.sort((a, b) => a.slot - b.slot)
  const counts = reportCauses(input, runs, state, filled, report)
  return { additions, filled, fromSecondSource, ...counts }
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

function takeSecondSource(
  { grid, secondSource }: GapInput,
  runs: readonly Run[],
  state: Uint8Array,
  additions: Addition[],
): number {
  if (secondSource === undefined) return 0
  const { ts, open, high, low, close } = secondSource
  const before = additions.length
  let row = 0
  for (const { from, to, cause } of runs) {
    if (cause === 'closed') continue
    for (let slot = from; slot < to; slot++) {
      const at = grid.tsOf(slot)
      while (row < ts.length && ts[row] < at) row++
      if (ts[row] !== at) continue
      const prices = [open[row], high[row], low[row], close[row]]
      const isSound =
        prices.every(isPrice) &&
        high[row] >= Math.max(open[row], close[row]) &&
        low[row] <= Math.min(open[row], close[row])
      if (!isSound) continue
      additions.push({ slot, sourceRow: row })
      state[slot] = 2
    }
  }
  return additions.length - before
}

function reportCauses(
  { grid, filling }: GapInput,
  runs: readonly Run[],
  state: Uint8Array,
  filled: number,
  report: (rule: GapRule, hit: Hit) => void,
): { notTraded: number; halted: number; notFetched: number } {
  const hitOf = (
    cause: Cause,
    message: (minutes: number, open: number) => string,
  ): { minutes: number; hit: Hit } | null => {
    const own = runs.filter((run) => run.cause === cause)
    if (own.length === 0) return null
    let minutes = 0
    let open = 0
    for (const { from, to } of own) {
      minutes += to - from
      for (let slot = from; slot < to; slot++) if (state[slot] === 0) open++
    }
    const hit: Hit = {
      ts: grid.tsOf(own[0].from),
      lastTs: grid.tsOf(own[own.length - 1].to - 1),
      bars: minutes,
      message: message(minutes, open),
    }
    return { minutes, hit }
  }
  const notTraded = hitOf('notTraded', (minutes, open) => {
    const left =
      open === 0
        ? ''
        : filling.noTrade === 'leave-out'
          ? ` ${count(open)} left out.`
          : ` ${count(open)} left out: in runs of more than ${filling.maxMinutes}, or without a bar right before.`
    return `${minutes === 1 ? 'One minute has' : `${minutes} minutes have`} no trade by the broker's answers.${filled === 0 ? '' : ` ${count(filled)} filled with the close before.`}${left}`
  })
  const halted = hitOf(
    'halted',
    (minutes) => `${minutes} minutes in a row without a bar in a session that has nearly all others.`,
  )
  const notFetched = hitOf(
    'notFetched',
    (minutes) =>
      `${minutes === 1 ? 'One minute has' : `${minutes} minutes have`} no bar, and no answer says that there is none.`,
  )
  if (notTraded !== null) report('minutes_not_traded', notTraded.hit)
  if (halted !== null) report('minutes_halted', halted.hit)
  if (notFetched !== null) report('minutes_not_fetched', notFetched.hit)
  return {
    notTraded: notTraded?.minutes ?? 0,
    halted: halted?.minutes ?? 0,
    notFetched: notFetched?.minutes ?? 0,
  }
}

function count(minutes: number): string {
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
