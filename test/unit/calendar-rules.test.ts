import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DateRule, YearlyRule } from '#shared/calendar/definition.ts'
import {
  dayOfDateRule,
  daysOfYearlyRule,
  easterSunday,
  japaneseEquinox,
  weekdayIndexOf,
} from '#shared/calendar/holiday-rules.ts'
import { createZoneClock } from '#shared/calendar/zone-clock.ts'
import { dateToEpochDay, epochDayToDate, zonedToEpochSeconds } from '#shared/time.ts'

function dateOfRule(rule: unknown, year: number): string | null {
  const day = dayOfDateRule(DateRule.parse(rule), year)
  return day === null ? null : epochDayToDate(day)
}

function datesOfRule(rule: object, from: string, to: string): string[] {
  const parsed = YearlyRule.parse({ name: 'rule', ...rule })
  return daysOfYearlyRule(parsed, dateToEpochDay(from), dateToEpochDay(to)).map(epochDayToDate)
}

describe('Easter', () => {
  // Published dates (Astronomical Applications Department of the U.S. Naval Observatory), with the earliest and latest possible.
  test.each([
    '1818-03-22',
    '1961-04-02',
    '1990-04-15',
    '1999-04-04',
    '2000-04-23',
    '2008-03-23',
    '2011-04-24',
    '2019-04-21',
    '2024-03-31',
    '2025-04-20',
    '2026-04-05',
    '2027-03-28',
    '2028-04-16',
    '2029-04-01',
    '2030-04-21',
    '2038-04-25',
    '2285-03-22',
  ])('is %s', (date) => {
    expect(epochDayToDate(easterSunday(Number(date.slice(0, 4))))).toBe(date)
  })

  test('is always a Sunday from 22 March to 25 April', () => {
    for (let year = 1583; year <= 4000; year++) {
      const easter = easterSunday(year)
      expect(weekdayIndexOf(easter)).toBe(6)
      const monthAndDay = epochDayToDate(easter).slice(5)
      expect(monthAndDay >= '03-22' && monthAndDay <= '04-25').toBe(true)
    }
  })
})

describe('equinoxes in Japan', () => {
  // Vernal and Autumnal Equinox Day as the Cabinet Office of Japan lists them for 2010 to 2027, and as holiday_jp forecasts them for 2028 to 2030.
  test('are on the listed days of March', () => {
    const days = Array.from({ length: 21 }, (_, i) => Number(epochDayToDate(japaneseEquinox(2010 + i, 3)).slice(8)))
    expect(days.join(' ')).toBe('21 21 20 20 21 21 20 20 21 21 20 20 21 21 20 20 20 21 20 20 20')
  })

  test('are on the listed days of September', () => {
    const days = Array.from({ length: 21 }, (_, i) => Number(epochDayToDate(japaneseEquinox(2010 + i, 9)).slice(8)))
    expect(days.join(' ')).toBe('23 23 22 23 23 23 22 23 23 23 22 23 23 23 22 23 23 23 22 23 23')
  })

  test('are no rule for years beyond the formula', () => {
    expect(dateOfRule({ kind: 'japanese-equinox', month: 3 }, 1979)).toBeNull()
    expect(dateOfRule({ kind: 'japanese-equinox', month: 9 }, 2100)).toBeNull()
  })
})

