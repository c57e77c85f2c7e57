import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileFeatureSet, computeSessionFeatures } from '#main/pipeline/features/compute-features.ts'
import type { SessionInput } from '#main/pipeline/features/compute-features.ts'
import {
  closesOnly,
  computeColumn,
  definitionOf,
  nullable,
  readQuotes,
  referenceFolder,
  sessionInput,
  sessionNumber,
} from './features-fixtures.ts'
import { LIBRARY, libraryByFormula } from './features-library-by-formula.ts'
import { anyMarket, ORDINARY_MARKET, randomSessions } from './features-market.ts'

type Name = (typeof LIBRARY)[number]['name']

const columnOf = (name: Name, params: Readonly<Record<string, number>>, bars: number) => ({
  formula: name,
  params: { ...params },
  warmup: { bars, sessions: 0 },
  nullPolicy: LIBRARY.find((column) => column.name === name)?.nullPolicy ?? 'window',
})

const compiled = compileFeatureSet(
  definitionOf(LIBRARY.map(({ name, params, warmup }) => ({ ...columnOf(name, params, warmup), name }))),
)

function compute(input: SessionInput): (number | null)[][] {
  return computeSessionFeatures(compiled, input, []).columns.map(nullable)
}

/**
 * How far apart two right answers may be: 1e-9 of the value, and where a column is a difference of nearly equal numbers the rounding
 * of those: of prices in the columns that measure how far they are apart, of the volumes summed in the balance.
 */
function allowance(name: Name, expected: number, { bars }: SessionInput): number {
  const most = (values: Float64Array): number => Math.max(0, ...values.filter((value) => value > 0 && value < Infinity))
  const relative = 1e-9 * Math.abs(expected)
  if (name === 'obv') return relative + 1e-13 * most(bars.volume) * bars.ts.length
  if (name === 'rolling_std') return relative + 1e-13 * most(bars.close)
  if (name === 'keltner_lower') return relative + 1e-13 * most(bars.high)
  return relative + 1e-10
}

function expectByFormula(input: SessionInput): void {
  const actual = compute(input)
  for (const [at, values] of libraryByFormula(input).entries()) {
    const { name } = LIBRARY[at]
    expect(actual[at].length).toBe(values.length)
    for (const [row, value] of values.entries()) {
      const got = actual[at][row]
      const where = `${name} row ${row}`
      if (value === null || got === null) expect(got, where).toBe(value)
      else
        expect(Math.abs(got - value), `${where}: ${got} against ${value}`).toBeLessThanOrEqual(
          allowance(name, value, input),
        )
    }
  }
}

describe('every column equals its formula computed value by value', () => {
  test('over a full session', () => {
    for (const input of randomSessions(5, [390], ORDINARY_MARKET)) expectByFormula(input)
  })

  test('over markets with holes, bad values, penny prices and huge prices', () => {
    fc.assert(
      fc.property(anyMarket, ({ seed, minutes, shape }) => {
        const tick = Math.max(shape.tick, shape.firstPrice * 1e-7)
        for (const input of randomSessions(seed, minutes.slice(0, 4), { ...shape, tick })) expectByFormula(input)
      }),
      { numRuns: 100 },
    )
  })

  test('over a series that never moves, and over prices that are all zero', () => {
    expectByFormula(closesOnly(Array.from({ length: 60 }, () => 0.1)))
    expectByFormula(closesOnly(Array.from({ length: 60 }, () => 0)))
  })

  const folder = referenceFolder()
  test.skipIf(folder === null).each(['default', 'bad', 'penny', 'toobig', 'zeros', 'intraday'])(
    'over the quotes in %s.csv taken as one session',
    (name) => {
      const quotes = readQuotes(`${folder}/quotes/${name}.csv`).slice(0, 400)
      expect(quotes.length).toBeGreaterThanOrEqual(199)
      expectByFormula(sessionInput(sessionNumber(0, quotes.length), quotes))
    },
  )
})

