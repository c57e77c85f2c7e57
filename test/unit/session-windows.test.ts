import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCalendar } from '#shared/calendar/create-calendar.ts'
import { CalendarDefinition } from '#shared/calendar/definition.ts'
import { type OwnedSession, ownedSessions } from '#shared/calendar/session-windows.ts'
import { addDays } from '#shared/time.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'

const xnys = loadCalendar('XNYS', [join(import.meta.dirname, '../../data/calendars')])

/** Futures hours: Sunday to Thursday evening at 18:00 in New York until 17:00 the next day, closed on Christmas. */
const futures = createCalendar(
  CalendarDefinition.parse({
    id: 'FUTURES',
    name: 'Futures',
    zone: 'America/New_York',
    firstDate: '2024-01-01',
    lastDate: '2024-12-31',
    sources: [{ title: 'this test' }],
    hours: [{ open: '18:00', openDay: 'previous', close: '17:00' }],
    specialClosures: [{ date: '2024-12-25', reason: 'Christmas' }],
  }),
  'hash',
)

const utc = (iso: string): number => Date.parse(`${iso}Z`) / 1000

function ownerOf(windows: readonly OwnedSession[], ts: number): string[] {
  return windows.filter(({ fromTs, toTs }) => fromTs <= ts && ts < toTs).map(({ session }) => session.date)
}

/** Dates of 1990 to 2030 by their number. */
const range = fc
  .tuple(fc.integer({ min: 0, max: 14_900 }), fc.integer({ min: 0, max: 60 }))
  .map(
    ([start, days]) => [addDays('1990-01-01', start), addDays('1990-01-01', Math.min(14_974, start + days))] as const,
  )

describe('the windows of sessions', () => {
  test('cover the time line without gap or overlap, each around its session', () => {
    fc.assert(
      fc.property(range, ([from, to]) => {
        const windows = ownedSessions(xnys, from, to)
        expect(windows.map(({ session }) => session)).toEqual(xnys.sessionsBetween(from, to))
        for (const [i, { session, fromTs, toTs }] of windows.entries()) {
          expect(fromTs).toBe(i === 0 ? fromTs : windows[i - 1].toTs)
          expect(fromTs).toBeLessThanOrEqual(session.openTs)
          expect(toTs).toBeGreaterThanOrEqual(session.closeTs)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('do not depend on the range that was asked for', () => {
    const year = new Map(ownedSessions(xnys, '2023-12-01', '2025-01-31').map((owned) => [owned.session.date, owned]))
    const day = fc.integer({ min: 0, max: 365 }).map((days) => addDays('2024-01-01', days))
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 9 }), (from, days) => {
        for (const owned of ownedSessions(xnys, from, addDays(from, days))) {
          expect(owned).toEqual(year.get(owned.session.date))
        }
      }),
    )
  })

  test('end at midnight in New York, in winter and in summer', () => {
    const [tuesday] = ownedSessions(xnys, '2024-07-02', '2024-07-02')
    expect(tuesday).toMatchObject({ fromTs: utc('2024-07-02T04:00:00'), toTs: utc('2024-07-03T04:00:00') })
    const [wednesday] = ownedSessions(xnys, '2024-01-03', '2024-01-03')
    expect(wednesday).toMatchObject({ fromTs: utc('2024-01-03T05:00:00'), toTs: utc('2024-01-04T05:00:00') })
  })

  test.each([
    // The clock goes forward on Sunday 2024-03-10 and back on Sunday 2024-11-03: three days less or more one hour.
    ['2024-03-11', 71],
    ['2024-11-04', 73],
    ['2024-07-01', 72],
  ])('of Monday %s has %s hours', (date, hours) => {
    const [{ fromTs, toTs }] = ownedSessions(xnys, date, date)
    expect((toTs - fromTs) / 3600).toBe(hours)
  })

  test('give a holiday to the session that follows', () => {
    const windows = ownedSessions(xnys, '2024-07-01', '2024-07-12')
    // Thursday 2024-07-04; the half day before it still owns its evening.
    expect(ownerOf(windows, utc('2024-07-04T15:00:00'))).toEqual(['2024-07-05'])
    expect(ownerOf(windows, utc('2024-07-04T03:59:59'))).toEqual(['2024-07-03'])
    expect(ownerOf(windows, utc('2024-07-04T04:00:00'))).toEqual(['2024-07-05'])
    expect(ownerOf(windows, utc('2024-07-06T12:00:00'))).toEqual(['2024-07-08'])
  })

  test('look back over the longest closure, of a week in September 2001', () => {
    const [monday] = ownedSessions(xnys, '2001-09-17', '2001-09-17')
    expect(monday.fromTs).toBe(utc('2001-09-11T04:00:00'))
  })

  test('begin with the first day that the calendar knows', () => {
    const [first] = ownedSessions(xnys, '1990-01-01', '1990-01-05')
    expect(first).toMatchObject({ session: { date: '1990-01-02' }, fromTs: utc('1990-01-02T05:00:00') })
  })

  test('of a range without sessions are none', () => {
    expect(ownedSessions(xnys, '2024-07-06', '2024-07-07')).toEqual([])
  })

  test('of a range beyond the calendar are refused', () => {
    expect(() => ownedSessions(xnys, '2030-12-30', '2031-01-02')).toThrow(
      expect.objectContaining({ code: 'CALENDAR_HORIZON' }),
    )
  })
})

describe('where sessions open on the evening before', () => {
  const windows = ownedSessions(futures, '2024-06-28', '2024-07-05')

  test('each window holds its session', () => {
    for (const { session, fromTs, toTs } of windows) {
      expect([fromTs <= session.openTs, toTs >= session.closeTs]).toEqual([true, true])
    }
  })

  test('the evening belongs to the session that opens in it', () => {
    // Monday 2024-07-01 at 17:59 and 18:00 in New York.
    expect(ownerOf(windows, utc('2024-07-01T21:59:59'))).toEqual(['2024-07-01'])
    expect(ownerOf(windows, utc('2024-07-01T22:00:00'))).toEqual(['2024-07-02'])
    // Friday after the close and Sunday evening.
    expect(ownerOf(windows, utc('2024-06-28T22:30:00'))).toEqual(['2024-06-28'])
    expect(ownerOf(windows, utc('2024-06-30T22:00:00'))).toEqual(['2024-07-01'])
  })

  test('a window does not depend on the range that was asked for', () => {
    for (const owned of windows) {
      expect(ownedSessions(futures, owned.session.date, owned.session.date)).toEqual([owned])
    }
  })

  test('the evening before a holiday belongs to the day', () => {
    const december = ownedSessions(futures, '2024-12-23', '2024-12-27')
    expect(ownerOf(december, utc('2024-12-24T23:30:00'))).toEqual(['2024-12-24'])
    // Christmas evening, when Thursday's session opens.
    expect(ownerOf(december, utc('2024-12-25T23:00:00'))).toEqual(['2024-12-26'])
  })

  test('the last session that the calendar knows ends with its day', () => {
    const [last] = ownedSessions(futures, '2024-12-31', '2024-12-31')
    expect(last.toTs).toBe(utc('2025-01-01T05:00:00'))
  })
})
