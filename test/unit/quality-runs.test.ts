import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { TestBar } from './bars-fixtures.ts'
import { barAt, closes, found, lively, places, type Settings, transform } from './quality-fixtures.ts'

const BEFORE = closes(lively(10))

/** Ten lively bars, a run, and ten lively bars again. */
function withRun(run: readonly TestBar[]): TestBar[] {
  return [...BEFORE, ...run, ...closes(lively(10), 10 + run.length)]
}

/** Bars from minute 10 on. */
const bars = (count: number, bar: (i: number) => Omit<TestBar, 'ts'>): TestBar[] =>
  Array.from({ length: count }, (_, i) => barAt(10 + i, bar(i)))

const flat = (count: number): TestBar[] => bars(count, (i) => ({ close: 100.02, volume: 50 + i }))
const stale = (count: number): TestBar[] => bars(count, () => ({ open: 100, high: 100.02, low: 99.99, close: 100.01 }))
const empty = (count: number): TestBar[] =>
  bars(count, (i) => ({ open: 100, high: 100.02, low: 100, close: i % 2 === 0 ? 100 : 100.02, volume: 0 }))

const normally = (baseline: Settings['baseline']): Settings => ({ baseline: { sessions: 20, ...baseline } })

describe('a flat run', () => {
  test('is one of more than three times the normal length', () => {
    // 3 * 10 are normal; from 31 on it is too long.
    const settings = normally({ flatRun: 10 })
    expect(places(transform(withRun(flat(30)), settings), 'flat_run')).toEqual([])
    const output = transform(withRun(flat(31)), settings)
    expect(places(output, 'flat_run')).toEqual([[10, 40, 31]])
    expect(found(output, 'flat_run')).toMatchObject([{ severity: 'warn', action: 'flag', blocking: false }])
    expect(found(output, 'flat_run')[0].message).toBe(
      '31 bars in a row have one price, 100.02. The longest such run of a session is 10 bars normally.',
    )
    expect([...output.bars.flags].map((flag) => flag & BarFlag.Suspect)).toEqual([
      ...Array.from({ length: 10 }, () => 0),
      ...Array.from({ length: 31 }, () => BarFlag.Suspect),
      ...Array.from({ length: 10 }, () => 0),
    ])
  })

  test('has at least twenty bars, and sixty of a symbol that nothing is known of', () => {
    expect(places(transform(withRun(flat(19)), normally({ flatRun: 1 })), 'flat_run')).toEqual([])
    expect(places(transform(withRun(flat(20)), normally({ flatRun: 1 })), 'flat_run')).toEqual([[10, 29, 20]])
    expect(places(transform(withRun(flat(59))), 'flat_run')).toEqual([])
    expect(places(transform(withRun(flat(60))), 'flat_run')).toEqual([[10, 69, 60]])
  })

  test('goes by the configured length', () => {
    const params = { minimumBars: 4, factor: 1.5 }
    const settings = { ...normally({ flatRun: 4 }), quality: { rules: { flat_run: { params } } } }
    expect(places(transform(withRun(flat(6)), settings), 'flat_run')).toEqual([])
    expect(places(transform(withRun(flat(7)), settings), 'flat_run')).toEqual([[10, 16, 7]])
  })

  test('ends with a missing minute, another price, or a bar that moved within itself', () => {
    const settings = normally({ flatRun: 1 })
    const run = flat(30)
    expect(places(transform(withRun(run.toSpliced(15, 1)), settings), 'flat_run')).toEqual([])
    const other = run.map((bar, i) => (i < 15 ? bar : { ...bar, close: 100.03, volume: 7 + i }))
    expect(places(transform(withRun(other), settings), 'flat_run')).toEqual([])
    const moved = run.with(15, { ...run[15], high: 100.03 })
    expect(places(transform(withRun(moved), settings), 'flat_run')).toEqual([])
  })

  test('may reach to the last bar, and there may be two', () => {
    const settings = normally({ flatRun: 1 })
    expect(places(transform([...BEFORE, ...flat(25)], settings), 'flat_run')).toEqual([[10, 34, 25]])
    const two = [...flat(20), ...flat(21).map((bar) => ({ ...bar, ts: bar.ts + 60 * 20, close: 100.05 }))]
    expect(places(transform(withRun(two), settings), 'flat_run')).toEqual([
      [10, 29, 20],
      [30, 50, 21],
    ])
  })
})

