import { describe, expect, test } from 'vitest'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { CalendarDefinitionError, createCalendar } from '#shared/calendar/create-calendar.ts'
import { CalendarDefinition } from '#shared/calendar/definition.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isoUtc } from '#shared/time.ts'

/** A calendar of one regular week, 09:00 to 17:00 UTC, with `changes` on top. */
function definitionOf(changes: object): CalendarDefinition {
  return CalendarDefinition.parse({
    id: 'TEST',
    name: 'Test exchange',
    zone: 'UTC',
    firstDate: '2024-01-01',
    lastDate: '2024-12-31',
    sources: [{ title: 'this test' }],
    hours: [{ open: '09:00', close: '17:00' }],
    ...changes,
  })
}

function calendarOf(changes: object): TradingCalendar {
  return createCalendar(definitionOf(changes), 'hash')
}

/** Session times in UTC without the date where it is the session's own: `open-breakStart|breakEnd-close`. */
function timesOf(calendar: TradingCalendar, date: string): string | null {
  const session = calendar.session(date)
  if (session === null) return null
  const time = (ts: number): string => isoUtc(ts).slice(0, 16).replace(`${date}T`, '')
  const pause =
    session.breakStartTs === null || session.breakEndTs === null
      ? ''
      : `${time(session.breakStartTs)}|${time(session.breakEndTs)}-`
  return `${time(session.openTs)}-${pause}${time(session.closeTs)}${session.earlyClose ? ' early' : ''}`
}

function instant(iso: string): number {
  return Date.parse(iso) / 1000
}

function problemsOf(changes: object): string[] {
  try {
    calendarOf(changes)
  } catch (error) {
    if (!(error instanceof CalendarDefinitionError)) throw error
    expect(error.code).toBe('CONFIG_INVALID')
    return error.problems.map((problem) => `${problem.path.join('.')} ${problem.message}`)
  }
  return []
}

describe('a lunch break and hours that changed', () => {
  // Tokyo: 09:00-11:30 and 12:30-15:00, from 2024-11-05 until 15:30; New Year holidays to 3 January.
  const tokyo = calendarOf({
    zone: 'Asia/Tokyo',
    hours: [
      { open: '09:00', close: '15:00', break: { start: '11:30', end: '12:30' } },
      { from: '2024-11-05', open: '09:00', close: '15:30', break: { start: '11:30', end: '12:30' } },
    ],
    specialEarlyCloses: [
      { date: '2024-06-03', close: '13:00', reason: 'after the break' },
      { date: '2024-06-04', close: '11:30', reason: 'no afternoon' },
      { date: '2024-06-05', close: '10:00', reason: 'before the break' },
    ],
    specialLateOpens: [
      { date: '2024-06-06', open: '10:00', reason: 'before the break' },
      { date: '2024-06-07', open: '12:30', reason: 'no morning' },
    ],
  })

  test('the break lies inside the session', () => {
    expect(timesOf(tokyo, '2024-11-01')).toBe('00:00-02:30|03:30-06:00')
  })

  test('the later entry of the hours holds from its date on', () => {
    expect(timesOf(tokyo, '2024-11-05')).toBe('00:00-02:30|03:30-06:30')
    expect(tokyo.session('2024-11-05')?.earlyClose).toBe(false)
  })

  test('an early close or a late open keeps the break only if there is trading on both sides of it', () => {
    expect(timesOf(tokyo, '2024-06-03')).toBe('00:00-02:30|03:30-04:00 early')
    expect(timesOf(tokyo, '2024-06-04')).toBe('00:00-02:30 early')
    expect(timesOf(tokyo, '2024-06-05')).toBe('00:00-01:00 early')
    expect(timesOf(tokyo, '2024-06-06')).toBe('01:00-02:30|03:30-06:00')
    expect(timesOf(tokyo, '2024-06-07')).toBe('03:30-06:00')
  })
})

