import { describe, expect, test } from 'vitest'
import { parseSchedule } from '#main/tws/parse-schedule.ts'

const session = (startDateTime: string, endDateTime: string, refDate: string) => ({
  startDateTime,
  endDateTime,
  refDate,
})
const ts = (iso: string): number => Date.parse(iso) / 1000

describe("the broker's sessions", () => {
  test('are read on the wall clock of their zone, also by its old name', () => {
    // As a gateway gave them for AAPL in April 2026; New York is four hours behind UTC then.
    const answer = [
      session('20260409-09:30:00', '20260409-16:00:00', '20260409'),
      session('20260410-09:30:00', '20260410-16:00:00', '20260410'),
    ]
    const expected = [
      { sessionDate: '2026-04-09', openTs: ts('2026-04-09T13:30:00Z'), closeTs: ts('2026-04-09T20:00:00Z') },
      { sessionDate: '2026-04-10', openTs: ts('2026-04-10T13:30:00Z'), closeTs: ts('2026-04-10T20:00:00Z') },
    ]
    expect(parseSchedule('US/Eastern', answer)).toEqual(expected)
    expect(parseSchedule('America/New_York', answer)).toEqual(expected)
  })

  test('follow the clock changes of their zone', () => {
    // In 2024 clocks changed in New York on Sunday, 10 March and Sunday, 3 November.
    const opens = ['20240308', '20240311', '20241101', '20241104'].map(
      (date) => parseSchedule('US/Eastern', [session(`${date}-09:30:00`, `${date}-16:00:00`, date)])?.[0].openTs,
    )
    expect(opens).toEqual([
      ts('2024-03-08T14:30:00Z'),
      ts('2024-03-11T13:30:00Z'),
      ts('2024-11-01T13:30:00Z'),
      ts('2024-11-04T14:30:00Z'),
    ])
  })

  test('may be of zones without clock changes, begin the evening before, and span a clock change', () => {
    expect(parseSchedule('Asia/Tokyo', [session('20240702-09:00:00', '20240702-15:00:00', '20240702')])).toEqual([
      { sessionDate: '2024-07-02', openTs: ts('2024-07-02T00:00:00Z'), closeTs: ts('2024-07-02T06:00:00Z') },
    ])
    expect(parseSchedule('US/Central', [session('20240310-17:00:00', '20240311-16:00:00', '20240311')])).toEqual([
      { sessionDate: '2024-03-11', openTs: ts('2024-03-10T22:00:00Z'), closeTs: ts('2024-03-11T21:00:00Z') },
    ])
    expect(parseSchedule('US/Eastern', [session('20240309-20:00:00', '20240310-20:00:00', '20240310')])?.[0]).toEqual({
      sessionDate: '2024-03-10',
      openTs: ts('2024-03-10T01:00:00Z'),
      closeTs: ts('2024-03-11T00:00:00Z'),
    })
  })

  test('may be none', () => {
    expect(parseSchedule('US/Eastern', [])).toEqual([])
  })
})

describe('nothing is known of a schedule', () => {
  const good = session('20240702-09:30:00', '20240702-16:00:00', '20240702')

  test.each(['', 'Mars/Phobos', 'Eastern', 'US/Eastern (EST)'])('in the zone "%s"', (zone) => {
    expect(parseSchedule(zone, [good])).toBeUndefined()
  })

  test.each([
    ['without a zone of its times', { ...good, startDateTime: '20240702 09:30:00' }],
    ['with a time of more', { ...good, startDateTime: '20240702-09:30:00 US/Eastern' }],
    ['without times', { ...good, startDateTime: '', endDateTime: '' }],
    ['with a month of 13', { ...good, startDateTime: '20241302-09:30:00' }],
    ['with a day that does not exist', { ...good, endDateTime: '20240231-16:00:00' }],
    ['with an hour of 25', { ...good, endDateTime: '20240702-25:00:00' }],
    ['with a minute of 60', { ...good, endDateTime: '20240702-15:60:00' }],
    ['that ends before it begins', { ...good, endDateTime: '20240702-09:29:00' }],
    ['that ends when it begins', { ...good, endDateTime: '20240702-09:30:00' }],
    ['with no date', { ...good, refDate: '' }],
    ['with a date in another form', { ...good, refDate: '2024-07-2' }],
    ['with a date that does not exist', { ...good, refDate: '20240230' }],
  ])('that has a session %s', (_name, bad) => {
    expect(parseSchedule('US/Eastern', [good, bad])).toBeUndefined()
  })
})
