import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { BarFlag, observedBars } from '#shared/bars.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { barsFolderMarket } from '#main/simulator/simulator.ts'
import { at, XNYS } from './simulator-fixtures.ts'
import { newWorkspace, openEngine, openSimulator, resultOf } from './workspace-fixtures.ts'

const DIR = '../shared/data/lean_minute'
const isThere = existsSync(DIR)
if (!isThere) console.info(`SKIPPED: real minute bars are not at ${DIR}`)

/** Sessions with the offset of New York from UTC and the local close; 2015-12-25 is a holiday, the day before closes early. */
const SESSIONS = [
  ...['2013-10-04', '2013-10-07', '2013-10-08', '2013-10-09', '2013-10-10', '2013-10-11'].map((date) => ({
    date,
    offset: '-04:00',
    close: '16:00',
    symbols: ['SPY', 'AIG', 'BAC', 'IBM'],
  })),
  { date: '2015-12-23', offset: '-05:00', close: '16:00', symbols: ['GOOG'] },
  { date: '2015-12-24', offset: '-05:00', close: '13:00', symbols: ['GOOG'] },
  { date: '2015-12-28', offset: '-05:00', close: '16:00', symbols: ['GOOG'] },
]
const CASES = SESSIONS.flatMap(({ symbols, ...session }) => symbols.map((symbol) => ({ symbol, ...session })))

type Row = readonly [ts: number, open: number, high: number, low: number, close: number, volume: number]

/**
 * The rows of a file that start between 09:30 and the close in New York: milliseconds since local midnight, prices times
 * 10,000, volume.
 */
function rowsInFile(session: (typeof CASES)[number]): Row[] {
  const name = `equity_usa_minute_${session.symbol.toLowerCase()}_${session.date.replaceAll('-', '')}_trade.zip`
  const [csv] = Object.values(unzipSync(readFileSync(join(DIR, name))))
  const midnight = at(`${session.date}T00:00:00${session.offset}`)
  const [openTs, closeTs] = ['09:30', session.close].map((time) => at(`${session.date}T${time}:00${session.offset}`))
  return strFromU8(csv)
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(',').map(Number))
    .map(([ms, open, high, low, close, volume]): Row => {
      const [o, h, l, c] = [open, high, low, close].map((price) => price / 10_000)
      return [midnight + ms / 1000, o, h, l, c, volume]
    })
    .filter(([ts]) => ts >= openTs && ts < closeTs)
}

describe.skipIf(!isThere)('real minute bars', () => {
  let engine: Engine
  let autumn: JobResult<'ingest'>
  let christmas: JobResult<'ingest'>

  beforeAll(async () => {
    const simulator = await openSimulator({ market: barsFolderMarket({ dir: DIR, calendar: XNYS }) })
    const workspace = newWorkspace({ symbols: ['SPY', 'AIG', 'BAC', 'IBM', 'GOOG'], port: simulator.port })
    const opened = openEngine(workspace)
    engine = opened.engine
    const { client } = opened
    autumn = await resultOf<'ingest'>(
      client,
      client.ingest.start({ symbols: ['SPY', 'AIG', 'BAC', 'IBM'], from: '2013-10-04', to: '2013-10-11' }),
    )
    christmas = await resultOf<'ingest'>(
      client,
      client.ingest.start({ symbols: ['GOOG'], from: '2015-12-23', to: '2015-12-28' }),
    )
    await resultOf<'transform'>(client, client.transform.start({}))
  })

  test('are all fetched, and nothing else', () => {
    const total = (symbols: string[]): number =>
      CASES.filter(({ symbol }) => symbols.includes(symbol)).reduce((sum, one) => sum + rowsInFile(one).length, 0)
    expect(autumn).toMatchObject({
      sessionsFetched: 24,
      bars: total(['SPY', 'AIG', 'BAC', 'IBM']),
      withoutData: [],
      failed: [],
    })
    expect(christmas).toMatchObject({ sessionsFetched: 3, bars: total(['GOOG']), withoutData: [], failed: [] })
    const filled = engine.stores.curated.qualities({}).reduce((sum, quality) => sum + quality.filled, 0)
    expect(engine.stores.curated.summary()).toMatchObject({
      sessions: 27,
      bars: autumn.bars + christmas.bars + filled,
    })
  })

  test.each(CASES)('of $symbol on $date are those of the file in regular hours', (session) => {
    const block = engine.stores.curated.block(session.symbol, session.date)
    if (block === undefined) throw new Error('the session was not curated')
    const { ts, open, high, low, close, volume, vwap, tradeCount, flags } = observedBars(block.bars)
    const rows = [...ts].map((start, i): Row => [start, open[i], high[i], low[i], close[i], volume[i]])
    expect(rows).toEqual(rowsInFile(session))
    // The files have neither, and TWS says so with -1.
    expect([...vwap, ...tradeCount].every(Number.isNaN)).toBe(true)
    // The market did what a rule doubts; the bar stands.
    expect(flags.every((flag) => flag === 0 || flag === BarFlag.Suspect)).toBe(true)
  })

  test('are 390 in a full session and 210 in one that closes early', () => {
    const counts = (symbol: string): number[] => engine.stores.curated.sessions(symbol).map(({ count }) => count)
    expect(counts('SPY')).toEqual([390, 390, 390, 390, 390, 390])
    expect(engine.stores.curated.block('GOOG', '2015-12-24')).toMatchObject({
      count: 210,
      session: { earlyClose: true },
    })
  })

  test('have gaps where a stock did not trade, and those are filled with the close before and marked', () => {
    const short = CASES.filter((session) => rowsInFile(session).length < (session.close === '16:00' ? 390 : 210))
    expect(short.length).toBeGreaterThan(0)
    for (const session of short) {
      const block = engine.stores.curated.block(session.symbol, session.date)
      if (block === undefined) throw new Error('the session was not curated')
      const { bars } = block
      expect(observedBars(bars).ts.length, `${session.symbol} ${session.date}`).toBe(rowsInFile(session).length)
      bars.flags.forEach((flag, row) => {
        if ((flag & BarFlag.Filled) === 0) return
        const before = bars.close[row - 1]
        expect([bars.open[row], bars.high[row], bars.low[row], bars.close[row]]).toEqual(Array(4).fill(before))
        expect([bars.volume[row], bars.vwap[row]]).toEqual([0, NaN])
      })
    }
  })
})
