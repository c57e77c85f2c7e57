import { describe, expect, test } from 'vitest'
import { builtIn, closuresOf, instant, utcTimes } from './calendar-fixtures.ts'

const fx = builtIn('FX')

describe('spot currencies', () => {
  test('a session is named by the date on which it ends at 17:00 in New York', () => {
    // UTC-4 in July: from 21:15 to 21:00.
    expect(utcTimes(fx, '2024-07-08')).toBe('2024-07-07 21:15-21:00')
    expect(utcTimes(fx, '2024-07-12')).toBe('2024-07-11 21:15-21:00')
    expect(fx.session('2024-07-13')).toBeNull()
    expect(fx.session('2024-07-14')).toBeNull()
  })

  test.each([
    ['Sunday before the opening', '2024-07-07T21:14:59Z', null],
    ['Sunday at the opening', '2024-07-07T21:15:00Z', '2024-07-08'],
    ['the pause of the venue', '2024-07-08T21:05:00Z', '2024-07-08'],
    ['after the pause', '2024-07-08T21:15:00Z', '2024-07-09'],
    ['Friday after the close', '2024-07-12T21:30:00Z', '2024-07-12'],
    ['Saturday', '2024-07-13T12:00:00Z', null],
  ])('%s', (_when, iso, date) => {
    expect(fx.sessionOfInstant(instant(iso))?.date ?? null).toBe(date)
  })

  test('follows the clocks of New York while those of Europe differ', () => {
    expect(utcTimes(fx, '2024-03-08')).toBe('2024-03-07 22:15-22:00')
    // The clocks went forward on Sunday, before the opening.
    expect(utcTimes(fx, '2024-03-11')).toBe('2024-03-10 21:15-21:00')
    expect(utcTimes(fx, '2024-10-28')).toBe('2024-10-27 21:15-21:00')
    expect(utcTimes(fx, '2024-11-04')).toBe('2024-11-03 22:15-22:00')
  })

  test.each([
    [2010, '01-01'],
    [2015, '01-01 12-25'],
    // 1 January 2022 was a Saturday, 25 December 2022 and 1 January 2023 were Sundays.
    [2022, ''],
    [2023, '12-25'],
    [2024, '01-01 12-25'],
    [2025, '01-01 12-25'],
    [2027, '01-01'],
  ])('is closed in %i on Christmas Day and New Year only', (year, closed) => {
    expect(closuresOf(fx, year)).toBe(closed)
  })

  test('pauses from the evening before Christmas to the evening of it', () => {
    // 2024: Christmas was a Wednesday.
    expect(utcTimes(fx, '2024-12-24')).toBe('2024-12-23 22:15-22:00')
    expect(fx.sessionOfInstant(instant('2024-12-25T12:00:00Z'))).toBeNull()
    expect(utcTimes(fx, '2024-12-26')).toBe('2024-12-25 22:15-22:00')
  })
})
