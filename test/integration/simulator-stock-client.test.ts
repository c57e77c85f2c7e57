import { BarSizeSetting, type ContractDetails, EventName, IBApi, SecType, WhatToShow } from '@stoqey/ib'
import { Decoder, type DecoderCallbacks } from '@stoqey/ib/dist/core/io/decoder.js'
import { afterEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { fixedMarket, frame, MINUTES, NOW_MS, OPEN, startedClient, XNYS } from './simulator-fixtures.ts'
import { isEnd, StockClientEvents } from './stock-client-events.ts'

const FIRST_MINUTES = MINUTES.slice(0, 2)
/** Open, high, low, close, volume, count and average of the first minute, and of a bar made of both. */
const FIRST_MINUTE = [545.5, 545.75, 545.25, 545.7, 1000, 10, 545.6]
const BOTH_MINUTES = [545.5, 546, 545.25, 545.99, 3000, 30, 545.767]
const SPY = { symbol: 'SPY', secType: SecType.STK, exchange: 'SMART', currency: 'USD' }

let simulator: Simulator | null = null
const clients: IBApi[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await simulator?.stop()
  simulator = null
})

async function connected(
  clientId = 1,
  market = fixedMarket({ SPY: FIRST_MINUTES }),
): Promise<{ ib: IBApi; events: StockClientEvents }> {
  simulator ??= await startSimulator({ market, nowMs: () => NOW_MS, accounts: ['DU123'] })
  const ib = new IBApi({ host: '127.0.0.1', port: simulator.port, clientId })
  clients.push(ib)
  const events = new StockClientEvents(ib)
  ib.connect()
  await events.until(EventName.info, ([, code]) => code === 2158)
  return { ib, events }
}

