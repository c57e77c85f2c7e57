import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatEndDateTime, parseBars, type ReceivedBar } from '#main/tws/parse-bars.ts'
import { anyDouble, OPEN_TS, rowsOf } from './bars-fixtures.ts'

const BAR: ReceivedBar = {
  time: String(OPEN_TS),
  open: 10,
  high: 12,
  low: 9,
  close: 11,
  volume: 300,
  tradeCount: 7,
  wap: 10.5,
}

describe('received bars', () => {
  test('become columns, each value in its own', () => {
    expect(rowsOf(parseBars([BAR], 'SPY'))).toEqual([
      { ts: OPEN_TS, open: 10, high: 12, low: 9, close: 11, volume: 300, vwap: 10.5, tradeCount: 7 },
    ])
  })

  test('stay in the order in which they came and are not judged', () => {
    const received = fc.record({
      time: fc.integer({ min: 0, max: 999_999_999_999 }).map(String),
      open: anyDouble,
      high: anyDouble,
      low: anyDouble,
      close: anyDouble,
      volume: anyDouble,
      tradeCount: anyDouble,
      wap: anyDouble,
    })
    fc.assert(
      fc.property(fc.array(received, { maxLength: 10 }), (bars) => {
        expect(rowsOf(parseBars(bars, 'SPY'))).toEqual(
          bars.map(({ time, wap, ...rest }) => ({ ts: Number(time), vwap: wap, ...rest })),
        )
      }),
    )
  })

  test('without a trade count have none', () => {
    expect(parseBars([{ ...BAR, tradeCount: undefined }], 'SPY').tradeCount[0]).toBeNaN()
    expect(parseBars([{ ...BAR, tradeCount: -1 }], 'SPY').tradeCount[0]).toBe(-1)
  })

  test.each(['20240702', `${OPEN_TS} `, ` ${OPEN_TS}`, '0'])('may have the time %j', (time) => {
    expect(parseBars([{ ...BAR, time }], 'SPY').ts[0]).toBe(Number(time))
  })

  test.each([
    '',
    ' ',
    '20240702  09:30:00',
    '20240702-13:30:00',
    '1719927000.5',
    '-60',
    '1e9',
    '0x10',
    'NaN',
    '1719927000000000',
    'finished-20240702',
  ])('with the time %j are refused as a whole', (time) => {
    expect(() => parseBars([BAR, { ...BAR, time }], 'SPY 2024-07-02')).toThrow(
      expect.objectContaining({ code: 'TWS_REFUSED', message: expect.stringContaining('SPY 2024-07-02') }),
    )
  })

  test('of which there are none are empty columns', () => {
    expect(parseBars([], 'SPY').ts).toHaveLength(0)
  })
})

test.each([
  [0, '19700101-00:00:00'],
  [OPEN_TS, '20240702-13:30:00'],
  [Date.UTC(2024, 11, 31, 23, 59, 59) / 1000, '20241231-23:59:59'],
])('the end %s is written as UTC: %s', (ts, text) => {
  expect(formatEndDateTime(ts)).toBe(text)
})
