import { describe, expect, test } from 'vitest'
import type { CauseDetail, RatioPeriod } from '#shared/comparison/cause.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { NEW_ONLY } from '#main/compare/causes/attribute-differences.ts'
import { causeKey } from '#main/compare/causes/cause-key.ts'
import { AcceptedCauses, type AcceptableCause, type AcceptedCause } from '#main/compare/causes/explained.ts'

const YEAR = { first: '2024-01-02', last: '2024-12-31' }
const CLOSE = COMPARED_FIELDS.indexOf('close')
const VOLUME = COMPARED_FIELDS.indexOf('volume')

const volumeSource = (lowerQuartile: number, medianRatio: number, upperQuartile: number): CauseDetail => ({
  kind: 'other_volume_source',
  parameters: { lowerQuartile, medianRatio, upperQuartile, correlation: 0.9 },
})
const adjustment = (...periods: readonly RatioPeriod[]): CauseDetail => ({
  kind: 'adjustment',
  parameters: { periods },
})

describe('the key of a cause', () => {
  const ofVolume = (detail: CauseDetail): string => causeKey(detail, { fields: ['volume'] }, YEAR)

  test('is the same for a volume source that is measured a little otherwise, and not for another one', () => {
    const own = ofVolume(volumeSource(0.9, 0.97, 1.1))
    expect(own).toBe('other_volume_source:1:1:volume')
    expect(ofVolume(volumeSource(0.88, 1.04, 1.15))).toBe(own)
    // A hundredth of the volume, and volumes that are nearly anything.
    expect(ofVolume(volumeSource(0.009, 0.01, 0.011))).not.toBe(own)
    expect(ofVolume(volumeSource(0.2, 1, 4))).not.toBe(own)
  })

  test('has the dates at which a ratio changes, and not those at which the data begin and end', () => {
    const ofPrices = (detail: CauseDetail, span = YEAR): string => causeKey(detail, { fields: ['close'] }, span)
    const split = ofPrices(adjustment({ from: YEAR.first, to: '2024-06-07', ratio: 10 }))
    expect(split).toBe('adjustment:10@..2024-06-07:close')
    const earlier = { first: '2021-01-04', last: '2025-03-03' }
    expect(ofPrices(adjustment({ from: earlier.first, to: '2024-06-07', ratio: 10 }), earlier)).toBe(split)
    expect(ofPrices(adjustment({ from: YEAR.first, to: '2024-11-07', ratio: 10 }))).not.toBe(split)
    const [from, to] = ['2024-03-01', '2024-06-07']
    expect(ofPrices(adjustment({ from, to, ratio: 2 }, { from: '2024-06-10', to: YEAR.last, ratio: 4 }))).toBe(
      'adjustment:2@2024-03-01..2024-06-07:4@2024-06-10..:close',
    )
  })
})

describe('an acceptance', () => {
  const LOTS: AcceptableCause = { key: 'scale:0.01:volume', fields: ['volume'], extent: 0.2 }
  const stateOf = (more: Partial<AcceptedCause>, cause = LOTS, symbol = 'SPY', field = VOLUME): string =>
    new AcceptedCauses([{ causeKey: LOTS.key, extents: {}, ...more }], [cause], symbol, '2024-07-01').stateOf(field, 1)

  test('holds while the cause is at most twice as large as it was', () => {
    const extents = { SPY: 0.001, DJCO: 0.1 }
    const sized = (extent: number, symbol = 'SPY'): string => stateOf({ extents }, { ...LOTS, extent }, symbol)
    expect([sized(0.001), sized(0.002), sized(0.0021)]).toEqual(['explained', 'explained', 'waiting'])
    // Each symbol by itself; one that did not show the cause by the one that showed it most.
    expect([sized(0.2, 'DJCO'), sized(0.21, 'DJCO')]).toEqual(['explained', 'waiting'])
    expect([sized(0.2, 'IBM'), sized(0.21, 'IBM')]).toEqual(['explained', 'waiting'])
  })

  test('that does not say how large it was holds at any size', () => {
    expect(stateOf({}, { ...LOTS, extent: 1 })).toBe('explained')
  })

  test('of some fields is about their values, and about rows only when they are all that the cause changes', () => {
    expect(stateOf({ fields: ['volume'] }, LOTS, 'SPY', NEW_ONLY)).toBe('explained')
    const prices: AcceptableCause = { key: LOTS.key, fields: ['open', 'close'], extent: 0.2 }
    expect(stateOf({ fields: ['close'] }, prices, 'SPY', CLOSE)).toBe('explained')
    expect(stateOf({ fields: ['close'] }, prices, 'SPY', NEW_ONLY)).toBe('waiting')
    expect(stateOf({ fields: ['close'] }, { ...prices, fields: null }, 'SPY', NEW_ONLY)).toBe('waiting')
  })

  test('is bound to its symbols and dates', () => {
    expect(stateOf({ symbols: ['IBM'] })).toBe('waiting')
    expect(stateOf({ from: '2024-07-02' })).toBe('waiting')
    expect(stateOf({ to: '2024-06-30' })).toBe('waiting')
    expect(stateOf({ symbols: ['SPY'], from: '2024-07-01', to: '2024-07-01' })).toBe('explained')
  })
})
