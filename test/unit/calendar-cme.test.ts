import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  builtIn,
  closuresOf,
  earlyClosesOf,
  instant,
  isWeekday,
  LEAN_HOURS,
  utcTimes,
  wallClock,
} from './calendar-fixtures.ts'

const cmes = builtIn('CMES')
const nym = builtIn('NYM')
const cmx = builtIn('CMX')

const isLeanThere = existsSync(LEAN_HOURS)
if (!isLeanThere) console.info(`skipped: ${LEAN_HOURS} is not there`)

describe('hours of CME index futures over the years (CME notices)', () => {
  test.each([
    // Until November 2012 from 16:30 the day before, with maintenance from 17:30 to 18:00, to 16:15. New York is UTC-4 in June.
    ['2012-06-13', '2012-06-12 20:30-2012-06-12 21:30|2012-06-12 22:00-20:15'],
    // A Monday opens on Sunday at 18:00.
    ['2012-06-11', '2012-06-10 22:00-20:15'],
    ['2012-11-16', '2012-11-15 21:30-2012-11-15 22:30|2012-11-15 23:00-21:15'],
    // From 19 November 2012: 18:00 to 17:15 with the halt from 16:15 to 16:30. New York is UTC-5.
    ['2012-11-19', '2012-11-18 23:00-21:15|21:30-22:15'],
    ['2012-11-20', '2012-11-19 23:00-21:15|21:30-22:15'],
    ['2015-09-18', '2015-09-17 22:00-20:15|20:30-21:15'],
    // From 21 September 2015 until 17:00.
    ['2015-09-21', '2015-09-20 22:00-20:15|20:30-21:00'],
    ['2021-06-25', '2021-06-24 22:00-20:15|20:30-21:00'],
    // From 28 June 2021 without the halt.
    ['2021-06-28', '2021-06-27 22:00-21:00'],
    ['2026-11-25', '2026-11-24 23:00-22:00'],
  ])('%s is %s UTC', (date, times) => {
    expect(utcTimes(cmes, date)).toBe(times)
  })

  test('until 2012 the session after a holiday opens at 18:00 and has no maintenance in it', () => {
    // 2011: Labor Day was 5 September, Thanksgiving Day 24 November.
    expect(utcTimes(cmes, '2011-09-05')).toBe('2011-09-04 22:00-15:30 early')
    expect(utcTimes(cmes, '2011-09-06')).toBe('2011-09-05 22:00-20:15')
    expect(utcTimes(cmes, '2011-11-25')).toBe('2011-11-24 23:00-18:15 early')
    expect(utcTimes(cmes, '2012-07-05')).toBe('2012-07-04 22:00-20:15')
    expect(utcTimes(cmes, '2011-12-27')).toBe('2011-12-26 23:00-21:15')
  })
})

