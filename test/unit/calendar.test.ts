import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { addDays, isoUtc } from '#shared/time.ts'

const ROOT = join(import.meta.dirname, '../..')
const INDEPENDENT_SESSIONS = join(ROOT, '../shared/data/calendars/xnys_to_2023-01.csv')

const xnys = loadCalendar('XNYS', [join(ROOT, 'data/calendars')])

/**
 * Written by hand. 2023 to 2025 and 2026 to 2028 are the lists that NYSE Group announced on 2022-12-21 and 2025-12-23, with the
 * closure of 2025-01-09 announced on 2024-12-30. 2029 (1 January is a Monday, Easter is 1 April) and 2030 (Tuesday, 21 April)
 * are worked out from Rule 7.2 with a paper calendar.
 */
const PUBLISHED: Record<string, { closed: string; earlyCloses: string }> = {
  2023: { closed: '01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25', earlyCloses: '07-03 11-24' },
  2024: { closed: '01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25', earlyCloses: '07-03 11-29 12-24' },
  2025: {
    closed: '01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25',
    earlyCloses: '07-03 11-28 12-24',
  },
  2026: { closed: '01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25', earlyCloses: '11-27 12-24' },
  2027: { closed: '01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24', earlyCloses: '11-26' },
  2028: { closed: '01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25', earlyCloses: '07-03 11-24' },
  2029: { closed: '01-01 01-15 02-19 03-30 05-28 06-19 07-04 09-03 11-22 12-25', earlyCloses: '07-03 11-23 12-24' },
  2030: { closed: '01-01 01-21 02-18 04-19 05-27 06-19 07-04 09-02 11-28 12-25', earlyCloses: '07-03 11-29 12-24' },
}

/** Early closes of 1990 to 2022 from the exchange's own historical list, by time of day in New York. */
const EARLIER_EARLY_CLOSES: Record<string, string> = {
  '14:00': '1990-12-24 1991-12-24 1992-11-27 1992-12-24',
  '13:00': `1993-11-26 1994-11-25 1995-07-03 1995-11-24 1996-07-05 1996-11-29 1996-12-24 1997-07-03 1997-11-28 1997-12-24
    1997-12-26 1998-11-27 1998-12-24 1999-11-26 1999-12-31 2000-07-03 2000-11-24 2001-07-03 2001-11-23 2001-12-24 2002-07-05
    2002-11-29 2002-12-24 2003-07-03 2003-11-28 2003-12-24 2003-12-26 2004-11-26 2005-11-25 2006-07-03 2006-11-24 2007-07-03
    2007-11-23 2007-12-24 2008-07-03 2008-11-28 2008-12-24 2009-11-27 2009-12-24 2010-11-26 2011-11-25 2012-07-03 2012-11-23
    2012-12-24 2013-07-03 2013-11-29 2013-12-24 2014-07-03 2014-11-28 2014-12-24 2015-11-27 2015-12-24 2016-11-25 2017-07-03
    2017-11-24 2018-07-03 2018-11-23 2018-12-24 2019-07-03 2019-11-29 2019-12-24 2020-11-27 2020-12-24 2021-11-26 2022-11-25`,
}

const newYorkClock = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'America/New_York',
  hour: '2-digit',
  minute: '2-digit',
})

/** Time of day in New York by the runtime's own time zone database, not by the code under test. */
function timeInNewYork(ts: number): string {
  return newYorkClock.format(new Date(ts * 1000))
}

function isWeekday(date: string): boolean {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return weekday >= 1 && weekday <= 5
}

