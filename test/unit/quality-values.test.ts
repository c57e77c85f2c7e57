import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { TestBar } from './bars-fixtures.ts'
import { barAt, closes, found, places, transform, transformAll } from './quality-fixtures.ts'

/** Twelve bars that no rule has anything to say about, with one of them changed. */
function withBar(minute: number, change: Omit<TestBar, 'ts'>): TestBar[] {
  return [10, 10.01, 10.02, 10.01, 10, 10.01, 10.02, 10.03, 10.02, 10.01, 10, 10.01].map((close, i) =>
    barAt(i, { open: 10, high: 10.05, low: 9.95, close, volume: 100 + i, vwap: 10, ...(i === minute ? change : {}) }),
  )
}

test('a bar with nothing wrong trips no rule about its values', () => {
  const rules = transform(withBar(0, {})).findings.map(({ rule }) => rule)
  expect(
    rules.filter((rule) => rule !== 'minutes_not_traded' && rule !== 'low_coverage' && rule !== 'minutes_halted'),
  ).toEqual([])
})

describe('a fraction of a share', () => {
  test.each([0.5, 100.000001, 1 / 3])('(%d) is flagged where the instrument trades in whole units', (volume) => {
    const output = transform(withBar(3, { volume }))
    expect(found(output, 'volume_fractional')).toMatchObject([{ severity: 'info', blocking: false, action: 'flag' }])
    expect(places(output, 'volume_fractional')).toEqual([[3, 3, 1]])
    expect(output.bars.flags[3]).toBe(BarFlag.Suspect)
    expect(output.bars.volume[3]).toBe(volume)
  })

  test('is none in whole volumes, in ones that are not known, and of instruments that trade in fractions', () => {
    for (const volume of [0, 1, 1e12, NaN, -1])
      expect(found(transform(withBar(3, { volume })), 'volume_fractional')).toEqual([])
    const settings = { instrument: { wholeUnits: false } }
    expect(found(transform(withBar(3, { volume: 0.5 }), settings), 'volume_fractional')).toEqual([])
  })

  test('in bars in a row is one finding with the first of them and its neighbours', () => {
    const bars = withBar(3, { volume: 0.5 }).map((bar, i) => (i === 4 || i === 5 ? { ...bar, volume: 1.5 } : bar))
    const [finding] = found(transform(bars), 'volume_fractional')
    expect(places(transform(bars), 'volume_fractional')).toEqual([[3, 5, 3]])
    expect(finding.message).toContain('3 bars in a row')
    expect(finding.context).toMatchObject({
      previous: { ts: bars[2].ts, volume: 102 },
      bar: { ts: bars[3].ts, volume: 0.5 },
      next: { ts: bars[4].ts, volume: 1.5 },
    })
  })

  test('has no neighbour at the first and the last bar', () => {
    const first = found(transform(withBar(0, { volume: 0.5 })), 'volume_fractional')
    expect(first).toMatchObject([{ context: { previous: null, next: { volume: 101 } } }])
    const last = found(transform(withBar(11, { volume: 0.5 })), 'volume_fractional')
    expect(last).toMatchObject([{ context: { previous: { volume: 110 }, next: null } }])
  })
})

