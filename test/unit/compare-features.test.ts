import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { comparisonConfigSchema, type FeaturesComparisonConfig } from '#shared/config/comparison-config.ts'
import { workspaceConfigSchema } from '#shared/config/workspace-config.ts'
import { ROW_CLASS_NAMES } from '#main/compare/compare-session.ts'
import { addTotals, emptyTotals, FeatureComparer, type FeatureSide } from '#main/compare/compare-features.ts'
import { checkFeatureNames, featureLimits, matchFeatures } from '#main/compare/match-features.ts'
import { recountFeatures } from '#main/compare/what-if-features.ts'
import { column, OPEN_TS } from './bars-fixtures.ts'

const NAMES = ['rsi', 'ema']
const LIMITS = [
  { abs: 0, rel: 0 },
  { abs: 0.5, rel: 0 },
]
const minute = (n: number): number => OPEN_TS + 60 * n

/** Features of some minutes; a column that is left out is not there. */
function side(minutes: readonly number[], rsi?: readonly number[], ema?: readonly number[]): FeatureSide {
  return {
    ts: column(minutes.map(minute)),
    columns: [rsi, ema].map((values) => (values === undefined ? undefined : column([...values]))),
  }
}

const NOTHING = side([])
const none = { common: 0, oldOnly: 0, newOnly: 0, equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 }