function* datesBetween(from: string, to: string): Generator<string> {
  for (let date = from; date <= to; date = addDays(date, 1)) yield date
}

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('XNYS against an independent list of sessions', () => {
  if (!existsSync(INDEPENDENT_SESSIONS)) {
    console.info(`skipped: ${INDEPENDENT_SESSIONS} is not there`)
  }

  test.skipIf(!existsSync(INDEPENDENT_SESSIONS))(
    'every session of 1990 to 2023-01 has the same date, open and close',
    () => {
      const rows = readFileSync(INDEPENDENT_SESSIONS, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((row) => row.split(','))
      expect(rows).toHaveLength(8324)
      const expected = rows.map(([date, open, close]) => {
        const isShort = Date.parse(close) - Date.parse(open) < 6.5 * 3_600_000
        return { date: date.slice(0, 10), open, close, earlyClose: isShort }
      })
      const actual = xnys.sessionsBetween('1990-01-01', rows.at(-1)![0].slice(0, 10)).map((session) => ({
        date: session.date,
        open: isoUtc(session.openTs),
        close: isoUtc(session.closeTs),
        earlyClose: session.earlyClose,
      }))
      expect(actual).toEqual(expected)
    },
  )
})

describe('XNYS against published lists', () => {
  test.each(Object.entries(PUBLISHED))('%s has the published closures and early closes', (year, published) => {
    const closed: string[] = []
    const early: string[] = []
    for (const date of datesBetween(`${year}-01-01`, `${year}-12-31`)) {
      const session = xnys.session(date)
      if (session === null) {
        if (isWeekday(date)) closed.push(date.slice(5))
        continue
      }
      const close = timeInNewYork(session.closeTs)
      if (session.earlyClose) {
        early.push(date.slice(5))
        expect(`${date} ${close}`).toBe(`${date} 13:00`)
      } else {
        expect(`${date} ${close}`).toBe(`${date} 16:00`)
      }
      expect(timeInNewYork(session.openTs)).toBe('09:30')
    }
    expect(closed.join(' ')).toBe(published.closed)
    expect(early.join(' ')).toBe(published.earlyCloses)
  })

  test('the early closes of 1990 to 2022 are those of the historical list, at its times', () => {
    const expected = Object.entries(EARLIER_EARLY_CLOSES)
      .flatMap(([time, dates]) => dates.split(/\s+/).map((date) => `${date} ${time}`))
      .toSorted()
    const actual = xnys
      .sessionsBetween('1990-01-01', '2022-12-31')
      .filter((session) => session.earlyClose)
      .map((session) => `${session.date} ${timeInNewYork(session.closeTs)}`)
    expect(actual).toEqual(expected)
  })

  test.each([
    ['1994-04-27', 'funeral of President Nixon'],
    ['2001-09-11', 'attacks'],
    ['2001-09-14', 'attacks'],
    ['2004-06-11', 'President Reagan'],
    ['2007-01-02', 'President Ford'],
    ['2012-10-29', 'Hurricane Sandy'],
    ['2012-10-30', 'Hurricane Sandy'],
    ['2018-12-05', 'President G. H. W. Bush'],
    ['2025-01-09', 'President Carter'],
  ])('is closed on %s (%s)', (date) => {
    expect(xnys.session(date)).toBeNull()
  })

  test.each(['1993-12-31', '1999-12-31', '2004-12-31', '2010-12-31', '2021-12-31', '2027-12-31'])(
    'is open on %s, the Friday before a New Year on a Saturday',
    (date) => {
      expect(xnys.session(date)).not.toBeNull()
    },
  )

  test.each([
    ['1997-01-20', '1998-01-19', 'Martin Luther King, Jr. Day'],
    ['2021-06-18', '2022-06-20', 'Juneteenth'],
  ])('is open on %s and closed on %s: %s became a holiday', (before, after) => {
    expect(xnys.session(before)).not.toBeNull()
    expect(xnys.session(after)).toBeNull()
  })

  test('has the number of sessions of recent years', () => {
    const count = (year: number): number => xnys.sessionsBetween(`${year}-01-01`, `${year}-12-31`).length
    // Weekdays of the year less the closures listed above: 260 - 10, 262 - 10, 261 - 11, 261 - 10.
    expect([2023, 2024, 2025, 2026].map(count)).toEqual([250, 252, 250, 251])
  })

  test('opens an hour earlier in UTC after the clocks go forward, and later after they go back', () => {
    const openOf = (date: string): string => isoUtc(xnys.session(date)!.openTs)
    expect(openOf('2024-03-08')).toBe('2024-03-08T14:30:00Z')
    expect(openOf('2024-03-11')).toBe('2024-03-11T13:30:00Z')
    expect(openOf('2024-11-01')).toBe('2024-11-01T13:30:00Z')
    expect(openOf('2024-11-04')).toBe('2024-11-04T14:30:00Z')
    // Before 2007 daylight saving time began on the first Sunday of April.
    expect(openOf('2006-03-31')).toBe('2006-03-31T14:30:00Z')
    expect(openOf('2006-04-03')).toBe('2006-04-03T13:30:00Z')
  })
})

describe('XNYS as a calendar', () => {
  const dates = fc.integer({ min: 0, max: 14_974 }).map((days) => addDays('1990-01-01', days))

  test('sessions of any range ascend, open before they close, never on a weekend, and are what session() says', () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: 0, max: 400 }), (from, length) => {
        const end = addDays(from, length)
        const to = end > '2030-12-31' ? '2030-12-31' : end
        const sessions = xnys.sessionsBetween(from, to)
        const oneByOne = [...datesBetween(from, to)]
          .map((date) => xnys.session(date))
          .filter((session) => session !== null)
        expect(sessions).toEqual(oneByOne)
        for (const [index, session] of sessions.entries()) {
          expect(isWeekday(session.date)).toBe(true)
          expect(session.openTs).toBeLessThan(session.closeTs)
          expect(timeInNewYork(session.openTs)).toBe('09:30')
          expect(session.earlyClose).toBe(session.closeTs - session.openTs < 23_400)
          if (index > 0) {
            expect(session.date > sessions[index - 1].date).toBe(true)
            expect(session.openTs).toBeGreaterThan(sessions[index - 1].closeTs)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('an instant belongs to the session of its date in New York, open or not', () => {
    const newYorkDate = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York', dateStyle: 'short' })
    const first = Date.parse('1990-01-01T05:00:00Z') / 1000
    const last = Date.parse('2031-01-01T04:59:59Z') / 1000
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (ts) => {
        expect(xnys.sessionOfInstant(ts)).toBe(xnys.session(newYorkDate.format(new Date(ts * 1000))))
      }),
      { numRuns: 2000 },
    )
  })

  test('answers the same session object every time, and nobody can change it', () => {
    const session = xnys.session('2024-07-03')!
    expect(xnys.sessionsBetween('2024-07-03', '2024-07-03')).toEqual([session])
    expect(Object.isFrozen(session)).toBe(true)
    expect(session).toEqual<Session>({
      date: '2024-07-03',
      openTs: Date.parse('2024-07-03T13:30:00Z') / 1000,
      closeTs: Date.parse('2024-07-03T17:00:00Z') / 1000,
      breakStartTs: null,
      breakEndTs: null,
      earlyClose: true,
    })
  })

  test('a range without sessions, or one that ends before it begins, is empty', () => {
    expect(xnys.sessionsBetween('2024-07-06', '2024-07-07')).toEqual([])
    expect(xnys.sessionsBetween('2024-07-05', '2024-07-01')).toEqual([])
  })

  test.each([
    ['a date before it', () => xnys.session('1989-12-29')],
    ['a date after it', () => xnys.session('2031-01-02')],
    ['a range that begins before it', () => xnys.sessionsBetween('1989-12-01', '1990-01-31')],
    ['a range that ends after it', () => xnys.sessionsBetween('2030-12-30', '2031-01-02')],
    ['an instant before it', () => xnys.sessionOfInstant(Date.parse('1990-01-01T04:59:59Z') / 1000)],
    ['an instant after it', () => xnys.sessionOfInstant(Date.parse('2031-01-01T05:00:00Z') / 1000)],
  ])('refuses to guess beyond its horizon: %s', (_what, action) => {
    const error = errorOf(action)
    expect(error.code).toBe('CALENDAR_HORIZON')
    expect(error.message).toContain('1990-01-01 to 2030-12-31')
    expect(error.hint).toContain('1990-01-01 to 2030-12-31')
  })

  test('answers for the first and the last day of its horizon', () => {
    expect(xnys.session('1990-01-01')).toBeNull()
    expect(xnys.session('2030-12-31')?.date).toBe('2030-12-31')
    expect(xnys.sessionOfInstant(Date.parse('2031-01-01T04:59:59Z') / 1000)?.date).toBe('2030-12-31')
  })

  test.each([
    ['a date that does not exist', () => xnys.session('2024-02-30')],
    ['another notation', () => xnys.session('20240703')],
    ['no instant', () => xnys.sessionOfInstant(Number.NaN)],
  ])('refuses %s', (_what, action) => {
    expect(errorOf(action).code).toBe('BAD_ARGUMENTS')
  })
})
