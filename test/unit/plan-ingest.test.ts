import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Session } from '#shared/calendar/calendar.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import {
  isFinal,
  type PlanInput,
  planIngest,
  previewPlan,
  SETTLE_SECONDS,
  pieceOf,
} from '#main/tws/ingest/plan-ingest.ts'

const xnys = loadCalendar('XNYS', [join(import.meta.dirname, '../../data/calendars')])

/** Wednesday 2024-07-03 is a half day of 210 minutes and Thursday the 4th a holiday. */
const WEEK = xnys.sessionsBetween('2024-07-01', '2024-07-12')
const dates = (sessions: readonly Session[]): string[] => sessions.map(({ date }) => date.slice(5))

function inputOf(change: Partial<PlanInput> = {}): PlanInput {
  return {
    wanted: [{ symbol: 'SPY', sessions: WEEK }],
    fetched: () => false,
    useRth: true,
    maxBarsPerRequest: 2000,
    nowTs: 2_000_000_000,
    ...change,
  }
}

describe('a plan', () => {
  test('cuts sessions into requests of bounded size', () => {
    const pieces = planIngest(inputOf())
    // 390 + 390 + 210 + 390 + 390 = 1770; a sixth session would make it 2160.
    expect(pieces.map((piece) => [dates(piece.sessions), piece.expectedBars, piece.duration])).toEqual([
      [['07-01', '07-02', '07-03', '07-05', '07-08'], 1770, '5 D'],
      [['07-09', '07-10', '07-11', '07-12'], 1560, '4 D'],
    ])
    expect(pieces[0].endTs).toBe(Date.UTC(2024, 6, 8, 20) / 1000)
    expect(pieces.every(({ symbol }) => symbol === 'SPY')).toBe(true)
  })

  test('fills a request to exactly its size', () => {
    const sizes = (maxBarsPerRequest: number): number[] =>
      planIngest(inputOf({ maxBarsPerRequest })).map(({ sessions }) => sessions.length)
    expect(sizes(780)).toEqual([2, 2, 2, 2, 1])
    expect(sizes(779)).toEqual([1, 2, 1, 1, 1, 1, 1, 1])
    expect(sizes(390)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1])
    expect(sizes(5000)).toEqual([9])
  })

  test('asks for a session alone when it is larger than a request may be', () => {
    expect(planIngest(inputOf({ maxBarsPerRequest: 100 })).map(({ sessions }) => sessions.length)).toEqual(
      WEEK.map(() => 1),
    )
  })

  test('leaves out what is stored and never spans it', () => {
    const stored = new Set(['2024-07-03', '2024-07-10'])
    const pieces = planIngest(inputOf({ fetched: (_symbol, date) => stored.has(date) }))
    expect(pieces.map(({ sessions }) => dates(sessions))).toEqual([
      ['07-01', '07-02'],
      ['07-05', '07-08', '07-09'],
      ['07-11', '07-12'],
    ])
  })

  test('lets the symbols take turns', () => {
    const wanted = ['SPY', 'IBM'].map((symbol) => ({ symbol, sessions: WEEK.slice(0, 2) }))
    const fetched = (symbol: string, date: string): boolean => symbol === 'SPY' && date === '2024-07-01'
    expect(
      planIngest(inputOf({ wanted, fetched })).map(({ symbol, sessions }) => [symbol, ...dates(sessions)]),
    ).toEqual([
      ['SPY', '07-02'],
      ['IBM', '07-01', '07-02'],
    ])
  })

  test('of nothing, or of what is all there, is empty', () => {
    expect(planIngest(inputOf({ wanted: [] }))).toEqual([])
    expect(planIngest(inputOf({ wanted: [{ symbol: 'SPY', sessions: [] }] }))).toEqual([])
    expect(planIngest(inputOf({ fetched: () => true }))).toEqual([])
  })

  test('takes extended hours as 960 minutes that end four hours after the close', () => {
    const pieces = planIngest(inputOf({ useRth: false }))
    expect(pieces.map(({ sessions, expectedBars }) => [sessions.length, expectedBars])).toEqual([
      [2, 1920],
      [2, 1920],
      [2, 1920],
      [2, 1920],
      [1, 960],
    ])
    // 2024-07-02, 20:00 in New York; the half day's extended hours end at 17:00.
    expect(pieces[0].endTs).toBe(Date.UTC(2024, 6, 3, 0) / 1000)
    expect(pieceOf('SPY', [WEEK[2]], false).endTs).toBe(Date.UTC(2024, 6, 3, 21) / 1000)
  })

  test('waits until the bars of a session are final', () => {
    const [session] = WEEK
    const close = session.closeTs
    expect(isFinal(session, { useRth: true, nowTs: close + SETTLE_SECONDS })).toBe(true)
    expect(isFinal(session, { useRth: true, nowTs: close + SETTLE_SECONDS - 1 })).toBe(false)
    expect(isFinal(session, { useRth: false, nowTs: close + 14_400 + SETTLE_SECONDS })).toBe(true)
    expect(isFinal(session, { useRth: false, nowTs: close + 14_400 + SETTLE_SECONDS - 1 })).toBe(false)
    const nowTs = WEEK[1].closeTs + SETTLE_SECONDS
    expect(planIngest(inputOf({ nowTs })).map(({ sessions }) => dates(sessions))).toEqual([['07-01', '07-02']])
  })

  test('asks for every missing session once, in order, in runs without a gap', () => {
    const stored = fc.uniqueArray(fc.constantFrom(...WEEK.map(({ date }) => date)))
    const known = fc.tuple(stored, fc.integer({ min: 100, max: 3000 }), fc.boolean(), fc.integer({ min: 0, max: 12 }))
    fc.assert(
      fc.property(known, ([storedDates, maxBarsPerRequest, useRth, days]) => {
        const nowTs = WEEK[0].closeTs + days * 86_400
        const pieces = planIngest(
          inputOf({ fetched: (_symbol, date) => storedDates.includes(date), maxBarsPerRequest, useRth, nowTs }),
        )
        const missing = WEEK.filter(
          (session) => isFinal(session, { useRth, nowTs }) && !storedDates.includes(session.date),
        )
        expect(pieces.flatMap(({ sessions }) => sessions)).toEqual(missing)
        for (const { sessions, expectedBars, duration } of pieces) {
          const first = WEEK.indexOf(sessions[0])
          expect(sessions).toEqual(WEEK.slice(first, first + sessions.length))
          expect(sessions.length === 1 || expectedBars <= maxBarsPerRequest).toBe(true)
          expect(duration).toBe(`${sessions.length} D`)
        }
      }),
    )
  })
})