describe('date rules', () => {
  test('a fixed date is that date, and 29 February exists in leap years only', () => {
    expect(dateOfRule({ kind: 'fixed', month: 12, day: 25 }, 2024)).toBe('2024-12-25')
    const leapDay = { kind: 'fixed', month: 2, day: 29 }
    expect([1900, 2000, 2023, 2024].map((year) => dateOfRule(leapDay, year))).toEqual([
      null,
      '2000-02-29',
      null,
      '2024-02-29',
    ])
  })

  test.each([
    [1, 'monday', 7, 2024, '2024-07-01'],
    [3, 'monday', 1, 2024, '2024-01-15'],
    [4, 'thursday', 11, 2024, '2024-11-28'],
    [4, 'thursday', 11, 2029, '2029-11-22'],
    [5, 'friday', 3, 2024, '2024-03-29'],
    [5, 'monday', 5, 2024, null],
    [-1, 'monday', 5, 2024, '2024-05-27'],
    [-1, 'monday', 5, 2027, '2027-05-31'],
    [-1, 'friday', 12, 2023, '2023-12-29'],
    [-2, 'sunday', 3, 2024, '2024-03-24'],
    [-5, 'monday', 5, 2024, null],
  ])('number %i of the %ss of month %i of %i is %s', (nth, weekday, month, year, expected) => {
    expect(dateOfRule({ kind: 'nth-weekday', nth, weekday, month }, year)).toBe(expected)
  })

  test('an offset counts from the named weekday, also into the next month', () => {
    const dayAfterThanksgiving = { kind: 'nth-weekday', nth: 4, weekday: 'thursday', month: 11, offsetDays: 1 }
    expect(dateOfRule(dayAfterThanksgiving, 2024)).toBe('2024-11-29')
    const afterLastThursday = { kind: 'nth-weekday', nth: -1, weekday: 'thursday', month: 1, offsetDays: 1 }
    // 31 January 2019 was a Thursday.
    expect(dateOfRule(afterLastThursday, 2019)).toBe('2019-02-01')
  })

  test('Good Friday and Easter Monday are counted from Easter Sunday', () => {
    expect(dateOfRule({ kind: 'easter', offsetDays: -2 }, 2024)).toBe('2024-03-29')
    expect(dateOfRule({ kind: 'easter', offsetDays: 1 }, 2024)).toBe('2024-04-01')
  })

  test.each([
    [{ kind: 'fixed', month: 4, day: 31 }],
    [{ kind: 'fixed', month: 13, day: 1 }],
    [{ kind: 'nth-weekday', nth: 0, weekday: 'monday', month: 1 }],
    [{ kind: 'nth-weekday', nth: 6, weekday: 'monday', month: 1 }],
    [{ kind: 'nth-weekday', nth: 1, weekday: 'Montag', month: 1 }],
    [{ kind: 'solstice' }],
    [{ kind: 'japanese-equinox', month: 6 }],
  ])('%j is not a rule', (rule) => {
    expect(DateRule.safeParse(rule).success).toBe(false)
  })
})

describe('yearly rules', () => {
  const independenceDay = { on: { kind: 'fixed', month: 7, day: 4 }, observed: { saturday: -1, sunday: 1 } }

  test('a day on a weekend is moved as its observance says', () => {
    // 4 July was a Saturday in 2020, a Sunday in 2021, a Monday in 2022.
    expect(datesOfRule(independenceDay, '2020-01-01', '2022-12-31')).toEqual(['2020-07-03', '2021-07-05', '2022-07-04'])
  })

  test('a day that is moved over the turn of the year is found from either side', () => {
    const newYear = { on: { kind: 'fixed', month: 1, day: 1 }, observed: { saturday: -1 } }
    // 1 January 2022 was a Saturday.
    expect(datesOfRule(newYear, '2021-12-01', '2021-12-31')).toEqual(['2021-12-31'])
    expect(datesOfRule(newYear, '2022-01-01', '2022-01-31')).toEqual([])
    const newYearsEve = { on: { kind: 'fixed', month: 12, day: 31 }, observed: { sunday: 1 } }
    // 31 December 2023 was a Sunday.
    expect(datesOfRule(newYearsEve, '2024-01-01', '2024-01-31')).toEqual(['2024-01-01'])
  })

  test('British substitute days: Christmas and Boxing Day never fall on each other', () => {
    const christmas = { on: { kind: 'fixed', month: 12, day: 25 }, observed: { saturday: 2, sunday: 2 } }
    const boxingDay = { on: { kind: 'fixed', month: 12, day: 26 }, observed: { saturday: 2, sunday: 2 } }
    // The bank holidays of England and Wales on gov.uk.
    expect(datesOfRule(christmas, '2020-01-01', '2023-12-31')).toEqual([
      '2020-12-25',
      '2021-12-27',
      '2022-12-27',
      '2023-12-25',
    ])
    expect(datesOfRule(boxingDay, '2020-01-01', '2023-12-31')).toEqual([
      '2020-12-28',
      '2021-12-28',
      '2022-12-26',
      '2023-12-26',
    ])
  })

  test('a rule holds from its first to its last year and not in the excepted ones', () => {
    const rule = { on: { kind: 'fixed', month: 3, day: 14 }, firstYear: 2019, lastYear: 2023, exceptYears: [2021] }
    expect(datesOfRule(rule, '2015-01-01', '2030-12-31')).toEqual([
      '2019-03-14',
      '2020-03-14',
      '2022-03-14',
      '2023-03-14',
    ])
  })

  test('the weekday condition looks at the named day, before it is moved', () => {
    const rule = { on: { kind: 'fixed', month: 7, day: 3 }, weekdays: ['monday', 'tuesday', 'thursday'] }
    // 3 July: Monday 2023, Wednesday 2024, Thursday 2025, Friday 2026.
    expect(datesOfRule(rule, '2023-01-01', '2026-12-31')).toEqual(['2023-07-03', '2025-07-03'])
    const moved = { on: { kind: 'fixed', month: 7, day: 4 }, weekdays: ['saturday'], observed: { saturday: -1 } }
    expect(datesOfRule(moved, '2020-01-01', '2022-12-31')).toEqual(['2020-07-03'])
  })
})

