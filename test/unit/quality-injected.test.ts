import { beforeAll, describe, expect, test } from 'vitest'
import { BAR_SECONDS } from '#shared/bars.ts'
import { RULE_IDS } from '#shared/quality/rule-catalogue.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { createRandom } from '#main/simulator/markets/random.ts'
import { DEFAULT_PROFILES } from '#main/simulator/markets/synthetic-profile.ts'
import { syntheticMarket } from '#main/simulator/simulator.ts'
import { rowsOf } from './bars-fixtures.ts'
import {
  findingsInClean,
  newTrial,
  type OtherFinding,
  runTrial,
  scoresOf,
  tableOf,
  type Trial,
  type TrialSession,
} from './fault-trial.ts'
import { FAULT_KINDS } from './injected-faults.ts'

/** Fifty sessions with an early close among them; seven liquid names and two that trade a few hundred times a day. */
const [FROM, TO] = ['2024-05-01', '2024-07-12']
const XNYS = loadCalendar('XNYS', ['data/calendars'])
const SYMBOLS = DEFAULT_PROFILES.map(({ symbol }) => symbol)
const market = syntheticMarket({ seed: 11, calendar: XNYS, from: FROM, to: TO })

/** Every round puts other faults in other places. */
const ROUNDS = 5

/**
 * Whether a finding in the market as it is made is true. Its prices walk without jumps but for the bad tick and the halt that it lists, its
 * sessions are those of the calendar, and minutes are absent where nobody traded.
 */
function isTrue({ symbol, date, finding }: OtherFinding, sessions: readonly TrialSession[]): boolean {
  const { rows, session } = sessions.find((one) => one.session.date === date) as TrialSession
  const minutes = (session.closeTs - session.openTs) / BAR_SECONDS
  const planted = market.faults.find((fault) => fault.symbol === symbol && fault.sessionDate === date)
  switch (finding.rule) {
    case 'minutes_not_traded':
      return finding.bars === minutes - rows.length && planted?.kind !== 'halt'
    case 'low_coverage':
      return rows.length < 0.95 * minutes
    case 'minutes_halted':
      return planted?.kind === 'halt' && finding.ts === planted.ts && finding.lastTs === planted.resumeTs - BAR_SECONDS
    case 'bad_tick':
      return planted?.kind === 'badTick' && finding.ts === planted.ts
    case 'price_move':
      return planted?.kind === 'halt' && finding.ts === planted.resumeTs
    default:
      return false
  }
}

describe('in a made-up market', () => {
  const bySymbol = new Map<string, TrialSession[]>()
  const trial: Trial = newTrial()
  let inClean: OtherFinding[]
  let falseInClean: OtherFinding[]

  beforeAll(async () => {
    for (const symbol of SYMBOLS) {
      const sessions: TrialSession[] = []
      for (const session of XNYS.sessionsBetween(FROM, TO)) {
        sessions.push({ session, rows: rowsOf(await market.minuteBars(symbol, session.openTs, session.closeTs, true)) })
      }
      bySymbol.set(symbol, sessions)
    }
    inClean = [...bySymbol].flatMap(([symbol, sessions]) => findingsInClean(symbol, sessions))
    falseInClean = inClean.filter((finding) => !isTrue(finding, bySymbol.get(finding.symbol) ?? []))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [symbol, sessions] of bySymbol)
        runTrial(symbol, sessions, createRandom(round, 'faults', symbol), trial)
    }
    const sessions = [...bySymbol.values()].reduce((sum, list) => sum + list.length, 0)
    console.log(
      tableOf(
        `Faults put into ${ROUNDS} rounds of ${sessions} synthetic sessions; false findings include those without faults.`,
        scoresOf(trial, falseInClean),
      ),
    )
  })

  test('the bad tick and the halt of the market are found where nothing else was put in', () => {
    const found = (rule: string): unknown[] =>
      inClean
        .filter(({ finding }) => finding.rule === rule)
        .map(({ symbol, date, finding }) => [symbol, date, finding.ts])
    const planted = (kind: string): unknown[] =>
      market.faults
        .filter((fault) => fault.kind === kind)
        .map(({ symbol, sessionDate, ts }) => [symbol, sessionDate, ts])
    expect(found('bad_tick')).toEqual(planted('badTick'))
    expect(found('minutes_halted')).toEqual(planted('halt'))
  })

  test('sessions without faults have a false finding in less than one of a hundred', () => {
    const sessions = new Set(falseInClean.map(({ symbol, date }) => `${symbol} ${date}`))
    expect(sessions.size / (SYMBOLS.length * XNYS.sessionsBetween(FROM, TO).length)).toBeLessThan(0.01)
  })

  test('every kind of fault was put in at least five times, and every rule has one', () => {
    const counts = FAULT_KINDS.map(({ name }) => trial.faults.filter(({ kind }) => kind.name === name).length)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(5)
    expect([...new Set(FAULT_KINDS.map(({ rule }) => rule))].toSorted()).toEqual(RULE_IDS.toSorted())
  })

  test('every fault is found by the rule for it', () => {
    const missed = trial.faults.filter(({ wasFound }) => !wasFound)
    expect(missed.map(({ kind, symbol, date, minute }) => [kind.name, symbol, date, minute])).toEqual([])
  })

  test('of what a rule finds at least 95 % is there', () => {
    const poor = scoresOf(trial, falseInClean).filter(({ precision }) => !(precision >= 0.95))
    expect(poor).toEqual([])
  })
})