describe('hours that open the evening before', () => {
  // CME equity-index futures: Sunday to Friday 17:00 to 16:00 Chicago time; a holiday shortens the session to 12:00.
  const futures = calendarOf({
    zone: 'America/Chicago',
    hours: [{ open: '17:00', openDay: 'previous', close: '16:00' }],
    holidays: [
      { name: 'Good Friday', on: { kind: 'easter', offsetDays: -2 } },
      { name: 'Christmas Day', on: { kind: 'fixed', month: 12, day: 25 } },
    ],
    earlyCloses: [
      { name: 'Labor Day', on: { kind: 'nth-weekday', nth: 1, weekday: 'monday', month: 9 }, close: '12:00' },
    ],
    specialLateOpens: [{ date: '2024-05-08', open: '18:30', openDay: 'previous', reason: 'outage' }],
  })

  test('a Monday session opens on Sunday, in the offset that holds then', () => {
    expect(timesOf(futures, '2024-03-08')).toBe('2024-03-07T23:00-22:00')
    expect(timesOf(futures, '2024-03-11')).toBe('2024-03-10T22:00-21:00')
  })

  test('a holiday can end a session early, and the next one still opens that evening', () => {
    expect(timesOf(futures, '2024-09-02')).toBe('2024-09-01T22:00-17:00 early')
    expect(timesOf(futures, '2024-09-03')).toBe('2024-09-02T22:00-21:00')
  })

  test('a late open on the evening before', () => {
    expect(timesOf(futures, '2024-05-08')).toBe('2024-05-07T23:30-21:00')
  })

  test.each([
    ['Sunday before the open', '2024-07-07T21:59:59Z', null],
    ['Sunday evening', '2024-07-07T22:00:00Z', '2024-07-08'],
    ['Monday noon', '2024-07-08T17:00:00Z', '2024-07-08'],
    ['the maintenance break on Monday', '2024-07-08T21:30:00Z', '2024-07-08'],
    ['Monday evening', '2024-07-08T22:00:00Z', '2024-07-09'],
    ['Friday evening', '2024-07-12T23:00:00Z', '2024-07-12'],
    ['Saturday', '2024-07-13T17:00:00Z', null],
    ['the evening before a holiday', '2024-03-28T23:00:00Z', '2024-03-28'],
    ['the holiday', '2024-03-29T15:00:00Z', null],
    ['the evening of a holiday', '2024-12-25T23:30:00Z', '2024-12-26'],
    ['the evening before the first date', '2023-12-31T23:30:00Z', '2024-01-01'],
  ])('an instant on %s', (_when, iso, date) => {
    expect(futures.sessionOfInstant(instant(iso))?.date ?? null).toBe(date)
  })

  test.each(['2023-12-31T22:59:59Z', '2024-12-31T23:00:00Z'])('%s is beyond what the calendar knows', (iso) => {
    expect(() => futures.sessionOfInstant(instant(iso))).toThrow(
      expect.objectContaining({ constructor: SwitchyardError, code: 'CALENDAR_HORIZON' }),
    )
  })

  test('sessions that follow each other without a gap share no instant', () => {
    const currencies = calendarOf({
      zone: 'America/New_York',
      hours: [{ open: '17:00', openDay: 'previous', close: '17:00' }],
    })
    expect(timesOf(currencies, '2024-07-09')).toBe('2024-07-08T21:00-21:00')
    expect(currencies.sessionOfInstant(instant('2024-07-09T20:59:59Z'))?.date).toBe('2024-07-09')
    expect(currencies.sessionOfInstant(instant('2024-07-09T21:00:00Z'))?.date).toBe('2024-07-10')
  })
})

describe('a break on the evening before', () => {
  const calendar = calendarOf({
    hours: [
      {
        open: '16:30',
        openDay: 'previous',
        break: { start: '17:30', end: '18:00', day: 'previous' },
        close: '16:15',
      },
    ],
    specialLateOpens: [{ date: '2024-05-08', open: '18:00', openDay: 'previous', reason: 'after a holiday' }],
    specialEarlyCloses: [{ date: '2024-05-09', close: '11:30', reason: 'holiday' }],
  })

  test('lies before midnight, stays with an early close, and goes with an opening after it', () => {
    expect(timesOf(calendar, '2024-05-07')).toBe('2024-05-06T16:30-2024-05-06T17:30|2024-05-06T18:00-16:15')
    expect(timesOf(calendar, '2024-05-09')).toBe('2024-05-08T16:30-2024-05-08T17:30|2024-05-08T18:00-11:30 early')
    expect(timesOf(calendar, '2024-05-08')).toBe('2024-05-07T18:00-16:15')
  })
})

