import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BAR_COLUMNS, type CuratedColumns } from '#shared/bars.ts'
import {
  type CuratedBlobs,
  decodeBars,
  decodeCurated,
  encodeBars,
  encodeCurated,
  hashBars,
  hashCurated,
} from '#main/stores/bar-blocks.ts'
import { anyDouble, anyTime, barsOf, column, curatedOf, OPEN_TS } from './bars-fixtures.ts'

const curated: fc.Arbitrary<CuratedColumns> = fc.integer({ min: 0, max: 12 }).chain((length) => {
  const size = { minLength: length, maxLength: length }
  const doubles = fc.array(anyDouble, size).map(column)
  return fc.record({
    ts: fc.array(anyTime, size).map(column),
    open: doubles,
    high: doubles,
    low: doubles,
    close: doubles,
    volume: doubles,
    vwap: doubles,
    tradeCount: doubles,
    flags: fc.array(fc.integer({ min: 0, max: 0xffff }), size).map((list) => Uint16Array.from(list)),
  })
})

/** Every bit of every column as text, with all missing values alike. */
function contentOf(bars: CuratedColumns): string {
  return JSON.stringify(
    [...BAR_COLUMNS, 'flags' as const].map((name) =>
      Array.from(bars[name], (value) => (Object.is(value, -0) ? '-0' : String(value))),
    ),
  )
}

const SAMPLE = curatedOf([{ ts: OPEN_TS }, { ts: OPEN_TS + 60, close: 11, vwap: NaN }, { ts: OPEN_TS + 120 }])

describe('a block of bars', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(curated, (bars) => {
        expect(contentOf(decodeCurated(encodeCurated(bars)))).toBe(contentOf(bars))
        const { flags: _flags, ...plain } = bars
        expect(decodeBars(encodeBars(plain))).toEqual(plain)
      }),
    )
  })

  test('has the same hash exactly when its content is the same', () => {
    fc.assert(
      fc.property(curated, curated, (a, b) => {
        const hash = hashCurated(encodeCurated(a))
        expect(hashCurated(encodeCurated(structuredClone(a)))).toBe(hash)
        expect(hashCurated(encodeCurated(b)) === hash).toBe(contentOf(a) === contentOf(b))
      }),
    )
  })

  test.each([...BAR_COLUMNS, 'flags'] as const)('has another hash when one value of %s changes', (name) => {
    const changed = structuredClone(SAMPLE)
    changed[name][1] = SAMPLE[name][1] === 5 ? 6 : 5
    expect(hashCurated(encodeCurated(changed))).not.toBe(hashCurated(encodeCurated(SAMPLE)))
  })

  test('has another hash when two of its columns are exchanged', () => {
    const bars = barsOf([{ ts: OPEN_TS, open: 1, close: 2 }])
    expect(hashBars(encodeBars({ ...bars, open: bars.close, close: bars.open }))).not.toBe(hashBars(encodeBars(bars)))
  })

  test('keeps each column under its own name', () => {
    const bars = Object.fromEntries(BAR_COLUMNS.map((name, i) => [name, column([i + 1])]))
    const blobs = encodeCurated({ ...(bars as unknown as CuratedColumns), flags: Uint16Array.of(9) })
    const numberIn = (blob: Uint8Array): number => new DataView(Uint8Array.from(blob).buffer).getFloat64(0, true)
    expect(new DataView(Uint8Array.from(blobs.ts).buffer).getBigInt64(0, true)).toBe(1n)
    expect([blobs.open, blobs.high, blobs.low, blobs.close].map(numberIn)).toEqual([2, 3, 4, 5])
    expect([blobs.volume, blobs.vwap, blobs.trade_count].map(numberIn)).toEqual([6, 7, 8])
    expect([...blobs.flags]).toEqual([9, 0])
  })

  test.each(Object.keys(encodeCurated(SAMPLE)) as (keyof CuratedBlobs)[])('is damaged when %s was cut off', (name) => {
    const whole = encodeCurated(SAMPLE)
    const cut = { ...whole, [name]: whole[name].subarray(0, whole[name].byteLength - 1) }
    expect(() => decodeCurated(cut)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})