describe('an average outside high and low', () => {
  // Half a tick is allowed: high 10.05, low 9.95, tick 0.01.
  test.each([10.055, 9.945, 10.05, 10])('may be half a tick out: %d', (vwap) => {
    expect(found(transform(withBar(3, { vwap })), 'vwap_outside_range')).toEqual([])
  })

  test.each([10.0551, 9.9449, 1, 1e9])('is flagged beyond: %d', (vwap) => {
    const output = transform(withBar(3, { vwap }))
    expect(found(output, 'vwap_outside_range')).toMatchObject([{ severity: 'warn', action: 'flag' }])
    expect(places(output, 'vwap_outside_range')).toEqual([[3, 3, 1]])
    expect(output.bars.flags[3]).toBe(BarFlag.Suspect)
    expect(output.bars.vwap[3]).toBe(vwap)
  })

  test('is none of a bar without volume, or that has no average', () => {
    expect(found(transform(withBar(3, { vwap: 11, volume: 0 })), 'vwap_outside_range')).toEqual([])
    expect(found(transform(withBar(3, { vwap: 11, volume: NaN })), 'vwap_outside_range')).toEqual([])
    for (const vwap of [-1, 0, NaN]) expect(found(transform(withBar(3, { vwap })), 'vwap_outside_range')).toEqual([])
  })

  test('is measured in ticks of the instrument, and in as many as are configured', () => {
    const quarter = { instrument: { tickSize: 0.25 } }
    expect(places(transform(withBar(3, { vwap: 10.17 }), quarter), 'vwap_outside_range')).toEqual([])
    expect(places(transform(withBar(3, { vwap: 10.18 }), quarter), 'vwap_outside_range')).toEqual([[3, 3, 1]])
    const ten = { quality: { rules: { vwap_outside_range: { params: { ticks: 10 } } } } }
    expect(places(transform(withBar(3, { vwap: 10.15 }), ten), 'vwap_outside_range')).toEqual([])
    expect(places(transform(withBar(3, { vwap: 10.151 }), ten), 'vwap_outside_range')).toEqual([[3, 3, 1]])
  })

  test('takes cents for the tick where nobody has said, and hundredths of them below a dollar', () => {
    const unknown = { instrument: { tickSize: null } }
    expect(places(transform(withBar(3, { vwap: 10.055 }), unknown), 'vwap_outside_range')).toEqual([])
    expect(places(transform(withBar(3, { vwap: 10.056 }), unknown), 'vwap_outside_range')).toEqual([[3, 3, 1]])
    const cheap = (vwap: number): TestBar[] => [barAt(0, { close: 0.5, vwap })]
    expect(places(transform(cheap(0.50005), unknown), 'vwap_outside_range')).toEqual([])
    expect(places(transform(cheap(0.5001), unknown), 'vwap_outside_range')).toEqual([[0, 0, 1]])
  })
})

describe('a price off the tick grid', () => {
  test.each(['open', 'high', 'low', 'close'] as const)('is seen in the %s and kept', (name) => {
    const off = name === 'high' ? 10.053 : name === 'low' ? 9.947 : 10.013
    const output = transform(withBar(3, { [name]: off }))
    expect(found(output, 'tick_size')).toMatchObject([{ severity: 'info', action: 'keep' }])
    expect(found(output, 'tick_size')[0].message).toContain(String(off))
    expect(output.bars.flags[3]).toBe(0)
  })

  test('is none where doubles just cannot hold the multiple', () => {
    // 0.1 + 0.2 is 0.30000000000000004; 4.35 * 100 is 434.99999999999994.
    for (const close of [0.1 + 0.2, 4.35, 1.005 * 1000, 8_388_607.99, 99_999_999.99])
      expect(found(transform([barAt(0, { close })]), 'tick_size')).toEqual([])
  })

  test('goes by the tick of the instrument', () => {
    const bar = [barAt(0, { close: 4_500.25 }), barAt(1, { close: 4_500.3 }), barAt(2, { close: 4_500.5 })]
    expect(places(transform(bar, { instrument: { tickSize: 0.25 } }), 'tick_size')).toEqual([[1, 1, 1]])
    expect(places(transform(bar, { instrument: { tickSize: 0.05 } }), 'tick_size')).toEqual([])
  })

  test('is none at half a tick, where trades at the middle of a spread happen, unless that is configured', () => {
    const half = [barAt(0, { close: 449.235 })]
    expect(found(transform(half), 'tick_size')).toEqual([])
    const whole = { quality: { rules: { tick_size: { params: { parts: 1 } } } } }
    expect(found(transform(half, whole), 'tick_size')[0].message).toBe(
      'The price 449.235 is no multiple of the tick size 0.01.',
    )
    expect(found(transform([barAt(0, { close: 449.2325 })]), 'tick_size')[0].message).toBe(
      'The price 449.2325 is no multiple of 1/2 of the tick size 0.01.',
    )
  })

  test('a ten-thousandth of a tick away is on it, a thousandth is not', () => {
    expect(found(transform([barAt(0, { close: 10.000_000_9 })]), 'tick_size')).toEqual([])
    expect(found(transform([barAt(0, { close: 10.000_01 })]), 'tick_size')).toHaveLength(1)
  })

  test('is not looked for where nobody has said what the tick is', () => {
    expect(found(transform([barAt(0, { close: 10.0033 })], { instrument: { tickSize: null } }), 'tick_size')).toEqual(
      [],
    )
  })
})

