import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRandom } from '#main/simulator/markets/random.ts'
import {
  findingsInClean,
  newTrial,
  type OtherFinding,
  runTrial,
  scoresOf,
  tableOf,
  type TrialSession,
} from '../unit/fault-trial.ts'
import type { Row } from '../unit/fault-makers.ts'
import { XNYS } from './simulator-fixtures.ts'

const DIR = '../shared/data/lean_minute'
const isThere = existsSync(DIR)
if (!isThere) console.info(`SKIPPED: real minute bars are not at ${DIR}`)

/** Regular hours of every session of a stock that is there; the files have neither averages nor trade counts. */
function sessionsOf(symbol: string): TrialSession[] {
  const name = new RegExp(`^equity_usa_minute_${symbol.toLowerCase()}_(\\d{4})(\\d\\d)(\\d\\d)_trade\\.zip$`)
  return readdirSync(DIR)
    .map((file) => name.exec(file))
    .filter((match) => match !== null)
    .map(([file, year, month, day]) => {
      const session = XNYS.session(`${year}-${month}-${day}`)
      if (session === null) throw new Error(`${file} is of a day without a session`)
      const [csv] = Object.values(unzipSync(readFileSync(join(DIR, file))))
      // New York opens at 09:30, which is 34,200 s after its midnight on every one of these days.
      const midnight = session.openTs - 34_200
      const rows = strFromU8(csv)
        .trim()
        .split(/\r?\n/)
        .map((line) => line.split(',').map(Number))
        .map(([ms, open, high, low, close, volume]): Row => {
          const [o, h, l, c] = [open, high, low, close].map((price) => price / 10_000)
          return { ts: midnight + ms / 1000, open: o, high: h, low: l, close: c, volume, vwap: -1, tradeCount: -1 }
        })
        .filter(({ ts }) => ts >= session.openTs && ts < session.closeTs)
      return { session, rows }
    })
    .sort((a, b) => a.session.openTs - b.session.openTs)
}

const SYMBOLS = ['SPY', 'AIG', 'BAC', 'IBM', 'AAPL', 'GOOG']
const ROUNDS = 40

/**
 * What the rules find in the files as they are, each judged by hand: minute of the session, and why it is true. Minutes without a bar and
 * prices off the grid are counted in the files below.
 */
const JUDGED = [
  // Two prints at 167.51 half an hour apart, while everything around them trades from 165.87 to 166.03.
  ['SPY', '2013-10-08', 'bad_tick', 333],
  ['SPY', '2013-10-08', 'bad_tick', 366],
  // Prints at 169.20 in two minutes that otherwise trade from 170.01 to 170.08.
  ['SPY', '2013-10-11', 'bad_tick', 330],
  ['SPY', '2013-10-11', 'bad_tick', 331],
  // Nearly ten years lie between this session and the one before it in the folder.
  ['SPY', '2023-08-03', 'open_gap', 0],
  // Apple split 7:1 on this day, and the files are not adjusted.
  ['AAPL', '2014-06-09', 'open_gap', 0],
  ['AAPL', '2014-06-09', 'split_jump', 0],
  // Single prints 0.85, 0.55 and 1.42 USD below everything around them.
  ['AAPL', '2014-06-09', 'bad_tick', 177],
  ['AAPL', '2014-06-09', 'bad_tick', 209],
  ['AAPL', '2014-06-09', 'bad_tick', 293],
] as const

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

describe.skipIf(!isThere)('in real minutes', () => {
  const bySymbol = new Map<string, TrialSession[]>()
  const trial = newTrial()
  let inClean: OtherFinding[]

  beforeAll(() => {
    for (const symbol of SYMBOLS) bySymbol.set(symbol, sessionsOf(symbol))
    inClean = SYMBOLS.flatMap((symbol) => findingsInClean(symbol, bySymbol.get(symbol) ?? []))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [symbol, sessions] of bySymbol) runTrial(symbol, sessions, createRandom(round, 'real', symbol), trial)
    }
    const sessions = [...bySymbol.values()].reduce((sum, list) => sum + list.length, 0)
    console.log(
      tableOf(
        `Faults put into ${ROUNDS} rounds of ${sessions} real sessions; what is in them anyway is listed in the test.`,
        scoresOf(trial, []),
      ),
    )
  })

  const minuteOf = ({ date, finding }: OtherFinding): number => {
    const session = XNYS.session(date)
    return session === null ? NaN : (finding.ts - session.openTs) / 60
  }
  const rowsOn = (symbol: string, date: string): readonly Row[] =>
    bySymbol.get(symbol)?.find(({ session }) => session.date === date)?.rows ?? []

  test('nothing is found but what is wrong with them', () => {
    const found = inClean
      .filter(({ finding }) => finding.rule !== 'minutes_not_traded' && finding.rule !== 'tick_size')
      .map((one) => [one.symbol, one.date, one.finding.rule, minuteOf(one)])
    const text = (rows: readonly (readonly unknown[])[]): string[] => rows.map((row) => row.join(' ')).toSorted()
    expect(text(found)).toEqual(text(JUDGED))
  })

  test('the bad ticks lie outside everything within ten minutes by three usual bars', () => {
    const bad = inClean.filter(({ finding }) => finding.rule === 'bad_tick')
    for (const { symbol, date, finding } of bad) {
      const rows = rowsOn(symbol, date)
      const at = rows.findIndex(({ ts }) => ts === finding.ts)
      const around = rows
        .slice(Math.max(0, at - 10), at + 11)
        .filter(({ ts }) => !bad.some((one) => one.symbol === symbol && one.finding.ts === ts))
      const usual = median(around.map(({ high, low }) => high - low))
      const above = rows[at].high - Math.max(...around.map(({ high }) => high))
      const below = Math.min(...around.map(({ low }) => low)) - rows[at].low
      expect(Math.max(above, below) / usual, `${symbol} ${date} ${at}`).toBeGreaterThan(3)
    }
  })

  test('the minutes without a trade and the prices off the grid are those of the files', () => {
    for (const [symbol, sessions] of bySymbol) {
      for (const { session, rows } of sessions) {
        const of = (rule: string): number =>
          inClean
            .filter((one) => one.symbol === symbol && one.date === session.date && one.finding.rule === rule)
            .reduce((sum, { finding }) => sum + finding.bars, 0)
        expect(of('minutes_not_traded')).toBe((session.closeTs - session.openTs) / 60 - rows.length)
        // Prices of the files are ten-thousandths; half cents are those of trades at the middle of the spread.
        const isOff = (price: number): boolean => Math.round(price * 10_000) % 50 !== 0
        expect(of('tick_size')).toBe(rows.filter((row) => [row.open, row.high, row.low, row.close].some(isOff)).length)
      }
    }
  })

  test('every fault that is put in is found by the rule for it', () => {
    const missed = trial.faults.filter(({ wasFound }) => !wasFound)
    expect(missed.map(({ kind, symbol, date, minute }) => [kind.name, symbol, date, minute])).toEqual([])
  })

  test('of what a rule finds besides what was there before at least 95 % was put in', () => {
    expect(scoresOf(trial, []).filter(({ precision }) => !(precision >= 0.95))).toEqual([])
  })
})