describe('warm-up and unknown values', () => {
  const ROWS = 200
  const HOLE = 80
  const [clean] = randomSessions(21, [ROWS], ORDINARY_MARKET)
  const rows = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, k) => from + k)

  /** Rows in which a column is null although its warm-up is over. */
  function nullRows(column: 'high' | 'low' | 'close' | 'volume'): Record<string, number[]> {
    const changed = clean.bars[column].slice()
    changed[HOLE] = NaN
    const values = compute({ session: clean.session, bars: { ...clean.bars, [column]: changed } })
    return Object.fromEntries(
      LIBRARY.map(({ name, warmup }, at) => [
        name,
        values[at].flatMap((value, row) => (value === null && row >= warmup ? [row] : [])),
      ]),
    )
  }

  test('the warm-up that a column states is exactly the run of nulls it begins with', () => {
    const values = compute(clean)
    expect(values.map((column) => column.findIndex((value) => value !== null))).toEqual(
      LIBRARY.map(({ warmup }) => warmup),
    )
  })

  test('an unknown close reaches the windows that hold it, restarts recursions and ends the balance', () => {
    expect(nullRows('close')).toEqual({
      sma: rows(HOLE, HOLE + 19),
      vwma: rows(HOLE, HOLE + 9),
      roc: [HOLE, HOLE + 12],
      rolling_std: rows(HOLE, HOLE + 19),
      obv: rows(HOLE, ROWS - 1),
      stoch_k: rows(HOLE, HOLE + 2),
      stoch_d: rows(HOLE, HOLE + 4),
      // The next bar has no previous close.
      plus_di: rows(HOLE + 1, HOLE + 14),
      minus_di: rows(HOLE + 1, HOLE + 14),
      adx: rows(HOLE + 1, HOLE + 27),
      // Row HOLE and a new seed of 20 after it.
      keltner_upper: rows(HOLE, HOLE + 19),
      keltner_middle: rows(HOLE, HOLE + 19),
      keltner_lower: rows(HOLE, HOLE + 19),
    })
  })

  test.each(['high', 'low'] as const)('an unknown %s reaches what looks at ranges', (column) => {
    const none: number[] = []
    expect(nullRows(column)).toEqual({
      sma: none,
      vwma: none,
      roc: none,
      rolling_std: none,
      obv: none,
      stoch_k: rows(HOLE, HOLE + 15),
      stoch_d: rows(HOLE, HOLE + 17),
      // Its own bar and the next have no directional movement.
      plus_di: rows(HOLE, HOLE + 14),
      minus_di: rows(HOLE, HOLE + 14),
      adx: rows(HOLE, HOLE + 27),
      keltner_upper: rows(HOLE, HOLE + 9),
      keltner_middle: none,
      keltner_lower: rows(HOLE, HOLE + 9),
    })
  })

  test('an unknown volume reaches the weighted mean and ends the balance', () => {
    const found = nullRows('volume')
    expect(found).toEqual({
      ...Object.fromEntries(LIBRARY.map(({ name }) => [name, []])),
      vwma: rows(HOLE, HOLE + 9),
      obv: rows(HOLE, ROWS - 1),
    })
  })
})