describe('volume without trades', () => {
  test('is flagged', () => {
    const output = transform(withBar(3, { tradeCount: 0 }))
    expect(found(output, 'trade_count_zero')).toMatchObject([{ severity: 'warn', action: 'flag' }])
    expect(places(output, 'trade_count_zero')).toEqual([[3, 3, 1]])
    expect(output.bars.flags[3]).toBe(BarFlag.Suspect)
  })

  test.each([
    ['one trade', { tradeCount: 1 }],
    ['a number of trades that is not known', { tradeCount: -1 }],
    ['no volume either', { tradeCount: 0, volume: 0 }],
    ['a volume that is not known', { tradeCount: 0, volume: -1 }],
  ])('is not seen in a bar with %s', (_name, change) => {
    expect(found(transform(withBar(3, change)), 'trade_count_zero')).toEqual([])
  })
})

describe('a volume beyond all measure', () => {
  test('is one above the maximum, which itself is a volume', () => {
    expect(transform(withBar(3, { volume: 1e12 })).bars.volume[3]).toBe(1e12)
    const output = transform(withBar(3, { volume: 1e12 + 1 }))
    expect(output.bars.volume[3]).toBeNaN()
    expect(output.bars.flags[3]).toBe(BarFlag.VolumeUnknown)
    expect(places(output, 'volume_invalid')).toEqual([[3, 3, 1]])
    expect(output.quality).toMatchObject({ nullVolume: 1, flagged: 1, dropped: 0 })
  })

  test('goes by the configured maximum', () => {
    const settings = { quality: { rules: { volume_invalid: { params: { maximum: 103 } } } } }
    // Volumes are 100, 101, ...
    expect(places(transform(withBar(0, {}), settings), 'volume_invalid')).toEqual([[4, 11, 8]])
  })

  test('keeps the rest of the bar, and drops it where that is configured', () => {
    const settings = { quality: { rules: { volume_invalid: { action: 'drop' } } } }
    const output = transform(withBar(3, { volume: -1 }), settings)
    expect(output.bars.ts).toHaveLength(11)
    expect(output.quality).toMatchObject({ received: 12, dropped: 1, nullVolume: 0 })
    expect(found(output, 'volume_invalid')).toMatchObject([{ action: 'drop' }])
  })
})