describe('other shapes of calendars', () => {
  test('London: substitute days, a moved holiday, and a Christmas Eve that moves to the last weekday before it', () => {
    const london = calendarOf({
      zone: 'Europe/London',
      firstDate: '2020-01-01',
      lastDate: '2023-12-31',
      hours: [{ open: '08:00', close: '16:30' }],
      holidays: [
        {
          name: 'Early May Bank Holiday',
          on: { kind: 'nth-weekday', nth: 1, weekday: 'monday', month: 5 },
          exceptYears: [2020],
        },
        { name: 'Christmas Day', on: { kind: 'fixed', month: 12, day: 25 }, observed: { saturday: 2, sunday: 2 } },
        { name: 'Boxing Day', on: { kind: 'fixed', month: 12, day: 26 }, observed: { saturday: 2, sunday: 2 } },
      ],
      specialClosures: [{ date: '2020-05-08', reason: 'Early May Bank Holiday, moved to VE Day' }],
      earlyCloses: [
        {
          name: 'Christmas Eve',
          on: { kind: 'fixed', month: 12, day: 24 },
          observed: { saturday: -1, sunday: -2 },
          close: '12:30',
        },
      ],
    })
    expect(timesOf(london, '2020-05-04')).toBe('07:00-15:30')
    expect(timesOf(london, '2020-05-08')).toBeNull()
    expect(timesOf(london, '2021-05-03')).toBeNull()
    expect([timesOf(london, '2021-12-27'), timesOf(london, '2021-12-28')]).toEqual([null, null])
    expect(timesOf(london, '2022-12-23')).toBe('08:00-12:30 early')
    expect(timesOf(london, '2023-12-22')).toBe('08:00-12:30 early')
    expect(timesOf(london, '2021-12-24')).toBe('08:00-12:30 early')
  })

  test('a market that never closes', () => {
    const always = calendarOf({
      hours: [
        {
          weekdays: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'],
          open: '00:00',
          close: '24:00',
        },
      ],
    })
    expect(always.sessionsBetween('2024-01-01', '2024-12-31')).toHaveLength(366)
    expect(timesOf(always, '2024-07-06')).toBe('00:00-2024-07-07T00:00')
    expect(always.sessionOfInstant(instant('2024-07-06T23:59:59Z'))?.date).toBe('2024-07-06')
  })

  test('hours that differ by weekday: a short Friday is not an early close', () => {
    const calendar = calendarOf({
      hours: [
        { weekdays: ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday'], open: '10:00', close: '17:00' },
        { weekdays: ['friday'], open: '10:00', close: '13:00' },
      ],
    })
    expect(timesOf(calendar, '2024-07-04')).toBe('10:00-17:00')
    expect(timesOf(calendar, '2024-07-05')).toBe('10:00-13:00')
    expect(timesOf(calendar, '2024-07-06')).toBeNull()
    expect(timesOf(calendar, '2024-07-07')).toBe('10:00-17:00')
  })

  test('a single date overrides the rule for its day', () => {
    const calendar = calendarOf({
      earlyCloses: [{ name: 'Christmas Eve', on: { kind: 'fixed', month: 12, day: 24 }, close: '13:00' }],
      specialEarlyCloses: [{ date: '2024-12-24', close: '11:00', reason: 'storm' }],
    })
    expect(timesOf(calendar, '2024-12-24')).toBe('09:00-11:00 early')
  })

  test('a rule whose day is a weekend or a holiday changes nothing', () => {
    const calendar = calendarOf({
      holidays: [{ name: 'Boxing Day', on: { kind: 'fixed', month: 12, day: 26 } }],
      earlyCloses: [
        // A Saturday in 2024.
        { name: 'Weekend', on: { kind: 'fixed', month: 12, day: 28 }, close: '13:00' },
        { name: 'Holiday', on: { kind: 'fixed', month: 12, day: 26 }, close: '13:00' },
      ],
    })
    expect(['2024-12-26', '2024-12-27', '2024-12-28'].map((date) => timesOf(calendar, date))).toEqual([
      null,
      '09:00-17:00',
      null,
    ])
  })
})

describe('contradictions are refused, at the place that holds them', () => {
  const newYearsEve = { kind: 'fixed', month: 12, day: 31 }

  test.each<[string, object, string]>([
    ['dates in the wrong order', { firstDate: '2025-01-01' }, 'lastDate must not be before firstDate 2025-01-01'],
    [
      'a close before the open',
      { hours: [{ open: '17:00', close: '09:00' }] },
      'hours.0.close must be later than open',
    ],
    [
      'a break outside the session',
      { hours: [{ open: '09:00', close: '12:00', break: { start: '12:00', end: '13:00' } }] },
      'hours.0.break must start before it ends and lie between open and close',
    ],
    [
      'a break on the evening before of a session that opens in the morning',
      { hours: [{ open: '09:00', close: '17:00', break: { start: '12:00', end: '13:00', day: 'previous' } }] },
      'hours.0.break must start before it ends and lie between open and close',
    ],
    [
      'an equinox in years for which its day is not known',
      {
        lastDate: '2100-12-31',
        holidays: [{ name: 'Equinox', on: { kind: 'japanese-equinox', month: 3 } }],
      },
      'holidays.0.on is known for 1980 to 2099 only',
    ],
    [
      'hours that end before they begin',
      { hours: [{ from: '2024-05-02', to: '2024-05-01', open: '09:00', close: '17:00' }] },
      'hours.0.to must not be before from',
    ],
    [
      'sessions that overlap',
      { hours: [{ open: '17:00', openDay: 'previous', close: '18:00' }] },
      'hours let the session of 2024-01-02 open before the one before it has closed',
    ],
    [
      'a closure that is listed twice',
      {
        specialClosures: [
          { date: '2024-05-01', reason: 'a' },
          { date: '2024-05-01', reason: 'b' },
        ],
      },
      'specialClosures.1.date 2024-05-01 is listed twice',
    ],
    [
      'a closure outside the calendar',
      { specialClosures: [{ date: '2025-05-01', reason: 'typing mistake' }] },
      'specialClosures.0.date 2025-05-01 is outside firstDate to lastDate',
    ],
    [
      'an early close on a closed day',
      {
        specialClosures: [{ date: '2024-05-01', reason: 'a' }],
        specialEarlyCloses: [{ date: '2024-05-01', close: '12:00', reason: 'b' }],
      },
      'specialEarlyCloses.0.close cannot apply because 2024-05-01 is not a session',
    ],
    [
      'a late open on a Sunday',
      { specialLateOpens: [{ date: '2024-05-05', open: '12:00', reason: 'b' }] },
      'specialLateOpens.0.open cannot apply because 2024-05-05 is not a session',
    ],
    [
      'an early close that is not early',
      { earlyCloses: [{ name: 'Eve', on: newYearsEve, close: '17:00' }] },
      'earlyCloses.0.close must lie inside the regular session of 2024-12-31',
    ],
    [
      'a late open that is not late',
      { lateOpens: [{ name: 'Eve', on: newYearsEve, open: '08:00' }] },
      'lateOpens.0.open must lie inside the regular session of 2024-12-31',
    ],
    [
      'two rules that give one day different closes',
      {
        earlyCloses: [
          { name: 'Eve', on: newYearsEve, close: '14:00' },
          { name: 'Eve', on: newYearsEve, close: '13:00' },
        ],
      },
      'earlyCloses.1.close contradicts an earlier rule for 2024-12-31',
    ],
    [
      'an early close inside the break',
      {
        hours: [{ open: '09:00', close: '17:00', break: { start: '11:30', end: '12:30' } }],
        specialEarlyCloses: [{ date: '2024-05-01', close: '12:00', reason: 'a' }],
      },
      'specialEarlyCloses.0.close must not leave the session of 2024-05-01 with a part of its break',
    ],
    [
      'a late open at the start of the break',
      {
        hours: [{ open: '09:00', close: '17:00', break: { start: '11:30', end: '12:30' } }],
        specialLateOpens: [{ date: '2024-05-01', open: '11:30', reason: 'a' }],
      },
      'specialLateOpens.0.open must not leave the session of 2024-05-01 with a part of its break',
    ],
    [
      'a late open after the early close',
      {
        specialLateOpens: [{ date: '2024-05-01', open: '13:00', reason: 'a' }],
        specialEarlyCloses: [{ date: '2024-05-01', close: '12:00', reason: 'b' }],
      },
      'hours leave no time for a session on 2024-05-01',
    ],
  ])('%s', (_what, changes, problem) => {
    expect(problemsOf(changes)).toContain(problem)
  })

  test('a rule that is wrong in every year is one problem', () => {
    const changes = {
      lastDate: '2030-12-31',
      earlyCloses: [{ name: 'Eve', on: newYearsEve, close: '18:00' }],
    }
    expect(problemsOf(changes)).toHaveLength(1)
  })
})
