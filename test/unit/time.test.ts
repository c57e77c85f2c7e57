import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addDays,
  dateToEpochDay,
  epochDayToDate,
  instantToEpochMs,
  isoLocal,
  isoUtc,
  isSessionDate,
  zonedToEpochSeconds,
  zoneOffsetSeconds,
} from '#shared/time.ts'

const NEW_YORK = 'America/New_York'

/** Wall clock in a zone by the runtime's own formatter: `2024-07-03 09:30:00`. */
function wallClock(zone: string, ts: number): string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  })
  return format.format(new Date(ts * 1000)).replace(',', '')
}

describe('a session date', () => {
  test.each(['2024-02-29', '2000-02-29', '1990-01-01', '2030-12-31', '0001-01-01'])('%s is one', (text) => {
    expect(isSessionDate(text)).toBe(true)
  })

  test.each([
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '2024-13-01',
    '2024-00-10',
    '2024-01-00',
    '2024-1-1',
    '20240101',
    '',
    '2024-01-01T00:00',
    ' 2024-01-01',
    '2024-01-01\n',
    '٢٠٢٤-٠١-٠١',
  ])('%j is none', (text) => {
    expect(isSessionDate(text)).toBe(false)
  })
})

describe('days', () => {
  test('are counted from 1970-01-01', () => {
    expect([dateToEpochDay('1970-01-01'), dateToEpochDay('1969-12-31'), dateToEpochDay('2024-07-03')]).toEqual([
      0, -1, 19_907,
    ])
  })

  test('turn into dates and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), (day) => {
        expect(dateToEpochDay(epochDayToDate(day))).toBe(day)
      }),
    )
  })

  test('are added across months, leap days and years', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29')
    expect(addDays('2023-02-28', 1)).toBe('2023-03-01')
    expect(addDays('2024-01-01', -1)).toBe('2023-12-31')
    expect(addDays('2024-03-10', 0)).toBe('2024-03-10')
  })
})

describe('the clock of a zone', () => {
  test('is behind UTC by five hours in winter and four in summer in New York', () => {
    expect(zoneOffsetSeconds(NEW_YORK, Date.UTC(2024, 0, 2) / 1000)).toBe(-18_000)
    expect(zoneOffsetSeconds(NEW_YORK, Date.UTC(2024, 6, 2) / 1000)).toBe(-14_400)
    expect(zoneOffsetSeconds('Asia/Kolkata', 0)).toBe(19_800)
  })

  test('changes at 07:00 and back at 06:00 UTC in New York', () => {
    const spring = Date.UTC(2024, 2, 10, 7) / 1000
    const autumn = Date.UTC(2024, 10, 3, 6) / 1000
    expect([zoneOffsetSeconds(NEW_YORK, spring - 1), zoneOffsetSeconds(NEW_YORK, spring)]).toEqual([-18_000, -14_400])
    expect([zoneOffsetSeconds(NEW_YORK, autumn - 1), zoneOffsetSeconds(NEW_YORK, autumn)]).toEqual([-14_400, -18_000])
  })

  test.each([
    ['2024-07-02', '09:30:00', Date.UTC(2024, 6, 2, 13, 30)],
    ['2024-01-02', '09:30:00', Date.UTC(2024, 0, 2, 14, 30)],
    // Skipped: half past two does not exist and moves to half past three, daylight time.
    ['2024-03-10', '02:30:00', Date.UTC(2024, 2, 10, 7, 30)],
    // Repeated: the first of the two.
    ['2024-11-03', '01:30:00', Date.UTC(2024, 10, 3, 5, 30)],
  ])('gives %s %s in New York its instant', (date, time, ms) => {
    expect(zonedToEpochSeconds(NEW_YORK, date, time)).toBe(ms / 1000)
  })

  test('shows the wall-clock time that an instant was made from, unless it was skipped', () => {
    const zones = fc.constantFrom(NEW_YORK, 'Europe/London', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC')
    const minute = fc.integer({ min: 0, max: 1439 })
    fc.assert(
      fc.property(zones, fc.integer({ min: 7305, max: 22_280 }), minute, (zone, day, minuteOfDay) => {
        const time = `${String(Math.floor(minuteOfDay / 60)).padStart(2, '0')}:${String(minuteOfDay % 60).padStart(2, '0')}:00`
        const ts = zonedToEpochSeconds(zone, epochDayToDate(day), time)
        const shown = wallClock(zone, ts)
        // A skipped time is shown as one up to an hour later on the same day.
        expect(shown >= `${epochDayToDate(day)} ${time}`).toBe(true)
        expect([
          day * 86_400 + minuteOfDay * 60,
          day * 86_400 + minuteOfDay * 60 - 3600,
          day * 86_400 + minuteOfDay * 60 + 3600,
          day * 86_400 + minuteOfDay * 60 + 1800,
        ]).toContain(ts + zoneOffsetSeconds(zone, ts))
      }),
      { numRuns: 200 },
    )
  })
})

test('an instant is written in UTC', () => {
  expect(isoUtc(0)).toBe('1970-01-01T00:00:00Z')
  expect(isoUtc(1_720_017_060)).toBe('2024-07-03T14:31:00Z')
  expect(isoUtc(-1)).toBe('1969-12-31T23:59:59Z')
})

test('an instant is written in a zone with the offset that holds there then', () => {
  expect(isoLocal(1_720_017_060, NEW_YORK)).toBe('2024-07-03T10:31:00-04:00')
  // 2024-11-03: 01:30 comes twice, first in summer time.
  expect(isoLocal(Date.UTC(2024, 10, 3, 5, 30) / 1000, NEW_YORK)).toBe('2024-11-03T01:30:00-04:00')
  expect(isoLocal(Date.UTC(2024, 10, 3, 6, 30) / 1000, NEW_YORK)).toBe('2024-11-03T01:30:00-05:00')
  expect(isoLocal(0, 'Asia/Kolkata')).toBe('1970-01-01T05:30:00+05:30')
})

test('an instant is a date or has its zone, and is nothing that only looks like one', () => {
  expect(instantToEpochMs('2026-11-20')).toBe(Date.UTC(2026, 10, 20))
  expect(instantToEpochMs('2026-11-20T18:00Z')).toBe(Date.UTC(2026, 10, 20, 18))
  expect(instantToEpochMs('2026-11-20T13:00:00.123456-05:00')).toBe(Date.UTC(2026, 10, 20, 18, 0, 0, 123))
  for (const text of [
    '2026-11-20T18:00',
    '2024-02-30T10:00Z',
    '12Z',
    'Mar 3 2024 10:00 -0500',
    '5',
    '',
    '+275760-09-13T00:00Z',
  ])
    expect(instantToEpochMs(text)).toBeNaN()
})
