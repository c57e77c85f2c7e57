import { describe, expect, test } from 'vitest'
import { horizonWarning, knownSessions } from '#shared/calendar/horizon.ts'
import { builtIn } from './calendar-fixtures.ts'

// Knows 2010-01-01 to 2030-12-31.
const xlon = builtIn('XLON')

describe('a range that leaves what a calendar knows', () => {
  const datesOf = (from: string, to: string): string[] => knownSessions(xlon, from, to).sessions.map(({ date }) => date)

  test('gives the sessions up to the horizon and says from where nothing is known', () => {
    expect(datesOf('2030-12-27', '2031-01-31')).toEqual(['2030-12-27', '2030-12-30', '2030-12-31'])
    expect(knownSessions(xlon, '2030-12-27', '2031-01-31').warning).toContain('XLON knows nothing from 2031-01-01 on')
  })

  test('gives the sessions from its first date and says before which nothing is known', () => {
    expect(datesOf('2009-12-01', '2010-01-05')).toEqual(['2010-01-04', '2010-01-05'])
    expect(knownSessions(xlon, '2009-12-01', '2010-01-05').warning).toContain('nothing before 2010-01-01')
  })

  test('says both when it reaches over both ends', () => {
    const { sessions, warning } = knownSessions(xlon, '2000-01-01', '2040-01-01')
    expect(sessions).toEqual(xlon.sessionsBetween('2010-01-01', '2030-12-31'))
    expect(warning).toContain('before 2010-01-01 and from 2031-01-01 on')
  })

  test('gives none beyond the horizon', () => {
    expect(datesOf('2031-03-01', '2031-03-31')).toEqual([])
    expect(knownSessions(xlon, '2031-03-01', '2031-03-31').warning).not.toBeNull()
  })

  test('has no warning inside it', () => {
    expect(knownSessions(xlon, '2010-01-01', '2030-12-31').warning).toBeNull()
    expect(knownSessions(xlon, '2024-07-05', '2024-07-01')).toEqual({ sessions: [], warning: null })
  })

  test.each([
    ['20240101', '2024-02-01'],
    ['1', '2024-02-01'],
    ['2024-01-01', '2024-02-30'],
  ])('refuses %s to %s', (from, to) => {
    expect(() => knownSessions(xlon, from, to)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENTS' }))
  })
})

describe('the warning that a calendar ends', () => {
  test.each([
    ['2026-11-25', null],
    ['2029-12-31', null],
    ['2030-01-01', 'XLON ends on 2030-12-31'],
    ['2030-12-31', 'XLON ends on 2030-12-31'],
    ['2031-01-01', 'XLON ended on 2030-12-31'],
  ])('on %s is %j', (today, expected) => {
    expect(horizonWarning(xlon, today)).toEqual(expected === null ? null : expect.stringContaining(expected))
  })
})