describe('@stoqey/ib', () => {
  it('connects: version, accounts, next order id, and the farm notices as info', async () => {
    const { events } = await connected()
    expect(await events.until(EventName.server)).toEqual([193, '20240703 08:00:00 US/Eastern'])
    expect(events.all(EventName.managedAccounts)).toEqual([['DU123']])
    expect(events.all(EventName.nextValidId)).toEqual([[1]])
    expect(events.all(EventName.info)).toEqual([
      ['Market data farm connection is OK:usfarm', 2104],
      ['HMDS data farm connection is OK:ushmds', 2106],
      ['Sec-def data farm connection is OK:secdefnj', 2158],
    ])
    expect(events.all(EventName.error)).toEqual([])
  })

  it('gets the time', async () => {
    const { ib, events } = await connected()
    ib.reqCurrentTime()
    expect(await events.until(EventName.currentTime)).toEqual([1_720_008_000])
  })

  it('gets contract details with every field in its place', async () => {
    const { ib, events } = await connected()
    ib.reqContractDetails(5, SPY)
    await events.until(EventName.contractDetailsEnd)
    const [[reqId, details]] = events.all(EventName.contractDetails) as [number, ContractDetails][]
    expect(reqId).toBe(5)
    expect(details).toMatchObject({
      contract: {
        symbol: 'SPY',
        secType: 'STK',
        exchange: 'SMART',
        primaryExch: 'ARCA',
        currency: 'USD',
        localSymbol: 'SPY',
        tradingClass: 'SPY',
        conId: 756_733,
      },
      minTick: 0.01,
      longName: 'SPDR S&P 500 ETF TRUST',
      validExchanges: 'SMART,ARCA',
      timeZoneId: 'US/Eastern',
      stockType: 'ETF',
      priceMagnifier: 1,
      minSize: 1,
      sizeIncrement: 1,
      suggestedSizeIncrement: 100,
    })
    expect(details.liquidHours?.split(';')[0]).toBe('20240703:0930-20240703:1300')
    expect(details.tradingHours?.split(';')[1]).toBe('20240704:CLOSED')
    expect(events.all(EventName.error)).toEqual([])
  })

  it('learns that a contract is unknown, also by a contract id that is another one', async () => {
    const { ib, events } = await connected()
    ib.reqContractDetails(6, { ...SPY, symbol: 'NOPE' })
    ib.reqContractDetails(7, { ...SPY, conId: 42 })
    for (const id of [6, 7]) {
      const [error, code] = await events.until(EventName.error, ([, , reqId]) => reqId === id)
      expect([(error as Error).message, code]).toEqual(['No security definition has been found for the request', 200])
    }
  })

  it('gets the head time stamp and cancels it', async () => {
    const { ib, events } = await connected()
    ib.reqHeadTimestamp(8, SPY, WhatToShow.TRADES, true, 2)
    expect(await events.until(EventName.headTimestamp)).toEqual([8, '1719927000'])
    ib.cancelHeadTimestamp(8)
    ib.reqCurrentTime()
    await events.until(EventName.currentTime)
    expect(events.all(EventName.error)).toEqual([])
  })

  it.each([
    [BarSizeSetting.MINUTES_ONE, 1, ['20240702 09:30:00 US/Eastern', '20240702 09:31:00 US/Eastern']],
    [BarSizeSetting.MINUTES_ONE, 2, ['1719927000', '1719927060']],
    [BarSizeSetting.MINUTES_FIVE, 1, ['20240702 09:30:00 US/Eastern']],
    [BarSizeSetting.MINUTES_FIVE, 2, ['1719927000']],
    [BarSizeSetting.HOURS_ONE, 1, ['20240702 09:30:00 US/Eastern']],
    [BarSizeSetting.HOURS_ONE, 2, ['1719927000']],
    [BarSizeSetting.DAYS_ONE, 1, ['20240702']],
    [BarSizeSetting.DAYS_ONE, 2, ['20240702']],
  ])('gets %s bars with formatDate %i, then the row that ends them', async (size, formatDate, times) => {
    const { ib, events } = await connected()
    ib.reqHistoricalData(9, SPY, '20240702-20:00:00', '1 D', size, WhatToShow.TRADES, true, formatDate, false)
    const end = await events.until(EventName.historicalData, isEnd)
    const rows = events.all(EventName.historicalData)
    expect(rows.slice(0, -1).map(([, time]) => time)).toEqual(times)
    const first = times.length === 2 ? FIRST_MINUTE : BOTH_MINUTES
    expect(rows[0].slice(2)).toEqual([...first, undefined])
    expect(end.slice(0, 2)).toEqual([9, 'finished-20240701 16:00:00 US/Eastern-20240702 16:00:00 US/Eastern'])
    expect(events.all(EventName.error)).toEqual([])
  })

  it('gets the trading schedule', async () => {
    const { ib, events } = await connected()
    ib.reqHistoricalData(
      10,
      SPY,
      '20240703-20:00:00',
      '2 D',
      BarSizeSetting.DAYS_ONE,
      WhatToShow.SCHEDULE,
      true,
      2,
      false,
    )
    expect(await events.until(EventName.historicalSchedule)).toEqual([
      10,
      '20240702-09:30:00',
      '20240703-13:00:00',
      'US/Eastern',
      [
        { startDateTime: '20240702-09:30:00', endDateTime: '20240702-16:00:00', refDate: '20240702' },
        { startDateTime: '20240703-09:30:00', endDateTime: '20240703-13:00:00', refDate: '20240703' },
      ],
    ])
  })

  it('gets error 162 for a range without bars and for its own cancellation', async () => {
    const release = Promise.withResolvers<void>()
    const base = fixedMarket({ SPY: FIRST_MINUTES })
    const market = {
      ...base,
      minuteBars: async (...args: Parameters<typeof base.minuteBars>) => {
        await release.promise
        return base.minuteBars(...args)
      },
    }
    const { ib, events } = await connected(1, market)
    const request = (reqId: number, end: string): void =>
      void ib.reqHistoricalData(reqId, SPY, end, '1 D', BarSizeSetting.MINUTES_ONE, WhatToShow.TRADES, true, 2, false)
    request(11, '20240702-20:00:00')
    ib.cancelHistoricalData(11)
    const [cancelled, cancelledCode] = await events.until(EventName.error, ([, , reqId]) => reqId === 11)
    expect([(cancelled as Error).message, cancelledCode]).toEqual([
      'Historical Market Data Service error message:API historical data query cancelled: 11',
      162,
    ])
    release.resolve()
    request(12, '20240628-20:00:00')
    const [empty] = await events.until(EventName.error, ([, , reqId]) => reqId === 12)
    expect((empty as Error).message).toBe(
      'Historical Market Data Service error message:HMDS query returned no data: SPY@SMART Trades',
    )
  })

  it('serves two clients at once, each its own answers', async () => {
    const market = syntheticMarket({
      seed: 1,
      calendar: XNYS,
      symbols: ['SPY', 'AAPL'],
      from: '2024-06-24',
      to: '2024-07-02',
    })
    const first = await connected(1, market)
    const second = await connected(2)
    const ask = ({ ib }: { ib: IBApi }, symbol: string): void => {
      for (const reqId of [1, 2, 3]) {
        const contract = { ...SPY, symbol }
        ib.reqHistoricalData(
          reqId,
          contract,
          '20240702-20:00:00',
          '1 D',
          BarSizeSetting.MINUTES_ONE,
          WhatToShow.TRADES,
          true,
          2,
          false,
        )
      }
    }
    ask(first, 'SPY')
    ask(second, 'AAPL')
    const session = { openTs: OPEN, closeTs: OPEN + 390 * 60 }
    for (const [client, symbol] of [
      [first, 'SPY'],
      [second, 'AAPL'],
    ] as const) {
      for (const reqId of [1, 2, 3])
        await client.events.until(EventName.historicalData, (args) => args[0] === reqId && isEnd(args))
      const expected = await market.minuteBars(symbol, session.openTs, session.closeTs, true)
      const rows = client.events.all(EventName.historicalData).filter((args) => args[0] === 2 && !isEnd(args))
      expect(rows.map((row) => row[5])).toEqual([...expected.close])
      expect(rows.map((row) => row[7])).toEqual([...expected.tradeCount])
    }
  })
})

