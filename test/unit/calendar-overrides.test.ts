import { describe, expect, test } from 'vitest'
import { createCalendar } from '#shared/calendar/create-calendar.ts'
import { CalendarDefinition } from '#shared/calendar/definition.ts'
import { type SessionOverride, withSessionOverrides } from '#shared/calendar/session-overrides.ts'
import { builtIn, instant, utcTimes } from './calendar-fixtures.ts'

/** 2024-07-01 was a Monday. Trades 09:00 to 17:00 UTC with a break at noon, and on the 3rd until 15:00. */
const day = createCalendar(
  CalendarDefinition.parse({
    id: 'DAY',
    name: 'Day exchange',
    zone: 'UTC',
    firstDate: '2024-07-01',
    lastDate: '2024-07-31',
    sources: [{ title: 'this test' }],
    hours: [{ open: '09:00', close: '17:00', break: { start: '12:00', end: '13:00' } }],
    specialEarlyCloses: [{ date: '2024-07-03', close: '15:00', reason: 'this test' }],
  }),
  'hash of DAY',
)

/** Opens at 18:00 in New York on the evening before. */
const night = builtIn('CMES')

function hours(date: string, open: string, close: string): SessionOverride {
  return { date, hours: { openTs: instant(open), closeTs: instant(close) } }
}

function closed(date: string): SessionOverride {
  return { date, hours: 'closed' }
}

describe('other hours', () => {
  test.each([
    ['later and shorter', '10:00', '16:00', '10:00-12:00|13:00-16:00 early'],
    ['longer', '08:00', '18:00', '08:00-12:00|13:00-18:00'],
    ['ending in the break', '09:00', '12:30', '09:00-12:30 early'],
    ['ending with the break', '09:00', '13:00', '09:00-13:00 early'],
    ['beginning with the break', '12:00', '17:00', '12:00-17:00'],
    ['ending a minute after the break', '09:00', '13:01', '09:00-12:00|13:00-13:01 early'],
  ])('%s', (_what, open, close, expected) => {
    const changed = withSessionOverrides(day, [hours('2024-07-02', `2024-07-02T${open}Z`, `2024-07-02T${close}Z`)])
    expect(utcTimes(changed, '2024-07-02')).toBe(expected)
    expect(utcTimes(changed, '2024-07-04')).toBe('09:00-12:00|13:00-17:00')
  })

  test.each([
    ['14:00', true],
    ['15:00', true],
    ['17:00', false],
  ])('on a day with an early close at 15:00, a close at %s is one: %s', (close, early) => {
    const changed = withSessionOverrides(day, [hours('2024-07-03', '2024-07-03T09:00Z', `2024-07-03T${close}Z`)])
    expect(changed.session('2024-07-03')?.earlyClose).toBe(early)
  })

  test('a session can be added on a day that has none, and taken away', () => {
    const changed = withSessionOverrides(day, [
      hours('2024-07-06', '2024-07-06T10:00Z', '2024-07-06T14:00Z'),
      closed('2024-07-04'),
      closed('2024-07-07'),
    ])
    expect(changed.sessionsBetween('2024-07-03', '2024-07-08').map(({ date }) => date)).toEqual([
      '2024-07-03',
      '2024-07-05',
      '2024-07-06',
      '2024-07-08',
    ])
    expect(utcTimes(changed, '2024-07-06')).toBe('10:00-14:00')
    expect(changed.session('2024-07-04')).toBeNull()
    expect(changed.sessionOfInstant(instant('2024-07-06T20:00Z'))?.date).toBe('2024-07-06')
    expect(changed.sessionOfInstant(instant('2024-07-04T10:00Z'))).toBeNull()
    expect(Object.isFrozen(changed.session('2024-07-06'))).toBe(true)
  })
})

describe('sessions that open on the evening before', () => {
  // New York is UTC-4 in July: the regular session of Tuesday 2024-07-09 is 2024-07-08T22:00Z to 2024-07-09T21:00Z.
  test('a later opening leaves the evening to the day before', () => {
    const changed = withSessionOverrides(night, [hours('2024-07-09', '2024-07-09T00:30Z', '2024-07-09T21:00Z')])
    expect(changed.sessionOfInstant(instant('2024-07-08T23:00Z'))?.date).toBe('2024-07-08')
    expect(changed.sessionOfInstant(instant('2024-07-09T00:30Z'))?.date).toBe('2024-07-09')
  })

  test('a closure leaves the evening to the day before, and the day to nobody', () => {
    const changed = withSessionOverrides(night, [closed('2024-07-09')])
    expect(changed.sessionOfInstant(instant('2024-07-08T23:00Z'))?.date).toBe('2024-07-08')
    expect(changed.sessionOfInstant(instant('2024-07-09T15:00Z'))).toBeNull()
    expect(changed.sessionOfInstant(instant('2024-07-09T22:00Z'))?.date).toBe('2024-07-10')
  })

  test('a session that is added on a Saturday takes Friday evening', () => {
    const changed = withSessionOverrides(night, [hours('2024-07-13', '2024-07-12T22:00Z', '2024-07-13T12:00Z')])
    expect(changed.sessionOfInstant(instant('2024-07-12T22:00Z'))?.date).toBe('2024-07-13')
    expect(changed.sessionOfInstant(instant('2024-07-12T20:59Z'))?.date).toBe('2024-07-12')
  })
})