describe('holidays of CME index futures', () => {
  test.each([
    // Closed on New Year's Day, Good Friday and Christmas Day; 11:30 on holidays until February 2014, 13:00 since.
    [
      2010,
      '01-01 12-24',
      '01-18 11:30, 02-15 11:30, 04-02 09:15, 05-31 11:30, 07-05 11:30, 09-06 11:30, 11-25 11:30, 11-26 13:15',
    ],
    [2011, '04-22 12-26', '01-17 11:30, 02-21 11:30, 05-30 11:30, 07-04 11:30, 09-05 11:30, 11-24 11:30, 11-25 13:15'],
    [
      2012,
      '01-02 12-25',
      '01-16 11:30, 02-20 11:30, 04-06 09:15, 05-28 11:30, 07-03 13:15, 07-04 11:30, 09-03 11:30, 10-29 09:15, 10-30 09:15, 11-22 11:30, 11-23 13:15, 12-24 13:15',
    ],
    [
      2014,
      '01-01 04-18 12-25',
      '01-20 11:30, 02-17 11:30, 05-26 13:00, 07-03 13:15, 07-04 13:00, 09-01 13:00, 11-27 13:00, 11-28 13:15, 12-24 13:15',
    ],
    [
      2015,
      '01-01 12-25',
      '01-19 13:00, 02-16 13:00, 04-03 09:15, 05-25 13:00, 07-03 13:00, 09-07 13:00, 11-26 13:00, 11-27 13:15, 12-24 13:15',
    ],
    [
      2018,
      '01-01 03-30 12-25',
      '01-15 13:00, 02-19 13:00, 05-28 13:00, 07-03 13:15, 07-04 13:00, 09-03 13:00, 11-22 13:00, 11-23 13:15, 12-05 09:30, 12-24 13:15',
    ],
    [
      2021,
      '01-01 12-24',
      '01-18 13:00, 02-15 13:00, 04-02 09:15, 05-31 13:00, 07-05 13:00, 09-06 13:00, 11-25 13:00, 11-26 13:15',
    ],
    [
      2022,
      '04-15 12-26',
      '01-17 13:00, 02-21 13:00, 05-30 13:00, 06-20 13:00, 07-04 13:00, 09-05 13:00, 11-24 13:00, 11-25 13:15',
    ],
    [
      2023,
      '01-02 12-25',
      '01-16 13:00, 02-20 13:00, 04-07 09:15, 05-29 13:00, 06-19 13:00, 07-03 13:15, 07-04 13:00, 09-04 13:00, 11-23 13:00, 11-24 13:15',
    ],
    [
      2024,
      '01-01 03-29 12-25',
      '01-15 13:00, 02-19 13:00, 05-27 13:00, 06-19 13:00, 07-03 13:15, 07-04 13:00, 09-02 13:00, 11-28 13:00, 11-29 13:15, 12-24 13:15',
    ],
    [
      2025,
      '01-01 04-18 12-25',
      '01-09 09:30, 01-20 13:00, 02-17 13:00, 05-26 13:00, 06-19 13:00, 07-03 13:15, 07-04 13:00, 09-01 13:00, 11-27 13:00, 11-28 13:15, 12-24 13:15',
    ],
    [
      2026,
      '01-01 12-25',
      '01-19 13:00, 02-16 13:00, 04-03 09:15, 05-25 13:00, 06-19 13:00, 07-03 13:00, 09-07 13:00, 11-26 13:00, 11-27 13:15, 12-24 13:15',
    ],
    // By the rules: 19 June and 25 December are Saturdays, 4 July is a Sunday, Easter is 28 March.
    [
      2027,
      '01-01 03-26 12-24',
      '01-18 13:00, 02-15 13:00, 05-31 13:00, 06-18 13:00, 07-05 13:00, 09-06 13:00, 11-25 13:00, 11-26 13:15',
    ],
  ])('%i', (year, closed, early) => {
    expect(closuresOf(cmes, year)).toBe(closed)
    expect(earlyClosesOf(cmes, year)).toBe(early)
  })

  test('a national day of mourning ends the night session at 09:30, and the next one opens that evening', () => {
    expect(utcTimes(cmes, '2018-12-05')).toBe('2018-12-04 23:00-14:30 early')
    expect(utcTimes(cmes, '2018-12-06')).toBe('2018-12-05 23:00-21:15|21:30-22:00')
    expect(utcTimes(cmes, '2025-01-09')).toBe('2025-01-08 23:00-14:30 early')
  })

  test('a holiday has a session of its own, and what is traded in the evening belongs to the next business day', () => {
    // CME for 18 to 20 January 2026: open Sunday 17:00, halt Monday 12:00, open Monday 17:00, close Tuesday 16:00 (Chicago).
    expect(utcTimes(cmes, '2026-01-19')).toBe('2026-01-18 23:00-18:00 early')
    expect(utcTimes(cmes, '2026-01-20')).toBe('2026-01-19 23:00-22:00')
    expect(cmes.sessionOfInstant(instant('2026-01-19T17:59:00Z'))?.date).toBe('2026-01-19')
    expect(cmes.sessionOfInstant(instant('2026-01-19T20:00:00Z'))?.date).toBe('2026-01-19')
    expect(cmes.sessionOfInstant(instant('2026-01-19T23:00:00Z'))?.date).toBe('2026-01-20')
  })

  test('after a closure in the middle of the week trading begins that evening', () => {
    expect(utcTimes(cmes, '2024-12-25')).toBeNull()
    expect(utcTimes(cmes, '2024-12-26')).toBe('2024-12-25 23:00-22:00')
    expect(cmes.sessionOfInstant(instant('2024-12-25T15:00:00Z'))).toBeNull()
  })

  test('a New Year on a Saturday closes nothing', () => {
    expect(utcTimes(cmes, '2021-12-31')).toBe('2021-12-30 23:00-22:00')
    expect(utcTimes(cmes, '2022-01-03')).toBe('2022-01-02 23:00-22:00')
    expect(cmes.session('2010-12-31')?.earlyClose).toBe(false)
  })
})

