import { describe, expect, it } from 'vitest'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { stockInstrument, US_STOCK_HOURS } from '#main/simulator/contracts/instrument.ts'
import { type ContractQuery, findInstruments } from '#main/simulator/contracts/contract-query.ts'
import { lastTradingDays, type TradingDay, tradingDayOf } from '#main/simulator/contracts/trading-days.ts'
import { aggregateBars } from '#main/simulator/history/aggregate-bars.ts'
import { parseBarSize } from '#main/simulator/history/bar-size.ts'
import { parseDuration, subtractDuration } from '#main/simulator/history/duration.ts'
import { knownMinutes } from '#main/simulator/history/finished-minutes.ts'
import { at, barsOf, type Row } from '../integration/simulator-fixtures.ts'

const XNYS = loadCalendar('XNYS', ['data/calendars'])
const REGULAR = { beforeOpenSeconds: 0, afterCloseSeconds: 0 }
const NAN = Number.NaN

describe('durations', () => {
  it.each([
    ['1800 S', 1800, 'S'],
    ['90', 90, 'S'],
    ['5 D', 5, 'D'],
    ['5 d', 5, 'D'],
    ['2 W', 2, 'W'],
    ['6 M', 6, 'M'],
    ['3 Y', 3, 'Y'],
  ])('%s', (text, count, unit) => {
    expect(parseDuration(text)).toEqual({ kind: 'valid', duration: { count, unit } })
  })

  it.each(['', '5', '5D', '5  D', '0 D', '-1 D', '1.5 D', '29 S', '86401 S', '366 D', '53 W', '13 M', '1 H'])(
    'refuses "%s"',
    (text) => {
      expect(parseDuration(text).kind).toBe('invalid')
    },
  )

  it.each([
    // A month before 31 March is the last of February; the time of day stays although the clock changed on 10 March 2024.
    ['2024-03-31T14:00:00Z', 1, 'M', '2024-02-29T15:00:00Z'],
    ['2024-03-11T13:30:00Z', 1, 'D', '2024-03-10T13:30:00Z'],
    ['2024-03-11T13:30:00Z', 1, 'W', '2024-03-04T14:30:00Z'],
    ['2024-02-29T15:00:00Z', 1, 'Y', '2023-02-28T15:00:00Z'],
    ['2024-01-15T15:00:00Z', 12, 'M', '2023-01-15T15:00:00Z'],
    ['2024-03-10T12:00:00Z', 3600, 'S', '2024-03-10T11:00:00Z'],
  ] as const)('from %s back by %i %s is %s in New York', (end, count, unit, start) => {
    expect(subtractDuration(at(end), { count, unit }, 'America/New_York')).toBe(at(start))
  })
})

describe('bar sizes', () => {
  it('are offered, known, or illegal', () => {
    expect(parseBarSize('5 mins')).toEqual({ kind: 'offered', size: { text: '5 mins', seconds: 300 } })
    expect(parseBarSize('1 DAY')).toEqual({ kind: 'offered', size: { text: '1 day', seconds: null } })
    expect(parseBarSize('1 secs')).toEqual({ kind: 'offered', size: { text: '1 secs', seconds: 1 } })
    expect(parseBarSize('1W')).toEqual({ kind: 'notOffered', text: '1w' })
    expect(parseBarSize('1 sec')).toEqual({ kind: 'illegal' })
    expect(parseBarSize('1 mins')).toEqual({ kind: 'illegal' })
  })
})

describe('trading days', () => {
  it('reach from 04:00 to four hours past the close, early closes included', () => {
    const day = tradingDayOf(XNYS, US_STOCK_HOURS, '2024-07-03')
    expect([day?.startTs, day?.endTs]).toEqual([at('2024-07-03T08:00:00Z'), at('2024-07-03T21:00:00Z')])
    expect(tradingDayOf(XNYS, US_STOCK_HOURS, '2024-07-04')).toBeNull()
    expect(tradingDayOf(XNYS, US_STOCK_HOURS, '1980-01-02')).toBeNull()
  })

  it('are counted back from those that have begun', () => {
    const dates = (endIso: string, count: number): string[] =>
      lastTradingDays(XNYS, REGULAR, count, at(endIso)).map((day) => day.session.date)
    // Good Friday 2026-04-03 is no session: one day asked for on Easter Sunday is Thursday.
    expect(dates('2026-04-05T21:50:00Z', 1)).toEqual(['2026-04-02'])
    expect(dates('2024-07-05T13:30:00Z', 2)).toEqual(['2024-07-02', '2024-07-03'])
    expect(dates('2024-07-05T13:30:01Z', 2)).toEqual(['2024-07-03', '2024-07-05'])
    // Beyond either end of the calendar there is nothing to count.
    expect(dates('1990-01-03T22:00:00Z', 9)).toEqual(['1990-01-02', '1990-01-03'])
    expect(dates('2050-01-01T00:00:00Z', 1)).toEqual(['2030-12-31'])
    expect(dates('1960-01-01T00:00:00Z', 1)).toEqual([])
  })
})