describe('what stays', () => {
  const changed = withSessionOverrides(day, [closed('2024-07-31')])

  test('id, zone and horizon', () => {
    expect([changed.id, changed.zone, changed.firstDate, changed.lastDate]).toEqual([
      'DAY',
      'UTC',
      '2024-07-01',
      '2024-07-31',
    ])
  })

  test.each([
    ['a date', () => changed.session('2024-08-01')],
    ['a range', () => changed.sessionsBetween('2024-07-30', '2024-08-01')],
    ['an instant after it', () => changed.sessionOfInstant(instant('2024-08-01T00:00Z'))],
    ['an instant before it', () => changed.sessionOfInstant(instant('2024-06-30T23:59Z'))],
  ])('nothing is guessed beyond the horizon: %s', (_what, action) => {
    expect(action).toThrow(expect.objectContaining({ code: 'CALENDAR_HORIZON' }))
  })

  test('the evening of the last date stays unknown where the next session would be open', () => {
    const decided = withSessionOverrides(night, [closed('2030-12-31')])
    // 18:00 in New York is 23:00 UTC.
    expect(decided.sessionOfInstant(instant('2030-12-31T22:59Z'))).toBeNull()
    expect(() => decided.sessionOfInstant(instant('2030-12-31T23:00Z'))).toThrow(
      expect.objectContaining({ code: 'CALENDAR_HORIZON' }),
    )
  })

  test('a wrong date or instant is refused as before', () => {
    expect(() => changed.session('2024-7-1')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENTS' }))
    expect(() => changed.sessionOfInstant(Number.NaN)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENTS' }))
  })

  test('decisions can be put on top of decisions', () => {
    const twice = withSessionOverrides(changed, [hours('2024-07-31', '2024-07-31T10:00Z', '2024-07-31T11:00Z')])
    expect(utcTimes(twice, '2024-07-31')).toBe('10:00-11:00')
  })
})

describe('the hash', () => {
  const a = closed('2024-07-02')
  const b = hours('2024-07-04', '2024-07-04T10:00Z', '2024-07-04T11:00Z')
  const hashOf = (...overrides: SessionOverride[]): string => withSessionOverrides(day, overrides).hash

  test('is a SHA-256 that covers the decisions in any order', () => {
    expect(hashOf(a, b)).toMatch(/^[0-9a-f]{64}$/)
    expect(hashOf(a, b)).toBe(hashOf(b, a))
  })

  test('differs with every decision, also with one that changes nothing', () => {
    const later = hours('2024-07-04', '2024-07-04T10:00Z', '2024-07-04T11:01Z')
    const hashes = [day.hash, hashOf(a), hashOf(b), hashOf(later), hashOf(a, b), hashOf(closed('2024-07-06'))]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  test('differs with the calendar below', () => {
    const other = withSessionOverrides(builtIn('XNYS'), [a])
    expect(other.hash).not.toBe(hashOf(a))
  })

  test('without decisions the calendar is the same', () => {
    expect(withSessionOverrides(day, [])).toBe(day)
  })
})

describe('refuses', () => {
  test.each<[string, SessionOverride[], string]>([
    ['a date twice', [closed('2024-07-02'), closed('2024-07-02')], 'given twice'],
    ['hours that end before they begin', [hours('2024-07-02', '2024-07-02T10:00Z', '2024-07-02T09:00Z')], 'closes at'],
    ['half minutes', [hours('2024-07-02', '2024-07-02T10:00:30Z', '2024-07-02T11:00Z')], 'whole minutes'],
    ['no numbers', [{ date: '2024-07-02', hours: { openTs: Number.NaN, closeTs: 60 } }], 'whole minutes'],
    ['hours of another date', [hours('2024-07-02', '2024-07-05T10:00Z', '2024-07-05T11:00Z')], 'not on that date'],
    [
      'an opening two evenings before',
      [hours('2024-07-06', '2024-07-04T23:00Z', '2024-07-06T11:00Z')],
      'not on that date',
    ],
    [
      'an overlap with the day before',
      [hours('2024-07-03', '2024-07-02T16:59Z', '2024-07-03T11:00Z')],
      '2024-07-02 closes',
    ],
    [
      'an overlap of two decisions',
      [
        hours('2024-07-02', '2024-07-02T09:00Z', '2024-07-02T23:00Z'),
        hours('2024-07-03', '2024-07-02T22:00Z', '2024-07-03T11:00Z'),
      ],
      '2024-07-03 opens',
    ],
  ])('%s', (_what, overrides, expected) => {
    expect(() => withSessionOverrides(day, overrides)).toThrow(
      expect.objectContaining({
        code: 'BAD_ARGUMENTS',
        message: expect.stringContaining(expected) as string,
      }),
    )
  })

  test('an overlap with the session that opens that evening', () => {
    const late = hours('2024-07-08', '2024-07-07T22:00Z', '2024-07-08T22:01Z')
    expect(() => withSessionOverrides(night, [late])).toThrow(/closes after the session of 2024-07-09 opens/)
  })

  test('a date beyond the horizon', () => {
    expect(() => withSessionOverrides(day, [closed('2024-08-01')])).toThrow(
      expect.objectContaining({ code: 'CALENDAR_HORIZON' }),
    )
  })
})