describe('features of a session', () => {
  //          minute 0: rsi null on both, ema equal          -> equal
  //          minute 1: rsi equal, ema 0.5 apart             -> within tolerance
  //          minute 2: rsi null against 40, ema equal       -> different
  //          minute 3: only in old; minute 4: only in new
  //          minute 5: rsi different, ema null against 3    -> different
  const old = side([0, 1, 2, 3, 5], [NaN, 50, 40, 1, 20], [1, 2, 3, 1, 3])
  const fresh = side([0, 1, 2, 4, 5], [NaN, 50, NaN, 1, 21], [1, 2.5, 3, 1, NaN])
  const { counts, rows } = new FeatureComparer(NAMES, LIMITS).compare(old, fresh)

  test('count by minute and by feature', () => {
    expect(counts.minutes).toEqual({
      common: 4,
      oldOnly: 1,
      newOnly: 1,
      equal: 1,
      withinTolerance: 1,
      different: 2,
      nullVersusValue: 2,
      notSettled: 0,
    })
    const shared = { common: 4, oldOnly: 1, newOnly: 1 }
    expect(counts.byFeature).toEqual({
      rsi: { ...shared, equal: 2, withinTolerance: 0, different: 1, nullVersusValue: 1 },
      ema: { ...shared, equal: 2, withinTolerance: 1, different: 0, nullVersusValue: 1 },
    })
  })

  test('keep the minutes that are not plainly equal', () => {
    expect([...rows.ts]).toEqual([1, 2, 3, 4, 5].map(minute))
    expect([...rows.class].map((code) => ROW_CLASS_NAMES[code])).toEqual([
      'within_tolerance',
      'different',
      'old_only',
      'new_only',
      'different',
    ])
    expect([...rows.oldValues]).toEqual([50, 40, 1, NaN, 20, 2, 3, 1, NaN, 3])
    expect([...rows.newValues]).toEqual([50, NaN, NaN, 1, 21, 2.5, 3, NaN, 1, NaN])
  })

  test('that only one side has are counted as its own', () => {
    const comparer = new FeatureComparer(NAMES, LIMITS)
    const absent: FeatureSide = { ts: column([]), columns: [undefined, undefined] }
    const newOnly = comparer.compare(absent, side([0, 1], [1, 2], [3, 4])).counts
    expect(newOnly.minutes).toEqual({ ...none, newOnly: 2, notSettled: 0 })
    expect(newOnly.byFeature).toEqual({ rsi: { ...none, newOnly: 2 }, ema: { ...none, newOnly: 2 } })
    const oldOnly = comparer.compare(side([0, 1, 2], [1, 2, 3]), absent).counts
    expect(oldOnly.minutes.oldOnly).toBe(3)
    // The old side has no ema here, and neither side has a minute of it.
    expect(oldOnly.byFeature).toEqual({ rsi: { ...none, oldOnly: 3 }, ema: none })
  })

  test('of which the old pipeline lacks a column there are judged by the others', () => {
    const found = new FeatureComparer(NAMES, LIMITS).compare(
      side([0, 1], [1, 2]),
      side([0, 1, 2], [1, 2, 3], [4, 5, 6]),
    )
    expect(found.counts.minutes).toMatchObject({ common: 2, newOnly: 1, equal: 2, different: 0 })
    expect(found.counts.byFeature).toEqual({
      rsi: { ...none, common: 2, newOnly: 1, equal: 2 },
      ema: { ...none, newOnly: 3 },
    })
  })

  test('that are too young are not compared', () => {
    const comparer = new FeatureComparer(NAMES, LIMITS)
    const found = comparer.compare(side([0, 1], [1, 2], [1, 1]), side([0, 1], [1, 9], [1, 1]), {
      unsettledFromTs: minute(1),
    })
    expect(found.counts.minutes).toMatchObject({ common: 1, equal: 1, different: 0, notSettled: 1 })
  })

  test('add up', () => {
    const sum = addTotals(addTotals(emptyTotals(NAMES), counts), counts)
    expect(sum.minutes).toMatchObject({ common: 8, different: 4, oldOnly: 2 })
    expect(sum.byFeature['ema']).toEqual({
      common: 8,
      oldOnly: 2,
      newOnly: 2,
      equal: 4,
      withinTolerance: 2,
      different: 0,
      nullVersusValue: 2,
    })
  })

  test('counted again with other limits are what a comparison with those is', () => {
    const value = fc.constantFrom(NaN, 0, 1, 1.5, 2, 100)
    const features = fc.record({ rsi: fc.option(fc.array(value, { minLength: 6, maxLength: 6 })), from: fc.nat(2) })
    const limit = fc.record({ abs: fc.constantFrom(0, 0.5, 1), rel: fc.constantFrom(0, 0.5) })
    const sideOf = ({ rsi, from }: { rsi: number[] | null; from: number }, ema: readonly number[]): FeatureSide =>
      side(
        [0, 1, 2, 3, 4, 5].map((n) => n + from),
        rsi ?? undefined,
        ema,
      )
    const six = fc.array(value, { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(features, six, six, six, limit, limit, (a, b, c, d, first, second) => {
        const old = sideOf(a, b)
        const fresh = sideOf({ rsi: c, from: 1 }, d)
        const stored = new FeatureComparer(NAMES, LIMITS).compare(old, fresh)
        const limits = [first, second]
        expect(recountFeatures({ ...stored.rows, counts: stored.counts }, NAMES, limits)).toEqual(
          new FeatureComparer(NAMES, limits).compare(old, fresh).counts,
        )
      }),
    )
  })

  test('give nothing for nothing', () => {
    expect(new FeatureComparer(NAMES, LIMITS).compare(NOTHING, NOTHING).counts).toEqual(emptyTotals(NAMES))
  })
})

describe('the configuration', () => {
  const configOf = (features: object): FeaturesComparisonConfig => comparisonConfigSchema.parse({ features }).features
  const SET = ['ema_12', 'rsi_14', 'macd', 'volume_z_20']

  test('takes columns of the same name, those that are named, and not those that are left out', () => {
    const config = configOf({
      columns: { rsi_14: 'RSI', macd: null },
      tolerance: { rel: 0.01 },
      tolerances: { rsi_14: { abs: 0.1, bp: 5 } },
    })
    const found = matchFeatures(config, SET, ['RSI', 'ema_12', 'macd', 'notes'])
    expect(found.map(({ name, oldColumn }) => [name, oldColumn])).toEqual([
      ['ema_12', 'ema_12'],
      ['rsi_14', 'RSI'],
    ])
    expect(featureLimits(found)).toEqual([
      { abs: 0, rel: 0.01 },
      { abs: 0.1, rel: 0.0005 },
    ])
    expect(matchFeatures(configOf({}), SET, ['close_2'])).toEqual([])
  })

  test('has room for the rounding of another order of the same arithmetic by default', () => {
    expect(featureLimits(matchFeatures(configOf({}), SET, ['macd']))).toEqual([{ abs: 1e-9, rel: 1e-6 }])
  })

  test('that names a feature which the set does not have is refused', () => {
    for (const key of ['columns', 'tolerances'] as const) {
      const config = configOf({ [key]: { rsi_41: key === 'columns' ? 'RSI' : { abs: 1 } } })
      expect(() => checkFeatureNames(config, 'features_price_1m_v1', SET)).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: `comparison.features.${key}: features_price_1m_v1 has no feature rsi_41.`,
          hint: 'Its features are ema_12, rsi_14, macd, volume_z_20.',
        }),
      )
    }
    expect(() => checkFeatureNames(configOf({ columns: { macd: 'm' } }), 'set', SET)).not.toThrow()
  })

  test('that names a column which the old pipeline does not have is refused', () => {
    const config = configOf({ columns: { rsi_14: 'RSI' } })
    expect(() => matchFeatures(config, SET, ['rsi', 'ema'])).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message:
          'comparison.features.columns: rsi_14 is to be compared with RSI, which the old pipeline does not have.',
        hint: expect.stringContaining('rsi, ema') as string,
      }),
    )
    expect(() => matchFeatures(config, SET, [])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('features: rest') as string }),
    )
  })

  test('knows no ticks of features, and no set that is not listed', () => {
    const workspace = (features: object): unknown =>
      workspaceConfigSchema.safeParse({ version: 1, symbols: [{ symbol: 'SPY' }], comparison: { features } }).error
        ?.issues
    expect(workspace({ tolerance: { ticks: 1 } })).toMatchObject([
      { path: ['comparison', 'features', 'tolerance'], message: expect.stringContaining('ticks are steps') as string },
    ])
    expect(workspace({ set: 'mine_v1' })).toMatchObject([
      { path: ['comparison', 'features', 'set'], message: 'mine_v1 is not in features.sets of this workspace' },
    ])
    expect(workspace({ set: 'features_price_1m_v1' })).toBeUndefined()
  })
})
