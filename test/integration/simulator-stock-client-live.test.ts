import { BarSizeSetting, EventName, IBApi, SecType, WhatToShow } from '@stoqey/ib'
import { afterEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '#main/simulator/manual-clock.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '#main/simulator/simulator.ts'
import { fixedMarket, OPEN, type Row, until } from './simulator-fixtures.ts'
import { isEnd, StockClientEvents } from './stock-client-events.ts'

const LIVE_MINUTES: readonly Row[] = [
  [OPEN, 100, 101.2, 99.4, 100.6, 600, 100.2, 60],
  [OPEN + 60, 100.6, 100.6, 100.6, 100.6, 120, 100.6, 12],
]
const SPY = { symbol: 'SPY', secType: SecType.STK, exchange: 'SMART', currency: 'USD' }

let simulator: Simulator
let clock: ManualClock
let ib: IBApi
let events: StockClientEvents

afterEach(async () => {
  ib.disconnect()
  await simulator.stop()
})

/** The stock client, logged in 40 seconds after the open. */
async function connected(overrides: Partial<SimulatorOptions> = {}): Promise<void> {
  clock = manualClock((OPEN + 40) * 1000)
  simulator = await startSimulator({ market: fixedMarket({ SPY: LIVE_MINUTES }), clock, ...overrides })
  ib = new IBApi({ host: '127.0.0.1', port: simulator.port, clientId: 1 })
  events = new StockClientEvents(ib)
  ib.connect()
  await events.until(EventName.info, ([, code]) => code === 2158)
}

const heard = (message: string): Promise<void> => until(() => simulator.requests.at(-1)?.message === message)

describe('@stoqey/ib', () => {
  it('gets bars that are kept up to date, with every value in its place', async () => {
    await connected()
    ib.reqHistoricalData(5, SPY, '', '60 S', BarSizeSetting.MINUTES_ONE, WhatToShow.TRADES, true, 2, true)
    await events.until(EventName.historicalData, isEnd)
    await clock.advance(5000)
    // Request, time, open, high, low, close, volume, count, average.
    expect(await events.until(EventName.historicalDataUpdate)).toEqual([
      5,
      '1719927000',
      100,
      101.2,
      99.4,
      101.05,
      450,
      45,
      100.2,
    ])
    ib.cancelHistoricalData(5)
    const [error, code] = await events.until(EventName.error)
    expect([(error as Error).message, code]).toEqual([
      'Historical Market Data Service error message:API historical data query cancelled: 5',
      162,
    ])
    await clock.advance(30_000)
    expect(events.all(EventName.historicalDataUpdate).length).toBe(1)
  })

  it('gets real-time bars and ends them', async () => {
    await connected()
    ib.reqRealTimeBars(6, SPY, 5, WhatToShow.TRADES, true)
    await heard('realTimeBars')
    await clock.advance(5000)
    expect(await events.until(EventName.realtimeBar)).toEqual([
      6,
      OPEN + 40,
      101.2,
      101.2,
      101.05,
      101.05,
      50,
      101.125,
      5,
    ])
    ib.cancelRealTimeBars(6)
    await heard('cancelRealTimeBars')
    await clock.advance(30_000)
    expect(events.all(EventName.realtimeBar).length).toBe(1)
    expect(events.all(EventName.error)).toEqual([])
  })

  it('gets small bars and quotes without volume', async () => {
    await connected()
    await clock.advance(20_000)
    ib.reqHistoricalData(7, SPY, '', '60 S', BarSizeSetting.SECONDS_THIRTY, WhatToShow.BID, true, 2, false)
    await events.until(EventName.historicalData, isEnd)
    const rows = events.all(EventName.historicalData).slice(0, -1)
    expect(rows.map((row) => row.slice(0, 6))).toEqual([
      [7, '1719927000', 99.99, 100.29, 99.39, 100.29],
      [7, '1719927030', 100.29, 101.19, 100.29, 100.59],
    ])
  })

  it('gets a head time stamp under enforced pacing, and an error for the next', async () => {
    await connected({ pacing: 'enforce' })
    ib.reqHeadTimestamp(8, SPY, WhatToShow.TRADES, true, 2)
    expect(await events.until(EventName.headTimestamp)).toEqual([8, String(OPEN)])
    ib.cancelHeadTimestamp(8)
    ib.reqHeadTimestamp(9, SPY, WhatToShow.TRADES, true, 2)
    const [error, code, reqId] = await events.until(EventName.error)
    expect([(error as Error).message, code, reqId]).toEqual([
      'Historical Market Data Service error message:Historical data request pacing violation',
      162,
      9,
    ])
  })

  it('starts up: accounts, positions and orders end', async () => {
    await connected()
    ib.reqPositions()
    ib.reqAllOpenOrders()
    ib.reqCompletedOrders(false)
    ib.reqAccountUpdates(true, '')
    ib.reqAccountSummary(9, 'All', 'NetLiquidation')
    ib.reqExecutions(10, {})
    const ends = [
      EventName.positionEnd,
      EventName.openOrderEnd,
      EventName.completedOrdersEnd,
      EventName.accountDownloadEnd,
      EventName.accountSummaryEnd,
      EventName.execDetailsEnd,
    ]
    for (const end of ends) await events.until(end)
    expect(events.all(EventName.updateAccountValue)).toEqual([
      ['AccountCode', 'DU0000000', '', 'DU0000000'],
      ['NetLiquidation', '1000000.00', 'USD', 'DU0000000'],
    ])
    expect(events.all(EventName.error)).toEqual([])
  })

  it('hears of a lost and restored line as info', async () => {
    await connected()
    simulator.inject({ kind: 'connectivityLost', forMs: 1000, restored: 1102 })
    await events.until(EventName.info, ([, code]) => code === 1100)
    await clock.advance(1000)
    await events.until(EventName.info, ([, code]) => code === 1102)
    expect(events.all(EventName.error)).toEqual([])
  })
})
