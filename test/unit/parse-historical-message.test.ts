import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isHistoricalMessage, parseHistoricalMessage } from '#main/tws/link/parse-historical-message.ts'
import { formatEndDateTime } from '#main/tws/format-end-date-time.ts'
import { OPEN_TS, rowsOf } from './bars-fixtures.ts'

/** Fields of a row in the order of the wire: time, open, high, low, close, volume, wap, count. */
type Fields = readonly [string, string, string, string, string, string, string, string]

const ROW: Fields = [String(OPEN_TS), '10', '12', '9', '11', '300', '10.5', '7']

/** Message 17 as TWS writes it: every field ends with NUL. */
function messageOf(rows: readonly (readonly string[])[], change: { count?: string; id?: string } = {}): Buffer {
  const head = ['17', change.id ?? '4', '20240702 09:30:00', '20240702 16:00:00', change.count ?? String(rows.length)]
  return Buffer.from([...head, ...rows.flat()].map((field) => `${field}\0`).join(''), 'latin1')
}

describe('the bars of a message', () => {
  test('become columns, each value in its own', () => {
    const read = parseHistoricalMessage(messageOf([ROW]))
    if (read?.kind !== 'bars') throw new Error('no bars')
    expect(read).toMatchObject({ id: 4, start: '20240702 09:30:00', end: '20240702 16:00:00' })
    expect(rowsOf(read.bars)).toEqual([
      { ts: OPEN_TS, open: 10, high: 12, low: 9, close: 11, volume: 300, vwap: 10.5, tradeCount: 7 },
    ])
  })

  test('are those that were sent, in their order, to the last bit', () => {
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-1, 0, 0.1, 545.255))
    // Eight digits may be the date of a daily bar.
    const time = fc.oneof(
      fc.integer({ min: 0, max: 9_999_999 }),
      fc.integer({ min: 100_000_000, max: 999_999_999_999 }),
    )
    const row = fc.tuple(time, ...Array.from({ length: 7 }, () => number))
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (rows, id) => {
        const read = parseHistoricalMessage(
          messageOf(
            rows.map((values) => values.map(String)),
            { id: String(id) },
          ),
        )
        if (read?.kind !== 'bars') throw new Error('no bars')
        expect(read.id).toBe(id)
        expect(
          rowsOf(read.bars).map(({ ts, open, high, low, close, volume, vwap, tradeCount }) =>
            [ts, open, high, low, close, volume, vwap, tradeCount].map((value) => value + 0),
          ),
        ).toEqual(rows.map((values) => values.map((value) => Number(String(value)) + 0)))
      }),
    )
  })

  test('are not judged: odd values stay what they are, and what is no number or is missing is NaN', () => {
    const read = parseHistoricalMessage(
      messageOf([
        [String(OPEN_TS), '-5', '1e308', 'abc', '0', '0.5', '', ''],
        [String(OPEN_TS), '1', '1', '1', '1', '-1', '-1', '-1'],
      ]),
    )
    if (read?.kind !== 'bars') throw new Error('no bars')
    expect(rowsOf(read.bars)).toEqual([
      { ts: OPEN_TS, open: -5, high: 1e308, low: NaN, close: 0, volume: 0.5, vwap: NaN, tradeCount: NaN },
      { ts: OPEN_TS, open: 1, high: 1, low: 1, close: 1, volume: -1, vwap: -1, tradeCount: -1 },
    ])
  })

  test('may be none', () => {
    const read = parseHistoricalMessage(messageOf([]))
    expect(read).toMatchObject({ kind: 'bars', id: 4 })
    if (read?.kind === 'bars') expect(read.bars.ts).toHaveLength(0)
  })

  test('are read field by field once: twice the bars are twice the work', () => {
    // Every value passes through Number once, and so do the request and the count.
    const work = (count: number): number => {
      const original = globalThis.Number
      let calls = 0
      const counted = new Proxy(original, {
        apply: (target, self, args) => {
          calls++
          return Reflect.apply(target, self, args) as number
        },
      })
      const message = messageOf(Array.from({ length: count }, (_, i) => [String(OPEN_TS + 60 * i), ...ROW.slice(1)]))
      globalThis.Number = counted
      try {
        const read = parseHistoricalMessage(message)
        if (read?.kind !== 'bars') throw new Error('no bars')
        expect(read.bars.ts[count - 1]).toBe(OPEN_TS + 60 * (count - 1))
      } finally {
        globalThis.Number = original
      }
      return calls
    }
    expect(work(1_000)).toBeLessThanOrEqual(8 * 1_000 + 2)
    expect(work(50_000)).toBeLessThanOrEqual(8 * 50_000 + 2)
  })
})