describe('a minute twice', () => {
  const bars = closes([10, 10.01, 10.02, 10.01, 10, 10.01])

  test('in a row of minutes is one finding', () => {
    const doubled = bars.flatMap((bar, i) => (i >= 1 && i <= 3 ? [bar, bar] : [bar]))
    expect(places(transform(doubled), 'duplicate')).toEqual([[1, 3, 6]])
    expect(found(transform(doubled), 'duplicate')[0].message).toContain('3 minutes in a row')
  })

  test('with other values in a row of minutes is one finding that flags them all', () => {
    const doubled = bars.flatMap((bar, i) => (i >= 1 && i <= 3 ? [{ ...bar, volume: 1 }, bar] : [bar]))
    const output = transform(doubled)
    expect(places(output, 'duplicate_conflicting')).toEqual([[1, 3, 6]])
    expect([...output.bars.flags]).toEqual([0, 2, 2, 2, 0, 0])
  })

  test('of which some rows are left out for another reason is a finding for each part', () => {
    const doubled = bars.flatMap((bar, i) =>
      i >= 1 && i <= 3
        ? [
            { ...bar, volume: 1 },
            { ...bar, ...(i === 2 ? { low: -1 } : {}) },
          ]
        : [bar],
    )
    const output = transform(doubled)
    expect(places(output, 'duplicate_conflicting')).toEqual([
      [1, 1, 2],
      [2, 2, 2],
      [3, 3, 2],
    ])
    expect(found(output, 'duplicate_conflicting').map(({ action }) => action)).toEqual(['flag', 'keep', 'flag'])
    expect([...output.bars.flags]).toEqual([0, 2, 2, 0, 0])
  })

  test('in minutes that are not neighbours is a finding for each', () => {
    const doubled = bars.flatMap((bar, i) => (i === 1 || i === 3 ? [bar, bar] : [bar]))
    expect(places(transform(doubled), 'duplicate')).toEqual([
      [1, 1, 2],
      [3, 3, 2],
    ])
  })

  test('equal and differing ones are told apart', () => {
    const doubled = bars.flatMap((bar, i) => (i === 1 ? [bar, bar] : i === 2 ? [{ ...bar, volume: 1 }, bar] : [bar]))
    expect(places(transform(doubled), 'duplicate')).toEqual([[1, 1, 2]])
    expect(places(transform(doubled), 'duplicate_conflicting')).toEqual([[2, 2, 2]])
  })
})

describe('a response out of order', () => {
  const bars = closes([10, 10.01, 10.02, 10.01])

  test('is put in order and mentioned once', () => {
    const output = transform([bars[0], bars[2], bars[1], bars[3]])
    expect(places(output, 'not_ascending')).toEqual([[0, 3, 4]])
    expect([...output.bars.ts]).toEqual(bars.map(({ ts }) => ts))
    expect(found(output, 'not_ascending')[0].message).toContain('A response was out of order')
  })

  test('is not one whose minutes come twice, nor two responses in the wrong order', () => {
    expect(found(transform([bars[0], bars[1], bars[1], bars[2]]), 'not_ascending')).toEqual([])
    expect(found(transformAll([bars.slice(2), bars.slice(0, 2)]), 'not_ascending')).toEqual([])
  })

  test('is not one whose disorder lies in other sessions', () => {
    const tomorrow = bars.map((bar) => ({ ...bar, ts: bar.ts + 86_400 }))
    expect(found(transform([...bars, tomorrow[1], tomorrow[0]]), 'not_ascending')).toEqual([])
  })

  test('is counted with the others', () => {
    const output = transformAll([
      [bars[1], bars[0]],
      [bars[3], bars[2]],
    ])
    expect(found(output, 'not_ascending')[0].message).toContain('2 responses were out of order')
  })
})

describe('a later answer', () => {
  const bars = closes([10, 10.01, 10.02, 10.01])

  test('with other prices is one finding over all revised minutes', () => {
    const output = transformAll([bars, [bars[1], bars[3]].map((bar) => ({ ...bar, high: 10.03 }))])
    expect(places(output, 'revised_prices')).toEqual([[1, 3, 2]])
    expect(output.bars.high[3]).toBe(10.03)
    expect(found(output, 'revised_quantities')).toEqual([])
  })

  test.each([
    ['volume', 1],
    ['vwap', 10.005],
    ['tradeCount', 99],
  ] as const)('with another %s is a revision of quantities', (name, value) => {
    const output = transformAll([bars, [{ ...bars[2], [name]: value }]])
    expect(places(output, 'revised_quantities')).toEqual([[2, 2, 1]])
    expect(found(output, 'revised_prices')).toEqual([])
  })

  test('with the same is none, however small a difference would be', () => {
    const same = transformAll([bars, bars]).findings.filter(({ rule }) => rule.startsWith('revised'))
    expect(same).toEqual([])
    const other = transformAll([bars, [{ ...bars[2], high: 10.02 * (1 + 2 ** -52) }]])
    expect(places(other, 'revised_prices')).toEqual([[2, 2, 1]])
  })
})