describe('worked by hand', () => {
  const bars = sessionInput(sessionNumber(0), [
    { high: 10, low: 8, close: 9, volume: 100 },
    { high: 12, low: 9, close: 11, volume: 300 }, // up 2, range 3
    { high: 11, low: 7, close: 8, volume: 200 }, // down 2, range 4
    { high: 11, low: 7, close: 8, volume: 50 }, // neither, range 4
  ])
  const values = (name: Name, params: Readonly<Record<string, number>>, warmup: number) =>
    computeColumn(columnOf(name, params, warmup), bars)

  test('averages, rate of change and deviation', () => {
    expect(values('sma', { period: 2 }, 1)).toEqual([null, 10, 9.5, 8])
    expect(values('vwma', { period: 2 }, 1)).toEqual([null, 10.5, 9.8, 8])
    expect(values('roc', { bars: 3 }, 3)).toEqual([null, null, null, -100 / 9])
    expect(values('rolling_std', { period: 2 }, 1)).toEqual([null, 1, 1.5, 0])
  })

  test('on-balance volume: an equal close adds nothing', () => {
    expect(values('obv', {}, 0)).toEqual([0, 300, 100, 100])
  })

  test('stochastic: where the close lies between the lowest low and the highest high', () => {
    // 9..12 of two bars is 8..12: (11 - 8) / 4. Then 7..12: 1 / 5. Then 7..11: 1 / 4.
    expect(values('stoch_k', { period: 2, smooth: 1 }, 1)).toEqual([null, 75, 20, 25])
    expect(values('stoch_k', { period: 2, smooth: 2 }, 2)).toEqual([null, null, 47.5, 22.5])
    expect(values('stoch_d', { period: 2, smooth: 1, signal: 2 }, 2)).toEqual([null, null, 47.5, 22.5])
  })

  test('directional movement of period 2', () => {
    // Means: up 1, down 1, range 3.5; then up 0.5, down 0.5, range 3.75.
    const third = 100 / 3.5
    expect(values('plus_di', { period: 2 }, 2)).toEqual([null, null, third, 50 / 3.75])
    expect(values('minus_di', { period: 2 }, 2)).toEqual([null, null, third, 50 / 3.75])
    expect(values('adx', { period: 2 }, 3)).toEqual([null, null, null, 0])
    // With period 1 each bar stands alone: up only, down only, neither.
    expect(values('adx', { period: 1 }, 1)).toEqual([null, 100, 100, 0])
  })

  test('Keltner 1/1/0.5: the close and half its true range on both sides', () => {
    const params = { period: 1, atrPeriod: 1, multiplier: 0.5 }
    expect(values('keltner_upper', params, 1)).toEqual([null, 12.5, 10, 10])
    expect(values('keltner_lower', params, 1)).toEqual([null, 9.5, 6, 6])
    expect(values('keltner_middle', { period: 1 }, 0)).toEqual([9, 11, 8, 8])
  })

  test('a multiplier may be a fraction, a period may not', () => {
    const set = (params: Record<string, number>) => () =>
      compileFeatureSet(definitionOf([columnOf('keltner_upper', params, 19)]))
    expect(set({ period: 20, atrPeriod: 10, multiplier: 0 })).toThrow('must be a number from 0.1 to 100, not 0')
    expect(set({ period: 20.5, atrPeriod: 10, multiplier: 2 })).toThrow('must be a whole number from 1 to 1500')
    expect(set({ period: 20, atrPeriod: 10, multiplier: NaN })).toThrow('must be a number from 0.1 to 100')
  })
})

const folder = referenceFolder()