describe('aggregated bars', () => {
  const day = tradingDayOf(XNYS, REGULAR, '2024-07-02') as TradingDay
  const minute = (iso: string, price: number, volume = 100, wap = price, count = 1): Row => [
    at(iso),
    price,
    price + 1,
    price - 1,
    price + 0.5,
    volume,
    wap,
    count,
  ]

  it('stand on the clock and begin with the session: 09:30, 10:00, 11:00', () => {
    const minutes = barsOf([
      minute('2024-07-02T13:31:00Z', 10),
      minute('2024-07-02T13:59:00Z', 11),
      minute('2024-07-02T14:00:00Z', 12),
      minute('2024-07-02T16:59:00Z', 13),
    ])
    const hours = aggregateBars(minutes, 3600, day, -4 * 3600)
    expect([...hours.ts]).toEqual(['13:30', '14:00', '16:00'].map((time) => at(`2024-07-02T${time}:00Z`)))
    expect([...hours.open]).toEqual([10, 12, 13])
    expect([...hours.high]).toEqual([12, 13, 14])
    expect([...hours.low]).toEqual([9, 11, 12])
    expect([...hours.close]).toEqual([11.5, 12.5, 13.5])
  })

  it('weigh the average by volume and add volumes and counts', () => {
    const minutes = barsOf([
      minute('2024-07-02T13:30:00Z', 10, 100, 10, 3),
      minute('2024-07-02T13:31:00Z', 12, 300, 12.2, 4),
    ])
    const [bar] = [aggregateBars(minutes, 300, day, -4 * 3600)]
    expect([bar.volume[0], bar.tradeCount[0]]).toEqual([400, 7])
    // (100 * 10 + 300 * 12.2) / 400
    expect(bar.vwap[0]).toBe(11.65)
  })

  it('have no average or count where a minute has none', () => {
    const minutes = barsOf([
      minute('2024-07-02T13:30:00Z', 10, 100, NAN, NAN),
      minute('2024-07-02T13:31:00Z', 12, 300, 12, 4),
    ])
    const bar = aggregateBars(minutes, null, day, -4 * 3600)
    expect([bar.ts[0], bar.volume[0], bar.vwap[0], bar.tradeCount[0]]).toEqual([day.startTs, 400, NAN, NAN])
  })
})

describe('what is known at a moment', () => {
  const T = at('2024-07-02T13:30:00Z')
  const falling: Row = [T, 100, 103, 94, 97, 900, 98.5, 9]

  it.each<readonly [number, readonly number[]]>([
    // Open to high in the first third, to low in the second, to the close in the last.
    [10, [100, 101.5, 100, 101.5, 150, 100, 1]],
    [20, [100, 103, 100, 103, 300, 100, 3]],
    [30, [100, 103, 98.5, 98.5, 450, 98.5, 4]],
    [50, [100, 103, 94, 95.5, 750, 98.5, 7]],
    [60, [100, 103, 94, 97, 900, 98.5, 9]],
  ])('a minute that falls, after %i seconds', (seconds, expected) => {
    const { open, high, low, close, volume, vwap, tradeCount } = knownMinutes(barsOf([falling]), T + seconds, 0.01)
    expect([open, high, low, close, volume, vwap, tradeCount].map((column) => column[0])).toEqual(expected)
  })

  it('leaves out what has not begun and does not touch the bars it was given', () => {
    const bars = barsOf([falling, [T + 60, 97, 97, 97, 97, 1, 97, 1]])
    expect(knownMinutes(bars, T, 0.01).ts.length).toBe(0)
    expect(knownMinutes(bars, T + 30, 0.01).ts.length).toBe(1)
    expect(knownMinutes(bars, T + 3600, 0.01).ts.length).toBe(2)
    expect(bars.close[0]).toBe(97)
  })
})

describe('contracts', () => {
  const instruments = ['SPY', 'AAPL', 'ZZZZ'].map(stockInstrument)
  const nothing: ContractQuery = {
    conId: 0,
    symbol: '',
    secType: '',
    lastTradeDate: '',
    exchange: '',
    primaryExchange: '',
    currency: '',
    localSymbol: '',
    tradingClass: '',
  }
  const symbols = (query: Partial<ContractQuery>): string[] =>
    findInstruments(instruments, { ...nothing, ...query }).map(({ symbol }) => symbol)

  it('are found by symbol or contract id, and by neither nothing is', () => {
    expect(symbols({ symbol: 'SPY', secType: 'STK', exchange: 'SMART', currency: 'USD' })).toEqual(['SPY'])
    expect(symbols({ conId: 265_598 })).toEqual(['AAPL'])
    expect(symbols({ localSymbol: 'AAPL' })).toEqual(['AAPL'])
    expect(symbols({})).toEqual([])
  })

  it('must fit every field that is given', () => {
    expect(symbols({ symbol: 'SPY', secType: 'FUT' })).toEqual([])
    expect(symbols({ symbol: 'SPY', currency: 'EUR' })).toEqual([])
    expect(symbols({ symbol: 'SPY', exchange: 'LSE' })).toEqual([])
    expect(symbols({ symbol: 'SPY', lastTradeDate: '202406' })).toEqual([])
    expect(symbols({ symbol: 'AAPL', primaryExchange: 'ISLAND' })).toEqual(['AAPL'])
    expect(symbols({ symbol: 'AAPL', primaryExchange: 'NYSE' })).toEqual([])
    expect(symbols({ symbol: 'ZZZZ', primaryExchange: 'NYSE' })).toEqual(['ZZZZ'])
  })
})
