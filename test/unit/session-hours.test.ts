import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectedMinutes, type SessionHours } from '#shared/calendar/session-hours.ts'
import type { StoredSchedule } from '#main/stores/fetch-log.ts'
import { hoursOf, isSessionMinute, missingRuns, sessionMinutes } from '#main/tws/ingest/session-hours.ts'
import { CLOSE_TS, OPEN_TS, SESSION } from './bars-fixtures.ts'

/** Ten minutes from 6000, with a pause from the fourth to the sixth. */
const PAUSED: SessionHours = { openTs: 6_000, closeTs: 6_600, breakStartTs: 6_180, breakEndTs: 6_300 }
const WHOLE: SessionHours = { openTs: 6_000, closeTs: 6_600, breakStartTs: null, breakEndTs: null }

function scheduleOf(sessions: [string, number, number][]): StoredSchedule {
  return {
    from: '2024-07-01',
    to: '2024-07-05',
    askedAtMs: 0,
    sessions: new Map(sessions.map(([date, openTs, closeTs]) => [date, { openTs, closeTs }])),
  }
}

describe('the hours of a session', () => {
  test("are the calendar's where the broker has said nothing about it", () => {
    const hours = { openTs: OPEN_TS, closeTs: CLOSE_TS, breakStartTs: null, breakEndTs: null }
    expect(hoursOf(SESSION, undefined)).toEqual(hours)
    expect(hoursOf(SESSION, scheduleOf([['2024-07-01', 1, 2]]))).toEqual(hours)
  })

  test("are the broker's where it has the session; the pause stays the calendar's", () => {
    const schedule = scheduleOf([['2024-07-02', OPEN_TS, OPEN_TS + 210 * 60]])
    const session = { ...SESSION, breakStartTs: OPEN_TS + 600, breakEndTs: OPEN_TS + 1_200 }
    expect(hoursOf(session, schedule)).toEqual({
      openTs: OPEN_TS,
      closeTs: OPEN_TS + 210 * 60,
      breakStartTs: OPEN_TS + 600,
      breakEndTs: OPEN_TS + 1_200,
    })
  })
})

describe('the minutes of a session', () => {
  test('are those from the open to before the close, without the pause', () => {
    expect(expectedMinutes(WHOLE)).toBe(10)
    expect(expectedMinutes(PAUSED)).toBe(8)
    expect(expectedMinutes({ ...WHOLE, closeTs: WHOLE.openTs })).toBe(0)
    expect(expectedMinutes(SESSION)).toBe(390)
  })

  test.each([
    [5_940, false],
    [6_000, true],
    [6_030, false],
    [6_120, true],
    [6_180, false],
    [6_240, false],
    [6_300, true],
    [6_540, true],
    [6_600, false],
  ])('at %s there is one: %s', (ts, expected) => {
    expect(isSessionMinute(PAUSED, ts)).toBe(expected)
  })

  test('are told from bars in any order, each once', () => {
    expect(sessionMinutes(PAUSED, [6_360, 6_000, 6_360, 6_200, 6_240, 7_000, NaN, 6_060])).toEqual([
      6_000, 6_060, 6_360,
    ])
  })
})

describe('the runs of minutes that are missing', () => {
  test.each([
    ['all of a session without a bar', WHOLE, [], [[6_000, 6_600]]],
    ['none of a full one', PAUSED, [6_000, 6_060, 6_120, 6_300, 6_360, 6_420, 6_480, 6_540], []],
    [
      'two parts around the pause',
      PAUSED,
      [],
      [
        [6_000, 6_180],
        [6_300, 6_600],
      ],
    ],
    [
      'the beginning, a hole and the end',
      WHOLE,
      [6_060, 6_120, 6_300, 6_480],
      [
        [6_000, 6_060],
        [6_180, 6_300],
        [6_360, 6_480],
        [6_540, 6_600],
      ],
    ],
  ] as const)('are %s', (_name, hours, minutes, runs) => {
    expect(missingRuns(hours, minutes)).toEqual(runs.map(([fromTs, toTs]) => ({ fromTs, toTs })))
  })

  test('hold exactly the minutes that are not there, in runs as long as can be', () => {
    const pause = fc.option(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 })), { nil: null })
    const there = fc.array(fc.integer({ min: -2, max: 32 }))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), pause, there, (length, rest, present) => {
        const [from, to] = rest === null ? [null, null] : [Math.min(...rest) * 60, Math.max(...rest) * 60]
        const isPaused = from !== null && to !== null && to <= length * 60
        const hours: SessionHours = {
          openTs: 0,
          closeTs: length * 60,
          breakStartTs: isPaused ? from : null,
          breakEndTs: isPaused ? to : null,
        }
        const minutes = sessionMinutes(
          hours,
          present.map((minute) => minute * 60),
        )
        const runs = missingRuns(hours, minutes)
        const isMissing = (minute: number): boolean =>
          minute >= 0 &&
          minute < length &&
          !present.includes(minute) &&
          !(isPaused && minute * 60 >= from && minute * 60 < to)
        const inRuns = (minute: number): number =>
          runs.filter(({ fromTs, toTs }) => minute * 60 >= fromTs && minute * 60 < toTs).length
        for (let minute = -3; minute <= 33; minute++) expect(inRuns(minute)).toBe(isMissing(minute) ? 1 : 0)
        runs.forEach((run, i) => expect(i === 0 || runs[i - 1].toTs < run.fromTs).toBe(true))
        const missing = runs.reduce((sum, { fromTs, toTs }) => sum + (toTs - fromTs) / 60, 0)
        expect(missing + minutes.length).toBe(expectedMinutes(hours))
      }),
      { numRuns: 300 },
    )
  })
})