describe.skipIf(folder === null)('published reference results, the series taken as one session', () => {
  const quotes = () => {
    const bars = readQuotes(`${folder}/quotes/default.csv`)
    return sessionInput(sessionNumber(0, bars.length), bars)
  }
  const published = (file: string, field: string): (number | null)[] => {
    const rows: Readonly<Record<string, number | null>>[] = JSON.parse(
      readFileSync(`${folder}/results/${file}.standard.json`, 'utf8'),
    )
    return rows.map((row) => row[field])
  }

  function expectEqual(actual: readonly (number | null)[], expected: readonly (number | null)[]): void {
    expect(actual.length).toBe(502)
    expect(actual.map((value) => value === null)).toEqual(expected.map((value) => value === null))
    for (const [row, value] of expected.entries()) {
      if (value !== null) expect(Math.abs((actual[row] ?? NaN) - value), `row ${row}`).toBeLessThanOrEqual(1e-9)
    }
  }

  test('SMA 20 equals the reference in every row', () => {
    expectEqual(computeColumn(columnOf('sma', { period: 20 }, 19), quotes()), published('sma', 'sma'))
  })

  test('rolling deviation 20 equals the reference bands in every row, two of it to a side', () => {
    const middle = published('bb', 'sma')
    const upper = published('bb', 'upperBand')
    const half = upper.map((value, row) => {
      const mean = middle[row]
      return value === null || mean === null ? null : (value - mean) / 2
    })
    expectEqual(computeColumn(columnOf('rolling_std', { period: 20 }, 19), quotes()), half)
  })

  test('Keltner middle 20 and the averages of MACD equal the reference in every row', () => {
    expectEqual(computeColumn(columnOf('keltner_middle', { period: 20 }, 19), quotes()), published('ema', 'ema'))
    expectEqual(computeColumn(columnOf('keltner_middle', { period: 26 }, 25), quotes()), published('macd', 'slowEma'))
  })

  // The reference library states these in its own tests, to so many decimals, and there is no result file for them.
  test.each<[Name, Record<string, number>, number, number, [row: number, value: number][]]>([
    [
      'vwma',
      { period: 10 },
      9,
      6,
      [
        [9, 213.981942],
        [24, 215.899211],
        [99, 226.30276],
        [249, 257.053654],
      ],
    ],
    [
      'roc',
      { bars: 20 },
      20,
      4,
      [
        [49, 2.2465],
        [249, 2.4827],
        [501, -8.2482],
      ],
    ],
    [
      'rolling_std',
      { period: 10 },
      9,
      4,
      [
        [9, 0.502],
        [249, 0.9827],
        [501, 5.4738],
      ],
    ],
    [
      'obv',
      {},
      0,
      0,
      [
        [249, 1_780_918_888],
        [501, 539_843_504],
      ],
    ],
    [
      'stoch_k',
      { period: 14, smooth: 3 },
      15,
      4,
      [
        [15, 81.1253],
        [17, 92.1307],
        [149, 81.687],
        [501, 43.1353],
      ],
    ],
    [
      'stoch_d',
      { period: 14, smooth: 3, signal: 3 },
      17,
      4,
      [
        [17, 88.4995],
        [149, 79.7935],
        [501, 35.5674],
      ],
    ],
    [
      'plus_di',
      { period: 14 },
      14,
      4,
      [
        [19, 21.0361],
        [29, 37.9719],
        [248, 32.3167],
        [501, 17.7565],
      ],
    ],
    [
      'minus_di',
      { period: 14 },
      14,
      4,
      [
        [19, 25.0124],
        [29, 14.1658],
        [248, 18.2471],
        [501, 31.151],
      ],
    ],
    [
      'adx',
      { period: 14 },
      27,
      4,
      [
        [29, 19.7949],
        [248, 30.5903],
        [501, 34.2987],
      ],
    ],
    [
      'keltner_upper',
      { period: 20, atrPeriod: 10, multiplier: 2 },
      19,
      4,
      [
        [485, 275.426],
        [501, 262.1873],
      ],
    ],
    [
      'keltner_middle',
      { period: 20 },
      19,
      4,
      [
        [485, 265.4599],
        [501, 249.3519],
      ],
    ],
    [
      'keltner_lower',
      { period: 20, atrPeriod: 10, multiplier: 2 },
      19,
      4,
      [
        [485, 255.4938],
        [501, 236.5165],
      ],
    ],
  ])('%s %o equals the values published for the same quotes', (name, params, warmup, decimals, expected) => {
    const actual = computeColumn(columnOf(name, params, warmup), quotes())
    expect(actual.filter((value) => value !== null).length).toBe(502 - warmup)
    for (const [row, value] of expected) {
      expect(Math.abs((actual[row] ?? NaN) - value), `row ${row}`).toBeLessThanOrEqual(0.5001 * 10 ** -decimals)
    }
  })
})