describe("the stock client's decoder", () => {
  /** Decodes a frame as a client that negotiated `serverVersion` would. */
  function decode(serverVersion: number, received: Buffer): (readonly unknown[])[] {
    const events: (readonly unknown[])[] = []
    const callbacks: DecoderCallbacks = {
      serverVersion,
      emitEvent: (...event) => void events.push(event),
      emitError: (...error) => void events.push(['error', ...error]),
      emitInfo: (...info) => void events.push(['info', ...info]),
    }
    const decoder = new Decoder(callbacks)
    decoder.enqueueMessage(received.subarray(4).toString('utf8').split('\0').slice(0, -1))
    decoder.process()
    return events
  }

  it('understands every message at every version from 100 to 193, and no field is left over', async () => {
    simulator = await startSimulator({ market: fixedMarket({ SPY: FIRST_MINUTES }), nowMs: () => NOW_MS })
    for (let version = 100; version <= 193; version++) {
      const client = await startedClient(simulator.port, `v100..${version}`)
      const prefix = version < 124 ? '20|6|' : '20|'
      const keepUpToDate = version < 124 ? '' : '0|'
      client.send(
        frame(`${prefix}3||SPY|STK|||||SMART||USD||||20240702-20:00:00|1 min|1 D|1|TRADES|2|${keepUpToDate}|`),
      )
      client.send(frame(`9|8|4||SPY|STK|||||SMART||USD||||||${version >= 176 ? '|' : ''}`))
      const frames: Buffer[] = []
      for (let message = 0; message < 3; message++) frames.push(await client.frame())
      const events = frames.flatMap((received) => decode(version, received))
      const gaps = version < 124 ? false : undefined
      // Contract details are answered at once, bars when they are read.
      const named = (name: string): (readonly unknown[])[] => events.filter(([event]) => event === name)
      expect(named('error')).toEqual([])
      expect(named('historicalData').slice(0, 2)).toEqual([
        ['historicalData', 3, '1719927000', 545.5, 545.75, 545.25, 545.7, 1000, 10, 545.6, gaps],
        ['historicalData', 3, '1719927060', 545.7, 546, 545.7, 545.99, 2000, 20, 545.85, gaps],
      ])
      expect(named('contractDetails')[0][2]).toMatchObject({
        contract: { conId: 756_733, primaryExch: 'ARCA' },
        minTick: 0.01,
        longName: 'SPDR S&P 500 ETF TRUST',
        timeZoneId: 'US/Eastern',
      })
      expect(named('contractDetailsEnd')).toEqual([['contractDetailsEnd', 4]])
      client.socket.end()
      await client.closed()
    }
  })
})