describe('a week of CME index futures', () => {
  test.each([
    ['Sunday before the opening', '2024-07-07T21:59:59Z', null],
    ['Sunday evening', '2024-07-07T22:00:00Z', '2024-07-08'],
    ['the last second before maintenance', '2024-07-08T20:59:59Z', '2024-07-08'],
    ['maintenance', '2024-07-08T21:30:00Z', '2024-07-08'],
    ['the opening after it', '2024-07-08T22:00:00Z', '2024-07-09'],
    ['Friday after the close', '2024-07-12T22:30:00Z', '2024-07-12'],
    ['Saturday', '2024-07-13T15:00:00Z', null],
  ])('%s', (_when, iso, date) => {
    expect(cmes.sessionOfInstant(instant(iso))?.date ?? null).toBe(date)
  })

  test('moves by an hour in UTC with the clocks of New York, not of Europe', () => {
    // US clocks went forward on 10 March 2024, European on the 31st; back on 3 November and 27 October.
    expect(utcTimes(cmes, '2024-03-08')).toBe('2024-03-07 23:00-22:00')
    expect(utcTimes(cmes, '2024-03-11')).toBe('2024-03-10 22:00-21:00')
    expect(utcTimes(cmes, '2024-04-01')).toBe('2024-03-31 22:00-21:00')
    expect(utcTimes(cmes, '2024-10-28')).toBe('2024-10-27 22:00-21:00')
    expect(utcTimes(cmes, '2024-11-04')).toBe('2024-11-03 23:00-22:00')
  })
})

describe('NYMEX and COMEX', () => {
  test('trade without a halt from 18:00 to 17:15, since 21 September 2015 to 17:00', () => {
    expect(utcTimes(nym, '2012-06-13')).toBe('2012-06-12 22:00-21:15')
    expect(utcTimes(nym, '2015-09-18')).toBe('2015-09-17 22:00-21:15')
    expect(utcTimes(nym, '2015-09-21')).toBe('2015-09-20 22:00-21:00')
    expect(utcTimes(nym, '2024-07-08')).toBe('2024-07-07 22:00-21:00')
  })

  test.each([
    // 4 July 2013 and 20 January 2014 as brokers quoted CME; 2020 to 2022 and 2026 as CME published.
    [2013, '01-01 03-29 12-25', /07-04 13:15.*12-24 13:45$/],
    [2014, '01-01 04-18 12-25', /^01-20 13:15, 02-17 13:15, 05-26 13:00/],
    [
      2020,
      '01-01 04-10 12-25',
      /^01-20 13:00, 02-17 13:00, 05-25 13:00, 07-03 13:00, 09-07 13:00, 11-26 13:00, 11-27 13:45, 12-24 13:45$/,
    ],
    [
      2021,
      '01-01 04-02 12-24',
      /^01-18 13:00, 02-15 13:00, 05-31 13:00, 07-05 13:00, 09-06 13:00, 11-25 13:00, 11-26 13:45$/,
    ],
    [
      2022,
      '04-15 12-26',
      /^01-17 14:30, 02-21 14:30, 05-30 14:30, 06-20 14:30, 07-04 14:30, 09-05 13:00, 11-24 14:30, 11-25 13:45$/,
    ],
    [
      2026,
      '01-01 04-03 12-25',
      /^01-19 14:30, 02-16 14:30, 05-25 14:30, 06-19 13:00, 07-03 13:00, 09-07 14:30, 11-26 14:30, 11-27 14:45, 12-24 13:45$/,
    ],
  ])('holidays of %i', (year, closed, early) => {
    expect(closuresOf(nym, year)).toBe(closed)
    expect(earlyClosesOf(nym, year)).toMatch(early)
  })

  test('trade as usual on the days on which only the stock market was closed', () => {
    for (const date of ['2012-10-29', '2012-10-30', '2018-12-05', '2025-01-09']) {
      expect(nym.session(date)?.earlyClose).toBe(false)
    }
  })

  test('COMEX has the sessions of NYMEX under its own id', () => {
    expect(cmx.id).toBe('CMX')
    expect(cmx.sessionsBetween('2010-01-01', '2030-12-31')).toEqual(nym.sessionsBetween('2010-01-01', '2030-12-31'))
  })
})

interface LeanEntry {
  readonly holidays: readonly string[]
  readonly earlyCloses: ReadonlyMap<string, string>
  readonly lateOpens: ReadonlyMap<string, string>
}

/** What an entry of the independent database says, with dates as `YYYY-MM-DD`. */
function leanEntry(name: string): LeanEntry {
  const iso = (date: string): string => {
    const [month, day, year] = date.split('/')
    return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  }
  const times = (byDate: Record<string, string>): Map<string, string> =>
    new Map(Object.entries(byDate).map(([date, time]) => [iso(date), time.slice(0, 5)]))
  const { entries } = JSON.parse(readFileSync(LEAN_HOURS, 'utf8')) as {
    entries: Record<
      string,
      { holidays: string[]; earlyCloses: Record<string, string>; lateOpens?: Record<string, string> }
    >
  }
  const { holidays, earlyCloses, lateOpens } = entries[name]
  return { holidays: holidays.map(iso), earlyCloses: times(earlyCloses), lateOpens: times(lateOpens ?? {}) }
}

