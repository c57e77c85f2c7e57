import { describe, expect, test } from 'vitest'
import { restartEndsAt } from '#main/engine/tws-clients.ts'

const at = (iso: string): number => Date.parse(iso)
const NEW_YORK = { time: '23:45', zone: 'America/New_York', minutes: 15 }

describe('the daily restart', () => {
  test.each([
    // New York is four hours behind UTC in July and five in January.
    ['2024-07-03T03:44:59Z', undefined],
    ['2024-07-03T03:45:00Z', '2024-07-03T04:00:00Z'],
    ['2024-07-03T03:59:59Z', '2024-07-03T04:00:00Z'],
    ['2024-07-03T04:00:00Z', undefined],
    ['2024-01-03T03:50:00Z', undefined],
    ['2024-01-03T04:50:00Z', '2024-01-03T05:00:00Z'],
    ['2024-07-02T15:00:00Z', undefined],
  ])('at %s ends at %s', (now, end) => {
    expect(restartEndsAt(NEW_YORK, at(now))).toBe(end === undefined ? undefined : at(end))
  })

  test('that begins before midnight may end after it', () => {
    const late = { time: '23:55', zone: 'Asia/Tokyo', minutes: 20 }
    // Tokyo is nine hours ahead.
    expect(restartEndsAt(late, at('2024-07-02T14:54:59Z'))).toBeUndefined()
    for (const now of ['2024-07-02T14:55:00Z', '2024-07-02T15:00:00Z', '2024-07-02T15:14:59Z']) {
      expect(restartEndsAt(late, at(now))).toBe(at('2024-07-02T15:15:00Z'))
    }
    expect(restartEndsAt(late, at('2024-07-02T15:15:00Z'))).toBeUndefined()
  })

  test('over a clock change is as long as it is', () => {
    // On 2024-03-10 New York has no 02:30; the clock goes on at 03:30, which is 07:30 in UTC.
    const skipped = { time: '02:30', zone: 'America/New_York', minutes: 30 }
    expect(restartEndsAt(skipped, at('2024-03-10T07:29:59Z'))).toBeUndefined()
    expect(restartEndsAt(skipped, at('2024-03-10T07:30:00Z'))).toBe(at('2024-03-10T08:00:00Z'))
    // On 2024-11-03 it has 01:50 twice; the first is at 05:50 in UTC.
    const twice = { time: '01:50', zone: 'America/New_York', minutes: 20 }
    expect(restartEndsAt(twice, at('2024-11-03T06:05:00Z'))).toBe(at('2024-11-03T06:10:00Z'))
    expect(restartEndsAt(twice, at('2024-11-03T06:55:00Z'))).toBeUndefined()
  })
})
