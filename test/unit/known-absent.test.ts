import { expect, test } from 'vitest'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { splitKnownAbsent } from '#main/tws/ingest/known-absent.ts'
import { pieceOf } from '#main/tws/ingest/plan-ingest.ts'

const WEEK = loadCalendar('XNYS', ['data/calendars']).sessionsBetween('2024-06-24', '2024-06-28')
const PIECE = pieceOf('SPY', WEEK, true)

/** What a broker has that is open on these days. */
const scheduleOf = (...dates: string[]) => ({
  from: '2024-06-24',
  to: '2024-06-28',
  askedAtMs: 0,
  sessions: new Map(
    WEEK.filter(({ date }) => dates.includes(date)).map(({ date, openTs, closeTs }) => [date, { openTs, closeTs }]),
  ),
})
const datesOf = (piece: typeof PIECE): string[] => piece.sessions.map(({ date }) => date)
const ALL = WEEK.map(({ date }) => date)

test('a piece of which nothing is known to be absent stays whole', () => {
  expect(splitKnownAbsent(PIECE, { schedule: undefined, headTs: undefined }, true)).toEqual({
    absent: [],
    pieces: [PIECE],
  })
  expect(splitKnownAbsent(PIECE, { schedule: scheduleOf(...ALL), headTs: WEEK[0].openTs }, true)).toEqual({
    absent: [],
    pieces: [PIECE],
  })
})

test('sessions before the first bar are absent; the one in which it lies is asked for', () => {
  const { absent, pieces } = splitKnownAbsent(PIECE, { schedule: undefined, headTs: WEEK[2].openTs + 60 }, true)
  expect(absent.map(({ sessionDate, reason, expected }) => [sessionDate, reason, expected])).toEqual([
    ['2024-06-24', 'not-listed', 390],
    ['2024-06-25', 'not-listed', 390],
  ])
  expect(pieces.map(datesOf)).toEqual([['2024-06-26', '2024-06-27', '2024-06-28']])
})

test('a day that is not in the schedule is absent and cuts the piece apart', () => {
  const schedule = scheduleOf('2024-06-24', '2024-06-25', '2024-06-27', '2024-06-28')
  const { absent, pieces } = splitKnownAbsent(PIECE, { schedule, headTs: undefined }, true)
  expect(absent).toEqual([
    { sessionDate: '2024-06-26', bars: 0, known: 0, settled: true, reason: 'closed', expected: 0 },
  ])
  expect(pieces.map(datesOf)).toEqual([
    ['2024-06-24', '2024-06-25'],
    ['2024-06-27', '2024-06-28'],
  ])
})

test('nothing is left of a piece that is absent as a whole', () => {
  expect(splitKnownAbsent(PIECE, { schedule: scheduleOf(), headTs: undefined }, true).pieces).toEqual([])
})