/** Early closes from `from` on of the independent database and of the calendar, as sorted `YYYY-MM-DD HH:MM`. */
function earlyClosesOfBoth(name: string, calendar: typeof cmes, from: string): { lean: string[]; ours: string[] } {
  // A "close" at 17:00 is its way to write that there is no session that evening.
  const lean = [...leanEntry(name).earlyCloses].filter(([date, time]) => date >= from && time !== '17:00')
  const last = lean
    .map(([date]) => date)
    .toSorted()
    .at(-1)!
  const ours = calendar.sessionsBetween(from, last).filter(({ earlyClose }) => earlyClose)
  return {
    lean: lean.map(([date, time]) => `${date} ${time}`).toSorted(),
    ours: ours.map(({ closeTs }) => wallClock(closeTs, calendar.zone)),
  }
}

describe.skipIf(!isLeanThere)('against an independent database of market hours', () => {
  test('every early close of ES from 2010 to 2026 is at the same time, and the differences are known', () => {
    const { lean, ours } = earlyClosesOfBoth('Future-cme-ES', cmes, '2010-01-01')
    expect(lean.length).toBeGreaterThan(140)
    expect(lean.filter((entry) => !ours.includes(entry))).toEqual([])
    // It has not got the two storm days and the two days of mourning, and lacks three days that CME published (a correction of it is
    // under way: https://github.com/QuantConnect/Lean/pull/9807). It ends with single days of 2027.
    expect(ours.filter((entry) => !lean.includes(entry) && entry < '2027')).toEqual([
      '2012-10-29 09:15',
      '2012-10-30 09:15',
      '2018-12-05 09:30',
      '2023-07-03 13:15',
      '2024-07-03 13:15',
      '2024-11-29 13:15',
      '2025-01-09 09:30',
    ])
  })

  test('a session of ES opens on the evening of every holiday on which it says so', () => {
    const evenings = [...leanEntry('Future-cme-ES').lateOpens]
      .map(([date, time]) => `${date} ${time}`)
      .filter((evening) => evening >= '2010')
    const openings = new Set(
      cmes.sessionsBetween('2010-01-01', '2027-12-31').map(({ openTs }) => wallClock(openTs, cmes.zone)),
    )
    expect(evenings.length).toBeGreaterThan(100)
    expect(evenings.filter((evening) => !openings.has(evening))).toEqual([])
  })

  test('the full closures of CME from 2010 to 2024 are the same but for days on which index futures had a short session', () => {
    const shortSessions = ['2012-10-29', '2012-10-30', '2018-12-05']
    const lean = leanEntry('Future-cme-[*]').holidays.filter(
      (date) => date >= '2010' && date < '2023-12' && isWeekday(date),
    )
    const ours: string[] = []
    for (let year = 2010; year <= 2023; year++) {
      ours.push(
        ...closuresOf(cmes, year)
          .split(' ')
          .map((date) => `${year}-${date}`),
      )
    }
    expect(ours.filter((date) => date < '2023-12')).toEqual(lean.filter((date) => !shortSessions.includes(date)))
  })

  test('every closure of NYMEX and COMEX from 2010 to 2023 is one of COMEX', () => {
    const lean = leanEntry('Future-comex-[*]').holidays
    for (let year = 2010; year <= 2023; year++) {
      const ours = closuresOf(nym, year)
        .split(' ')
        .map((date) => `${year}-${date}`)
      expect(ours.filter((date) => !lean.includes(date))).toEqual([])
    }
  })

  test('every early close of GC from 2024 to 2026 is at the same time, but for one that it lacks', () => {
    const { lean, ours } = earlyClosesOfBoth('Future-comex-GC', cmx, '2024-01-01')
    expect(lean.length).toBeGreaterThan(25)
    expect(lean.filter((entry) => !ours.includes(entry))).toEqual([])
    expect(ours.filter((entry) => !lean.includes(entry) && entry < '2027')).toEqual(['2024-11-29 13:45'])
  })

  test('the early closes and the closures of US equities are those of XNYS', () => {
    const xnys = builtIn('XNYS')
    const { holidays, earlyCloses } = leanEntry('Equity-usa-[*]')
    const isRecent = (date: string): boolean => date >= '1998-01-01' && date <= '2026-12-31'
    const closed = holidays.filter((date) => isRecent(date) && isWeekday(date))
    expect(closed.length).toBeGreaterThan(250)
    expect(closed.filter((date) => xnys.session(date) !== null)).toEqual([])
    const early = [...earlyCloses]
      .filter(([date]) => isRecent(date) && isWeekday(date))
      .map(([date, time]) => `${date} ${time}`)
    const ours = xnys
      .sessionsBetween('1998-01-01', '2026-12-31')
      .filter(({ earlyClose }) => earlyClose)
      .map(({ closeTs }) => wallClock(closeTs, xnys.zone))
    expect(early.length).toBeGreaterThan(50)
    expect(early.filter((entry) => !ours.includes(entry))).toEqual([])
  })
})
