import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { FeatureSetDefinition } from '#shared/features/definition.ts'
import {
  compileFeatureSet,
  computeSessionFeatures,
  createFeatureBuilder,
  type SessionInput,
} from '#main/pipeline/features/compute-features.ts'
import { bitsOf, columnNamed, sessionInput, sessionNumber, shippedSet } from './features-fixtures.ts'
import { ORDINARY_MARKET, randomSessions } from './features-market.ts'

const compiled = shippedSet()
const [previous, clean] = randomSessions(5, [120, 120], ORDINARY_MARKET)

/** A session with bars put in that repeat the close before, behind each of the given rows. */
function withFilled({ session, bars }: SessionInput, behind: readonly number[]): SessionInput {
  const rows = [...bars.ts.keys()].flatMap((row) => (behind.includes(row) ? [row, -row] : [row]))
  const column = (values: Float64Array, filled: (row: number) => number): Float64Array =>
    Float64Array.from(rows, (row) => (row < 0 ? filled(-row) : values[row]))
  const close = (row: number): number => bars.close[row]
  return {
    session,
    bars: {
      // The minutes do not matter to what is tested here but must ascend.
      ts: column(bars.ts, (row) => bars.ts[row] + 1),
      open: column(bars.open, close),
      high: column(bars.high, close),
      low: column(bars.low, close),
      close: column(bars.close, close),
      volume: column(bars.volume, () => 0),
      vwap: column(bars.vwap, () => NaN),
      tradeCount: column(bars.tradeCount, () => 0),
      flags: Uint16Array.from(rows, (row) => (row < 0 ? BarFlag.Filled : 0)),
    },
  }
}

const BEHIND = [3, 40, 41, 99]
const filled = withFilled(clean, BEHIND)
const isFilled = [...filled.bars.flags].map((flag) => flag === BarFlag.Filled)
const CLOCK = ['minute_of_session', 'minutes_to_close']

describe('bars that stand for minutes without trades', () => {
  const without = computeSessionFeatures(compiled, clean, [previous])
  const withThem = computeSessionFeatures(compiled, filled, [previous])

  test('have a row, in which every column is null but those of the clock', () => {
    expect([...withThem.ts]).toEqual([...filled.bars.ts])
    for (const name of compiled.columnNames) {
      const values = columnNamed(compiled, withThem, name).filter((_value, row) => isFilled[row])
      expect(values).toHaveLength(BEHIND.length)
      if (CLOCK.includes(name)) expect(values, name).not.toContain(null)
      else expect(new Set(values), name).toEqual(new Set([null]))
    }
  })

  test('change no value of any other row: not returns, not averages, not volumes', () => {
    for (const name of compiled.columnNames) {
      if (CLOCK.includes(name)) continue
      const others = columnNamed(compiled, withThem, name).filter((_value, row) => !isFilled[row])
      expect(others, name).toEqual(columnNamed(compiled, without, name))
    }
  })

  test('are no observation for the sessions after them', () => {
    const [, , next] = randomSessions(5, [120, 120, 120], ORDINARY_MARKET)
    const after = (history: SessionInput): unknown => {
      const builder = createFeatureBuilder(compiled)
      builder.prime(previous)
      builder.prime(history)
      const { columns } = builder.push({ ...next, session: sessionNumber(100, 120) })
      return columns.map((column) => bitsOf(column))
    }
    expect(after(filled)).toEqual(after(clean))
  })

  test('are taken in by a column that asks for them', () => {
    const { definition } = compiled
    const asking: FeatureSetDefinition = {
      ...definition,
      columns: definition.columns.map((column) =>
        column.name === 'log_return_1' ? { ...column, filledBars: 'include' } : column,
      ),
    }
    const session = sessionInput(sessionNumber(0, 4), [{ close: 10 }, { close: 10 }, { close: 11 }])
    session.bars.flags[1] = BarFlag.Filled
    const of = (set: FeatureSetDefinition): unknown => {
      const ready = compileFeatureSet(set)
      return columnNamed(ready, computeSessionFeatures(ready, session, []), 'log_return_1')
    }
    expect(of(definition)).toEqual([null, null, Math.log(11 / 10)])
    expect(of(asking)).toEqual([null, 0, Math.log(11 / 10)])
  })
})
