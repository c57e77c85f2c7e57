import { describe, expect, test } from 'vitest'
import { computeSessionFeatures } from '#main/pipeline/features/compute-features.ts'
import type { SessionInput } from '#main/pipeline/features/compute-features.ts'
import { bitsOf, columnNamed, sessionInput, shippedSet } from './features-fixtures.ts'
import { ORDINARY_MARKET, randomSessions } from './features-market.ts'

const compiled = shippedSet()
const ROWS = 200
/** The row of the unknown value; every warm-up is over before it and again before the end. */
const HOLE = 80

const [previous, clean] = randomSessions(21, [ROWS, ROWS], ORDINARY_MARKET)

type PriceOrVolume = 'open' | 'high' | 'low' | 'close' | 'volume' | 'vwap'

function withValue(column: PriceOrVolume, row: number, value: number): SessionInput {
  const changed = clean.bars[column].slice()
  changed[row] = value
  return { session: clean.session, bars: { ...clean.bars, [column]: changed } }
}

/** Rows in which `name` is null although its warm-up is over. */
function nullRows(input: SessionInput, name: string): number[] {
  const values = columnNamed(compiled, computeSessionFeatures(compiled, input, [previous]), name)
  const { warmup } = compiled.definition.columns.find((column) => column.name === name) ?? { warmup: { bars: 0 } }
  return values.flatMap((value, row) => (value === null && row >= warmup.bars ? [row] : []))
}

const rows = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, k) => from + k)

describe('an unknown close', () => {
  const broken = withValue('close', HOLE, NaN)

  test.each([1, 5, 15, 30, 60])('makes log_return_%i null where it is either end of the return', (lag) => {
    expect(nullRows(broken, `log_return_${lag}`)).toEqual([HOLE, HOLE + lag])
  })

  test.each([15, 30, 60])('makes realized_vol_%i null while one of its two returns is in the window', (length) => {
    expect(nullRows(broken, `realized_vol_${length}`)).toEqual(rows(HOLE, HOLE + length))
  })

  test('makes bollinger_z_20 null while it is in the window', () => {
    expect(nullRows(broken, 'bollinger_z_20')).toEqual(rows(HOLE, HOLE + 19))
  })

  test.each([
    ['ema_12', 11],
    ['ema_26', 25],
    ['macd', 25],
    ['macd_signal', 33],
    ['macd_histogram', 33],
    ['rsi_14', 14],
  ])('makes %s null and warm up again over the %i bars after the next', (name, warmup) => {
    expect(nullRows(broken, name)).toEqual(rows(HOLE, HOLE + warmup))
  })

  test('makes atr_14 null from the next bar, which has no previous close, until it is warm again', () => {
    expect(nullRows(broken, 'atr_14')).toEqual(rows(HOLE + 1, HOLE + 14))
  })

  test('makes the range null in its row, and the distance from VWAP null to the end where the bar has no vwap of its own', () => {
    expect(nullRows(broken, 'high_low_range')).toEqual([HOLE])
    const without = { session: broken.session, bars: { ...broken.bars, vwap: broken.bars.vwap.slice() } }
    without.bars.vwap[HOLE] = NaN
    expect(nullRows(without, 'session_vwap')).toEqual(rows(HOLE, ROWS - 1))
    expect(nullRows(without, 'session_vwap_distance')).toEqual(rows(HOLE, ROWS - 1))
    without.bars.vwap[HOLE] = 100
    expect(nullRows(without, 'session_vwap')).toEqual([])
    expect(nullRows(without, 'session_vwap_distance')).toEqual([HOLE])
  })

  test('leaves recursive columns after it as if the session began with the next bar', () => {
    const after: SessionInput = sessionInput(
      clean.session,
      rows(HOLE + 1, ROWS - 1).map((row) => ({
        minute: row,
        open: clean.bars.open[row],
        high: clean.bars.high[row],
        low: clean.bars.low[row],
        close: clean.bars.close[row],
      })),
    )
    const whole = computeSessionFeatures(compiled, broken, [previous])
    const rest = computeSessionFeatures(compiled, after, [])
    for (const name of ['ema_12', 'ema_26', 'macd', 'macd_signal', 'macd_histogram', 'rsi_14', 'atr_14']) {
      const at = compiled.columnNames.indexOf(name)
      expect(bitsOf(whole.columns[at].subarray(HOLE + 1)), name).toEqual(bitsOf(rest.columns[at]))
    }
  })

  test('as the last close of the previous session makes the whole gap null', () => {
    const unknown = previous.bars.close.slice()
    unknown[ROWS - 1] = NaN
    const before = { session: previous.session, bars: { ...previous.bars, close: unknown } }
    const gap = columnNamed(compiled, computeSessionFeatures(compiled, clean, [before]), 'overnight_gap')
    expect(gap.every((value) => value === null)).toBe(true)
  })
})

describe('other unknown values', () => {
  test.each(['high', 'low'] as const)('an unknown %s restarts atr_14 from the bar after it', (column) => {
    expect(nullRows(withValue(column, HOLE, NaN), 'atr_14')).toEqual(rows(HOLE, HOLE + 13))
    expect(nullRows(withValue(column, HOLE, NaN), 'high_low_range')).toEqual([HOLE])
    expect(nullRows(withValue(column, HOLE, NaN), 'ema_12')).toEqual([])
  })

  test('an unknown open matters in the first row alone, to the gap', () => {
    expect(nullRows(withValue('open', HOLE, NaN), 'overnight_gap')).toEqual([])
    expect(nullRows(withValue('open', 0, NaN), 'overnight_gap')).toEqual(rows(0, ROWS - 1))
  })

  test.each([NaN, -1, Infinity])('a volume of %d leaves no session VWAP from its row on', (volume) => {
    expect(nullRows(withValue('volume', HOLE, volume), 'session_vwap')).toEqual(rows(HOLE, ROWS - 1))
    expect(nullRows(withValue('volume', HOLE, volume), 'rsi_14')).toEqual([])
  })

  test.each([0, -5, Infinity, -Infinity])('a price of %d is the same as a missing one', (price) => {
    for (const column of ['open', 'high', 'low', 'close', 'vwap'] as const) {
      for (const row of [0, HOLE, ROWS - 1]) {
        const missing = computeSessionFeatures(compiled, withValue(column, row, NaN), [previous])
        const invalid = computeSessionFeatures(compiled, withValue(column, row, price), [previous])
        for (const [at, name] of compiled.columnNames.entries()) {
          expect(bitsOf(invalid.columns[at]), `${name} with ${column}[${row}]`).toEqual(bitsOf(missing.columns[at]))
        }
      }
    }
  })

  test('the clock is never null', () => {
    for (const column of ['open', 'high', 'low', 'close', 'volume', 'vwap'] as const) {
      expect(nullRows(withValue(column, HOLE, NaN), 'minute_of_session')).toEqual([])
      expect(nullRows(withValue(column, HOLE, NaN), 'minutes_to_close')).toEqual([])
    }
  })
})
