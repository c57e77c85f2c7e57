import { existsSync, readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { BarSizeSetting, EventName, IBApi, SecType, WhatToShow } from '@stoqey/ib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { barsFolderMarket, type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import { XNYS } from './simulator-fixtures.ts'

const DIR = '../shared/data/lean_minute'
const isThere = existsSync(DIR)
if (!isThere) console.info(`Skipped: there are no Lean minute files at ${DIR}.`)

interface Bar {
  readonly time: string
  readonly values: readonly number[]
}

describe.skipIf(!isThere)('real minute bars served to @stoqey/ib', () => {
  let simulator: Simulator
  let ib: IBApi
  beforeAll(async () => {
    simulator = await startSimulator({ market: barsFolderMarket({ dir: DIR, calendar: XNYS }) })
    ib = new IBApi({ host: '127.0.0.1', port: simulator.port, clientId: 3 })
    const ready = new Promise((resolve) => ib.once(EventName.nextValidId, resolve))
    ib.connect()
    await ready
  })
  afterAll(async () => {
    ib.disconnect()
    await simulator.stop()
  })

  let lastId = 0
  function fetchBars(symbol: string, end: string, duration: string, useRth: boolean): Promise<Bar[]> {
    const id = ++lastId
    const bars: Bar[] = []
    return new Promise((resolve, reject) => {
      const onBar = (reqId: number, time: string, ...values: (number | boolean | undefined)[]): void => {
        if (reqId !== id) return
        if (!time.startsWith('finished-')) {
          bars.push({ time, values: values.slice(0, 7) as number[] })
          return
        }
        ib.off(EventName.historicalData, onBar)
        resolve(bars)
      }
      ib.on(EventName.historicalData, onBar)
      ib.on(EventName.error, (error, code, reqId) => {
        if (reqId === id) reject(new Error(`${code}: ${error.message}`))
      })
      const contract = { symbol, secType: SecType.STK, exchange: 'SMART', currency: 'USD' }
      ib.reqHistoricalData(id, contract, end, duration, BarSizeSetting.MINUTES_ONE, WhatToShow.TRADES, useRth, 2, false)
    })
  }

  /** The rows of a file, taken from its first local header without the zip's directory: milliseconds since midnight first. */
  function fileRows(name: string): number[][] {
    const zip = readFileSync(`${DIR}/${name}`)
    const text = inflateRawSync(zip.subarray(30 + zip.readUInt16LE(26) + zip.readUInt16LE(28))).toString()
    return text
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(',').map(Number))
  }

  it.each([
    ['SPY', '20131004', '20131004-20:00:00', 390, 1_380_893_400],
    ['GOOG', '20151224', '20151224-18:00:00', 210, 1_450_967_400],
  ])('%s of %s: %s gives %i bars equal to the file', async (symbol, date, end, count, openTs) => {
    const bars = await fetchBars(symbol, end, '1 D', true)
    expect(bars).toHaveLength(count)
    const midnightTs = openTs - 9.5 * 3600
    const rows = fileRows(`equity_usa_minute_${symbol.toLowerCase()}_${date}_trade.zip`)
    const regular = rows.filter(
      ([ms]) => midnightTs + ms / 1000 >= openTs && midnightTs + ms / 1000 < openTs + count * 60,
    )
    expect(bars.map(({ time }) => Number(time))).toEqual(regular.map(([ms]) => midnightTs + ms / 1000))
    // The nearest double of the decimal the file means, not of some quotient near it.
    const price = (scaled: number): number =>
      Number(`${Math.floor(scaled / 10_000)}.${String(scaled % 10_000).padStart(4, '0')}`)
    expect(bars.map(({ values }) => values)).toEqual(
      regular.map(([, open, high, low, close, volume]) => [
        price(open),
        price(high),
        price(low),
        price(close),
        volume,
        -1,
        -1,
      ]),
    )
  })

  it('has 390 bars in every session but for the minutes the files miss, and more with extended hours', async () => {
    // Counted in the files: AIG has no trade in one minute of 2013-10-07, IBM in one of 2013-10-04 and one of 2013-10-11.
    const missing = { SPY: 0, AIG: 1, BAC: 0, IBM: 2 }
    for (const [symbol, minutes] of Object.entries(missing)) {
      expect(await fetchBars(symbol, '20131011-20:00:00', '6 D', true)).toHaveLength(6 * 390 - minutes)
    }
    const everything = await fetchBars('SPY', '20131005-00:00:00', '1 D', false)
    expect(everything).toHaveLength(fileRows('equity_usa_minute_spy_20131004_trade.zip').length)
  })

  it('says that there is nothing where the folder has nothing', async () => {
    await expect(fetchBars('SPY', '20131003-20:00:00', '1 D', true)).rejects.toThrow(
      '162: Historical Market Data Service error message:HMDS query returned no data: SPY@SMART Trades',
    )
  })
})
