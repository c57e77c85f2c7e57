import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LocalClock } from '#main/legacy/local-clock.ts'

/** Seconds of a wall-clock time as if it were UTC. */
const wall = (text: string): number => Date.parse(`${text}Z`) / 1000

/** Offset of a zone from UTC in seconds by the runtime's own time zone database. */
function offsetAt(zone: string, ts: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(ts * 1000))
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value)
  return (
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) / 1000 - ts
  )
}

describe('a wall-clock time in New York', () => {
  const clock = new LocalClock('America/New_York')

  test.each([
    ['2024-07-02T09:30:00', '2024-07-02T13:30:00'],
    ['2024-01-02T09:30:00', '2024-01-02T14:30:00'],
    ['2024-07-02T00:00:00', '2024-07-02T04:00:00'],
    ['2024-07-02T23:59:59', '2024-07-03T03:59:59'],
    ['1969-12-31T19:00:00', '1970-01-01T00:00:00'],
    // The days of the changes, on either side of them.
    ['2024-03-10T01:59:59', '2024-03-10T06:59:59'],
    ['2024-03-10T03:00:00', '2024-03-10T07:00:00'],
    ['2024-11-03T00:59:59', '2024-11-03T04:59:59'],
    ['2024-11-03T02:00:00', '2024-11-03T07:00:00'],
    ['2024-11-03T09:30:00', '2024-11-03T14:30:00'],
  ])('%s is %s UTC', (local, utc) => {
    expect(clock.toEpochSeconds(wall(local))).toBe(wall(utc))
  })

  test.each(['2024-03-10T02:00:00', '2024-03-10T02:30:00', '2024-03-10T02:59:59'])('%s was skipped', (local) => {
    expect(clock.toEpochSeconds(wall(local))).toBeNull()
  })

  test.each(['2024-11-03T01:00:00', '2024-11-03T01:30:00', '2024-11-03T01:59:59'])('%s came twice', (local) => {
    expect(clock.toEpochSeconds(wall(local))).toBeNull()
  })
})

describe('where the clock changes at midnight', () => {
  test('the first hour of a day can be skipped', () => {
    // Havana, 2024-03-10: 00:00 became 01:00.
    const havana = new LocalClock('America/Havana')
    expect(havana.toEpochSeconds(wall('2024-03-10T00:30:00'))).toBeNull()
    expect(havana.toEpochSeconds(wall('2024-03-10T01:00:00'))).toBe(wall('2024-03-10T05:00:00'))
    expect(havana.toEpochSeconds(wall('2024-03-09T23:59:00'))).toBe(wall('2024-03-10T04:59:00'))
  })

  test('the first hour of a day can be skipped also where it begins on the evening before in UTC', () => {
    // Beirut, 2024-03-31: 00:00 became 01:00.
    const beirut = new LocalClock('Asia/Beirut')
    expect(beirut.toEpochSeconds(wall('2024-03-31T00:30:00'))).toBeNull()
    expect(beirut.toEpochSeconds(wall('2024-03-31T01:00:00'))).toBe(wall('2024-03-30T22:00:00'))
  })

  test('the last hour of a day can come twice', () => {
    // Beirut, 2023-10-29: 00:00 became 23:00 of the day before.
    const beirut = new LocalClock('Asia/Beirut')
    expect(beirut.toEpochSeconds(wall('2023-10-28T23:30:00'))).toBeNull()
    expect(beirut.toEpochSeconds(wall('2023-10-28T22:59:00'))).toBe(wall('2023-10-28T19:59:00'))
    expect(beirut.toEpochSeconds(wall('2023-10-29T00:00:00'))).toBe(wall('2023-10-28T22:00:00'))
  })
})

test('any time in any zone is the one instant that shows it, or nothing where there are none or two', () => {
  const zones = [
    'America/New_York',
    'America/Havana',
    'Europe/London',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'Pacific/Kiritimati',
    'Asia/Tehran',
    'UTC',
  ]
  const clocks = new Map(zones.map((zone) => [zone, new LocalClock(zone)]))
  // Days around the changes of 2024 often, so that skipped and repeated hours are really met.
  const day = fc.oneof(
    fc.integer({ min: 7305, max: 22_280 }),
    fc.constantFrom(19_792, 19_793, 19_813, 19_819, 19_820, 20_022, 20_030, 20_031),
  )
  fc.assert(
    fc.property(fc.constantFrom(...zones), day, fc.integer({ min: 0, max: 287 }), (zone, epochDay, slot) => {
      const wallSeconds = 86_400 * epochDay + 300 * slot
      // Offsets are whole quarters of an hour between -12 and +14 hours in these years.
      const instants: number[] = []
      for (let offset = -43_200; offset <= 50_400; offset += 900) {
        if (offsetAt(zone, wallSeconds - offset) === offset) instants.push(wallSeconds - offset)
      }
      expect(clocks.get(zone)?.toEpochSeconds(wallSeconds)).toBe(instants.length === 1 ? instants[0] : null)
    }),
    { numRuns: 60 },
  )
})