describe('a message that is not what it says', () => {
  const unreadable = (reason: string, id = 4) => ({ kind: 'unreadable', id, reason: expect.stringContaining(reason) })

  test.each([
    ['2', [ROW], 'it announces 2 bars and holds 1'],
    ['0', [ROW], 'it announces 0 bars and holds 1'],
    ['1', [], 'it announces 1 bars and holds 0'],
    ['1', [ROW.slice(0, 7)], 'it announces 1 bars and holds 0'],
    ['1', [[...ROW, '5']], 'it announces 1 bars and holds 1'],
    ['', [], 'it announces  bars and holds 0'],
    ['-1', [], 'it announces -1 bars and holds 0'],
    ['1e0', [ROW], 'it announces 1e0 bars and holds 1'],
    ['9999999999', [ROW], 'it announces 9999999999 bars and holds 1'],
    ['999999999', [ROW], 'it announces 999999999 bars and holds 1'],
  ])('with a count of "%s" is given up as a whole', (count, rows, reason) => {
    expect(parseHistoricalMessage(messageOf(rows, { count }))).toEqual({ kind: 'unreadable', id: 4, reason })
  })

  test.each(['0', '999999999', '999999999999'])('unless it is only odd: %j', (time) => {
    const read = parseHistoricalMessage(messageOf([[time, ...ROW.slice(1)]]))
    expect(read?.kind === 'bars' && read.bars.ts[0]).toBe(Number(time))
  })

  test('unless it is the date of a daily bar, which becomes 00:00 UTC', () => {
    const read = parseHistoricalMessage(messageOf([['20240702', ...ROW.slice(1)]]))
    expect(read?.kind === 'bars' && read.bars.ts[0]).toBe(Date.UTC(2024, 6, 2) / 1000)
  })

  test.each([
    '',
    ' ',
    `${OPEN_TS} `,
    '20240702  09:30:00',
    '20240702-13:30:00',
    '1719927000.5',
    '-60',
    '1e9',
    '0x10',
    'NaN',
    '1719927000000000',
    'finished-20240702',
  ])('because a bar has the time %j is given up as a whole', (time) => {
    const read = parseHistoricalMessage(messageOf([ROW, [time, ...ROW.slice(1)]]))
    expect(read).toEqual(unreadable(`a bar has the time "${time}" instead of epoch seconds`))
  })

  test('is given up at whatever place it is cut', () => {
    const whole = messageOf([ROW, ROW])
    for (let length = 8; length < whole.length; length++) {
      const read = parseHistoricalMessage(whole.subarray(0, length))
      expect(read === undefined || read.kind === 'unreadable', `cut after ${length} bytes`).toBe(true)
      if (read !== undefined) expect(read.id).toBe(4)
    }
  })

  test('because its last field has no end is given up for its request', () => {
    expect(parseHistoricalMessage(messageOf([ROW]).subarray(0, -1))).toEqual(
      unreadable('it does not end with its last field'),
    )
  })

  test.each(['17\0', '17\0x\0', '17\0x\0a\0b\x000\0', '17\x001e400\0a\0b\x000\0', '17\x001.5\0a\0b\x000\0'])(
    'and does not name its request belongs to none: %j',
    (text) => {
      expect(parseHistoricalMessage(Buffer.from(text, 'latin1'))).toBeUndefined()
    },
  )

  test('never makes it throw', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.concat([Buffer.from('17\0'), array]))
    const fields = fc
      .array(fc.constantFrom('17', '4', '', '1', '0', '-1', 'x', '1719927000', '10.5'), { maxLength: 20 })
      .map((list) => Buffer.from(list.map((field) => `${field}\0`).join('')))
    fc.assert(
      fc.property(fc.oneof(bytes, fields), (message) => {
        parseHistoricalMessage(message)
      }),
      { numRuns: 500 },
    )
  })
})

test.each([
  ['17\x001\0', true],
  ['17\0', true],
  ['17', false],
  ['170\x001\0', false],
  ['1\x007\0', false],
  ['90\x0017\0', false],
  ['', false],
])('the message %j carries historical bars: %s', (text, expected) => {
  expect(isHistoricalMessage(Buffer.from(text, 'latin1'))).toBe(expected)
})

test.each([
  [0, '19700101-00:00:00'],
  [OPEN_TS, '20240702-13:30:00'],
  [Date.UTC(2024, 11, 31, 23, 59, 59) / 1000, '20241231-23:59:59'],
])('the end %s is written as UTC: %s', (ts, text) => {
  expect(formatEndDateTime(ts)).toBe(text)
})