describe('a stale price', () => {
  test('is the same bar at least four times, and twelve times of a symbol that nothing is known of', () => {
    expect(places(transform(withRun(stale(3)), normally({ staleRun: 1 })), 'stale_price')).toEqual([])
    const output = transform(withRun(stale(4)), normally({ staleRun: 1 }))
    expect(places(output, 'stale_price')).toEqual([[10, 13, 4]])
    expect(Array.from(output.bars.flags.subarray(9, 15))).toEqual([0, 32, 32, 32, 32, 0])
    expect(places(transform(withRun(stale(11))), 'stale_price')).toEqual([])
    expect(places(transform(withRun(stale(12))), 'stale_price')).toEqual([[10, 21, 12]])
  })

  test('is more than three times the normal length', () => {
    expect(places(transform(withRun(stale(6)), normally({ staleRun: 2 })), 'stale_price')).toEqual([])
    expect(places(transform(withRun(stale(7)), normally({ staleRun: 2 })), 'stale_price')).toEqual([[10, 16, 7]])
  })

  test.each([
    ['open', 100.01],
    ['high', 100.03],
    ['low', 99.98],
    ['close', 100],
    ['volume', 101],
    ['tradeCount', 6],
  ] as const)('is none once the %s changes', (name, value) => {
    const run = stale(4)
    const settings = normally({ staleRun: 1 })
    expect(places(transform(withRun(run.with(2, { ...run[2], [name]: value })), settings), 'stale_price')).toEqual([])
  })

  test('is seen also where the broker has no trade counts', () => {
    const run = stale(4).map((bar) => ({ ...bar, tradeCount: -1 }))
    expect(places(transform(withRun(run), normally({ staleRun: 1 })), 'stale_price')).toEqual([[10, 13, 4]])
  })

  test('is none without volume: nobody traded', () => {
    const run = stale(4).map((bar) => ({ ...bar, volume: 0 }))
    expect(places(transform(withRun(run), normally({ staleRun: 1 })), 'stale_price')).toEqual([])
  })
})

describe('a run without volume', () => {
  test('has at least ten bars, and thirty of a symbol that nothing is known of', () => {
    expect(places(transform(withRun(empty(9)), normally({ zeroVolumeRun: 3 })), 'zero_volume_run')).toEqual([])
    const output = transform(withRun(empty(10)), normally({ zeroVolumeRun: 3 }))
    expect(places(output, 'zero_volume_run')).toEqual([[10, 19, 10]])
    expect(found(output, 'zero_volume_run')[0].message).toContain('10 bars in a row have no volume')
    expect(places(transform(withRun(empty(29))), 'zero_volume_run')).toEqual([])
    expect(places(transform(withRun(empty(30))), 'zero_volume_run')).toEqual([[10, 39, 30]])
  })

  test('is more than three times the normal length', () => {
    expect(places(transform(withRun(empty(12)), normally({ zeroVolumeRun: 4 })), 'zero_volume_run')).toEqual([])
    expect(places(transform(withRun(empty(13)), normally({ zeroVolumeRun: 4 })), 'zero_volume_run')).toEqual([
      [10, 22, 13],
    ])
  })

  test('ends with a volume, also with one that is not known', () => {
    const run = empty(12)
    for (const volume of [1, -1, NaN]) {
      const output = transform(withRun(run.with(6, { ...run[6], volume })), normally({ zeroVolumeRun: 3 }))
      expect(places(output, 'zero_volume_run')).toEqual([])
    }
  })

  test('is not what the fillings of gaps are', () => {
    // Every second minute came, the others are filled without volume.
    const output = transform(
      closes(lively(60)).filter((_bar, i) => i % 3 === 0),
      normally({ zeroVolumeRun: 0 }),
    )
    expect(output.quality.filled).toBeGreaterThan(0)
    expect(places(output, 'zero_volume_run')).toEqual([])
  })
})
