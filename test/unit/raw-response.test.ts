import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BAR_COLUMNS } from '#shared/bars.ts'
import { type DuplicateMinute, mergeResponses, type RawResponse } from '#shared/raw-response.ts'
import { anyDouble, barsOf, rowsOf, type TestBar } from './bars-fixtures.ts'

const response = (id: number, bars: readonly TestBar[]): RawResponse => ({
  id,
  receivedAtMs: 1000 * id,
  bars: barsOf(bars),
})

/** Few minutes and few values, so that responses overlap and repeat themselves all the time. */
const someBars = fc.array(
  fc.record({
    ts: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 6 }) }, { weight: 1, arbitrary: fc.constant(NaN) }),
    close: fc.constantFrom(1, 2, 0, -0, NaN),
    volume: anyDouble,
  }),
  { maxLength: 8 },
)
const someResponses = fc.array(someBars, { maxLength: 4 }).chain((list) =>
  fc.shuffledSubarray(
    list.map((bars, i) => response(i + 1, bars)),
    { minLength: list.length },
  ),
)

/** The same by the book: go through the responses from the oldest to the newest and overwrite. */
function expectedOf(responses: readonly RawResponse[]): {
  rows: ReturnType<typeof rowsOf>
  duplicates: DuplicateMinute[]
} {
  const kept = new Map<number, ReturnType<typeof rowsOf>>()
  for (const { bars } of responses.toSorted((a, b) => a.id - b.id)) {
    const rows = rowsOf(bars).filter(({ ts }) => !Number.isNaN(ts))
    for (const ts of new Set(rows.map((row) => row.ts))) {
      kept.set(
        ts,
        rows.filter((row) => row.ts === ts),
      )
    }
  }
  const ascending = [...kept].sort(([a], [b]) => a - b)
  return {
    rows: ascending.map(([, rows]) => rows[rows.length - 1]),
    duplicates: ascending
      .filter(([, rows]) => rows.length > 1)
      .map(([ts, rows]) => ({
        ts,
        rows: rows.length,
        conflicting: rows.some((row) => BAR_COLUMNS.some((name) => !Object.is(row[name], rows[rows.length - 1][name]))),
      })),
  }
}

describe('merging responses', () => {
  test('agrees with overwriting minute by minute, oldest response first', () => {
    fc.assert(
      fc.property(someResponses, (responses) => {
        const { bars, duplicates } = mergeResponses(responses)
        expect({ rows: rowsOf(bars), duplicates }).toEqual(expectedOf(responses))
      }),
      { numRuns: 500 },
    )
  })

  test('takes the newest response for each minute and leaves the others their own', () => {
    const merged = mergeResponses([
      response(2, [
        { ts: 60, close: 20 },
        { ts: 120, close: 30 },
      ]),
      response(1, [
        { ts: 0, close: 1 },
        { ts: 60, close: 2 },
      ]),
    ])
    expect(rowsOf(merged.bars).map(({ ts, close }) => [ts, close])).toEqual([
      [0, 1],
      [60, 20],
      [120, 30],
    ])
    expect(merged.duplicates).toEqual([])
  })

  test('goes by the id and not by the clock', () => {
    const older = { ...response(1, [{ ts: 0, close: 1 }]), receivedAtMs: 9999 }
    expect(mergeResponses([response(2, [{ ts: 0, close: 2 }]), older]).bars.close[0]).toBe(2)
  })

  test('takes the last of the rows that one response has for a minute, and says that they conflict', () => {
    const merged = mergeResponses([
      response(1, [{ ts: 60, close: 1 }, { ts: 0 }, { ts: 60, close: 2 }, { ts: 60, close: 3 }]),
    ])
    expect(rowsOf(merged.bars).map(({ ts, close }) => [ts, close])).toEqual([
      [0, 10],
      [60, 3],
    ])
    expect(merged.duplicates).toEqual([{ ts: 60, rows: 3, conflicting: true }])
  })

  test.each([
    ['equal rows', { close: 1 }, { close: 1 }, false],
    ['rows that both miss a value', { vwap: NaN }, { vwap: NaN }, false],
    ['rows with another close', { close: 1 }, { close: 1.01 }, true],
    ['rows with another trade count', { tradeCount: 5 }, { tradeCount: 6 }, true],
    ['a value that is missing once', { volume: 5 }, { volume: NaN }, true],
  ])('calls %s conflicting: %s', (_name, first, second, conflicting) => {
    const { duplicates } = mergeResponses([
      response(1, [
        { ts: 0, ...first },
        { ts: 0, ...second },
      ]),
    ])
    expect(duplicates).toEqual([{ ts: 0, rows: 2, conflicting }])
  })

  test('says nothing about duplicates in a response that another one supersedes', () => {
    const merged = mergeResponses([
      response(1, [{ ts: 0, close: 1 }, { ts: 0, close: 2 }, { ts: 60 }, { ts: 60 }]),
      response(2, [{ ts: 0, close: 3 }]),
    ])
    expect(merged.duplicates).toEqual([{ ts: 60, rows: 2, conflicting: false }])
  })

  test('gives duplicates of several responses in the order of time', () => {
    const merged = mergeResponses([
      response(1, [{ ts: 120 }, { ts: 120 }]),
      response(2, [{ ts: 60 }, { ts: 60 }]),
      response(3, [{ ts: 180 }, { ts: 180 }]),
    ])
    expect(merged.duplicates.map(({ ts }) => ts)).toEqual([60, 120, 180])
  })

  test('leaves the responses as they are', () => {
    const responses = [response(2, [{ ts: 60 }, { ts: 0 }]), response(1, [{ ts: 0 }])]
    const before = structuredClone(responses)
    mergeResponses(responses)
    expect(responses).toEqual(before)
  })

  test('of nothing is nothing', () => {
    expect(mergeResponses([]).bars.ts).toHaveLength(0)
    expect(mergeResponses([response(1, [])]).bars.ts).toHaveLength(0)
    expect(mergeResponses([response(1, [{ ts: NaN }])]).bars.ts).toHaveLength(0)
  })
})