describe('zone clock', () => {
  test('agrees with Temporal for any wall-clock time in any zone', () => {
    const zones = [
      'America/New_York',
      'America/St_Johns',
      'Europe/London',
      'Asia/Tokyo',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'Pacific/Apia',
      'Asia/Tehran',
    ]
    const clocks = new Map(zones.map((zone) => [zone, createZoneClock(zone)]))
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: dateToEpochDay('1990-01-01'), max: dateToEpochDay('2035-12-31') }),
        fc.integer({ min: 0, max: 1439 }),
        (zone, day, minute) => {
          const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
          expect(clocks.get(zone)!.toEpochSeconds(day, minute)).toBe(
            zonedToEpochSeconds(zone, epochDayToDate(day), time),
          )
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('a skipped time moves forward and a repeated time is the first of the two', () => {
    const clock = createZoneClock('America/New_York')
    const at = (date: string, minute: number): string =>
      new Date(clock.toEpochSeconds(dateToEpochDay(date), minute) * 1000).toISOString()
    // 2024-03-10 02:00 became 03:00 EDT; 2024-11-03 02:00 EDT became 01:00 EST.
    expect(at('2024-03-10', 119)).toBe('2024-03-10T06:59:00.000Z')
    expect(at('2024-03-10', 150)).toBe('2024-03-10T07:30:00.000Z')
    expect(at('2024-03-10', 180)).toBe('2024-03-10T07:00:00.000Z')
    expect(at('2024-11-03', 90)).toBe('2024-11-03T05:30:00.000Z')
    expect(at('2024-11-03', 120)).toBe('2024-11-03T07:00:00.000Z')
  })

  test('the offset changes at the very second of a clock change', () => {
    const clock = createZoneClock('Europe/London')
    const change = Date.parse('2024-03-31T01:00:00Z') / 1000
    expect(clock.offsetAt(change - 1)).toBe(0)
    expect(clock.offsetAt(change)).toBe(3600)
  })

  test('minutes before midnight and after it count from the named date', () => {
    const clock = createZoneClock('America/Chicago')
    const monday = dateToEpochDay('2024-03-11')
    // Sunday 17:00, after the clocks went forward that morning: CDT is UTC-5.
    expect(clock.toEpochSeconds(monday, -420)).toBe(Date.parse('2024-03-10T22:00:00Z') / 1000)
    expect(clock.toEpochSeconds(monday, 1440)).toBe(Date.parse('2024-03-12T05:00:00Z') / 1000)
  })
})