describe('the preview of a plan', () => {
  test('counts what is there, what is missing and what it takes', () => {
    const stored = new Set(['2024-07-01', '2024-07-02'])
    const wanted = ['SPY', 'IBM'].map((symbol) => ({ symbol, sessions: WEEK }))
    const nowTs = WEEK[7].closeTs + SETTLE_SECONDS
    const fetched = (symbol: string, date: string): boolean => symbol === 'SPY' && stored.has(date)
    // Friday 07-12 is not over yet. IBM: 07-01 to 07-08, then 07-09 to 07-11; SPY: 210 + 4 * 390 = 1770, then 07-11.
    expect(previewPlan(inputOf({ wanted, fetched, nowTs }), '2024-07-01', '2024-07-12')).toEqual({
      from: '2024-07-01',
      to: '2024-07-12',
      sessions: 18,
      sessionsAlreadyStored: 2,
      sessionsToFetch: 14,
      sessionsNotFinished: 2,
      sessionsKnownAbsent: 0,
      requests: 4,
      expectedBars: 210 + 5 * 390 + 210 + 7 * 390,
      symbols: [
        { symbol: 'SPY', sessionsAlreadyStored: 2, sessionsToFetch: 6, requests: 2 },
        { symbol: 'IBM', sessionsAlreadyStored: 0, sessionsToFetch: 8, requests: 2 },
      ],
    })
  })

  test('asks nothing for what the broker is known not to have, and counts it', () => {
    const wanted = [{ symbol: 'SPY', sessions: WEEK }]
    const knownAbsent = (_symbol: string, { date }: { date: string }): boolean => date <= '2024-07-02'
    const fetched = (_symbol: string, date: string): boolean => date === '2024-07-01'
    // Monday is stored, Tuesday absent; seven of the nine are left: 210 + 4 * 390 = 1770, then 2 * 390.
    expect(previewPlan(inputOf({ wanted, fetched, knownAbsent }), '2024-07-01', '2024-07-12')).toMatchObject({
      sessions: 9,
      sessionsAlreadyStored: 1,
      sessionsKnownAbsent: 1,
      sessionsToFetch: 7,
      requests: 2,
    })
  })
})
