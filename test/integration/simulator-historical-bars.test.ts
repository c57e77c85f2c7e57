import { afterEach, describe, expect, it } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { at, fixedMarket, frame, MINUTES, NOW_MS, OPEN, type Row, startedClient, XNYS } from './simulator-fixtures.ts'

let simulator: Simulator | null = null
afterEach(async () => {
  await simulator?.stop()
  simulator = null
})

async function start(overrides: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  simulator = await startSimulator({ market: fixedMarket({ SPY: MINUTES }), nowMs: () => NOW_MS, ...overrides })
  return simulator
}

/** A historical request after version 124, `|` for NUL. */
const historical = (reqId: number, end: string, size: string, duration: string, what = 'TRADES', format = 2): Buffer =>
  frame(`20|${reqId}||SPY|STK|||||SMART||USD||||${end}|${size}|${duration}|1|${what}|${format}|0||`)

describe('historical bars byte by byte', () => {
  const request100 = frame('20|6|7||SPY|STK|||||SMART||USD||||20240702 20:00:00 UTC|1 min|1 D|1|TRADES|1||')

  it('version 100: message version, two spaces in times, gaps before the count', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..100')
    client.send(request100)
    expect(await client.frame()).toEqual(
      frame(
        '17|3|7|20240701  16:00:00|20240702  16:00:00|3|' +
          '20240702  09:30:00|545.50|545.75|545.25|545.70|1000|545.6|false|10|' +
          '20240702  09:31:00|545.70|546.00|545.70|545.99|2000|545.85|false|20|' +
          '20240702  15:59:00|549.00|549.01|548.98|549.01|30000|549|false|111|',
      ),
    )
  })

  it.each([124, 157, 163, 166])('version %i: no message version, no gaps, times without a zone', async (version) => {
    const { port } = await start()
    const client = await startedClient(port, `v100..${version}`)
    client.send(historical(8, '20240702-20:00:00', '1 min', '1 D', 'TRADES', 1))
    expect(await client.frame()).toEqual(
      frame(
        '17|8|20240701  16:00:00|20240702  16:00:00|3|' +
          '20240702  09:30:00|545.50|545.75|545.25|545.70|1000|545.6|10|' +
          '20240702  09:31:00|545.70|546.00|545.70|545.99|2000|545.85|20|' +
          '20240702  15:59:00|549.00|549.01|548.98|549.01|30000|549|111|',
      ),
    )
  })

  it('version 193: times name the zone', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..193')
    client.send(historical(8, '20240702-20:00:00', '5 mins', '1 D', 'TRADES', 1))
    expect(await client.frame()).toEqual(
      frame(
        '17|8|20240701 16:00:00 US/Eastern|20240702 16:00:00 US/Eastern|2|' +
          // (1000 * 545.6 + 2000 * 545.85) / 3000 = 545.7666...
          '20240702 09:30:00 US/Eastern|545.50|546.00|545.25|545.99|3000|545.767|30|' +
          '20240702 15:55:00 US/Eastern|549.00|549.01|548.98|549.01|30000|549|111|',
      ),
    )
  })

  it('formatDate 2 gives epoch seconds, but the date for day bars', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..193')
    client.send(historical(1, '20240702-20:00:00', '1 hour', '1 D'))
    client.send(historical(2, '20240702-20:00:00', '1 day', '1 D'))
    // The bar of 15:00 (19:00 UTC) holds the last minute.
    expect(await client.text()).toBe(
      '17|1|20240701 16:00:00 US/Eastern|20240702 16:00:00 US/Eastern|2|' +
        '1719927000|545.50|546.00|545.25|545.99|3000|545.767|30|' +
        '1719946800|549.00|549.01|548.98|549.01|30000|549|111|',
    )
    // (3000 * 545.7666... + 30000 * 549) / 33000 = 548.706...
    expect(await client.text()).toBe(
      '17|2|20240701 16:00:00 US/Eastern|20240702 16:00:00 US/Eastern|1|' +
        '20240702|545.50|549.01|545.25|549.01|33000|548.706|141|',
    )
  })

  it('writes -1 for averages and counts that do not exist', async () => {
    const market = fixedMarket({ SPY: [[OPEN, 1, 2, 1, 2, 500, Number.NaN, Number.NaN]] })
    const { port } = await start({ market })
    const client = await startedClient(port, 'v100..193')
    client.send(historical(1, '20240702-20:00:00', '1 min', '1 D'))
    expect(await client.text()).toMatch(/\|1\|1719927000\|1\.00\|2\.00\|1\.00\|2\.00\|500\|-1\|-1\|$/)
  })

  it('reads the form another stock client sends: contract id 0, strike 0.0, a time in the exchange zone', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v157..178')
    client.send(frame('20|3|0|SPY|STK||0.0|||SMART||USD|||0|20240702 09:31:00 US/Eastern|1 min|60 S|1|TRADES|2|0||'))
    expect(await client.text()).toBe(
      '17|3|20240702 09:30:00 US/Eastern|20240702 09:31:00 US/Eastern|1|1719927000|545.50|545.75|545.25|545.70|1000|545.6|10|',
    )
  })
})

describe('the trading schedule', () => {
  it('is message 106 with the sessions of the range on the exchange clock', async () => {
    const { port } = await start({ nowMs: () => Date.parse('2024-07-08T22:00:00Z') })
    const client = await startedClient(port, 'v100..193')
    client.send(historical(4, '', '1 day', '1 W', 'SCHEDULE'))
    // From Monday 18:00 back a week: Tuesday, the early close of Wednesday, no Thursday.
    expect(await client.frame()).toEqual(
      frame(
        '106|4|20240702-09:30:00|20240708-16:00:00|US/Eastern|4|' +
          '20240702-09:30:00|20240702-16:00:00|20240702|' +
          '20240703-09:30:00|20240703-13:00:00|20240703|' +
          '20240705-09:30:00|20240705-16:00:00|20240705|' +
          '20240708-09:30:00|20240708-16:00:00|20240708|',
      ),
    )
  })

  it('is what a live gateway gave for one month on 2026-04-11', async () => {
    const { port } = await start({ nowMs: () => Date.parse('2026-04-11T17:52:12Z') })
    const client = await startedClient(port, 'v100..193')
    client.send(historical(1, '', '1 day', '1 M', 'SCHEDULE'))
    const fields = (await client.text()).split('|')
    expect(fields.slice(0, 6)).toEqual(['106', '1', '20260312-09:30:00', '20260410-16:00:00', 'US/Eastern', '21'])
    const refDates = fields.slice(6, -1).filter((_, i) => i % 3 === 2)
    expect(refDates).toContain('20260402')
    expect(refDates).not.toContain('20260403')
    expect(refDates).toHaveLength(21)
  })

  it('is refused to clients that cannot read it', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..164')
    client.send(historical(4, '', '1 day', '1 W', 'SCHEDULE'))
    expect(await client.text()).toMatch(
      /^4\|2\|4\|321\|.*client version is too low for:Historical Schedule requests\|$/,
    )
  })
})

describe('what a bar request covers', () => {
  const minute = (iso: string, price: number): Row => [at(iso), price, price, price, price, 100, price, 1]
  const market = fixedMarket({
    SPY: [
      minute('2024-07-01T13:30:00Z', 1),
      minute('2024-07-02T08:00:00Z', 2),
      minute('2024-07-02T13:30:00Z', 3),
      minute('2024-07-02T14:15:00Z', 4),
      minute('2024-07-02T19:59:00Z', 5),
      minute('2024-07-02T23:59:00Z', 6),
      minute('2024-07-03T13:30:00Z', 7),
      minute('2024-07-05T13:30:00Z', 8),
    ],
  })
  const closes = async (end: string, size: string, duration: string, useRth: 0 | 1): Promise<string[]> => {
    const { port } = await start({ market, nowMs: () => Date.parse('2024-07-08T22:00:00Z') })
    const client = await startedClient(port, 'v100..193')
    client.send(frame(`20|1||SPY|STK|||||SMART||USD||||${end}|${size}|${duration}|${useRth}|TRADES|2|0||`))
    const fields = (await client.text()).split('|')
    if (fields[0] === '4') return [fields[3]]
    return fields.slice(5, -1).filter((_, i) => i % 8 === 4)
  }

  it('N D is the last N trading days begun before the end, over holidays and weekends', async () => {
    expect(await closes('20240703-20:00:00', '1 min', '2 D', 1)).toEqual(['3.00', '4.00', '5.00', '7.00'])
  })

  it('one day asked for on a Sunday is the last trading day', async () => {
    expect(await closes('20240707-12:00:00', '1 min', '1 D', 1)).toEqual(['8.00'])
    // The Friday before has no bars, and no other day takes its place.
    expect(await closes('20240630-12:00:00', '1 min', '1 D', 1)).toEqual(['162'])
  })

  it('extended hours belong to their trading day', async () => {
    expect(await closes('20240703-00:00:00', '1 min', '1 D', 0)).toEqual(['2.00', '3.00', '4.00', '5.00', '6.00'])
  })

  it('a bar that starts at the end is out, one that starts at the beginning is in', async () => {
    expect(await closes('20240702-19:59:00', '1 min', '1 D', 1)).toEqual(['3.00', '4.00'])
    expect(await closes('20240702-19:59:01', '1 min', '1 D', 1)).toEqual(['3.00', '4.00', '5.00'])
    expect(await closes('20240702-14:16:00', '1 min', '60 S', 1)).toEqual(['4.00'])
  })

  it('an hour that began before the range is out, one cut by its end is in with what came before', async () => {
    expect(await closes('20240702-15:00:00', '1 hour', '3000 S', 1)).toEqual(['162'])
    expect(await closes('20240702-14:20:00', '1 hour', '1 D', 1)).toEqual(['3.00', '4.00'])
  })

  it('weeks and months go by the calendar of the exchange', async () => {
    // From 10:00 on Monday back to 10:00 on the Monday before, whose session had begun by then.
    expect(await closes('20240708-14:00:00', '1 day', '1 W', 1)).toEqual(['5.00', '7.00', '8.00'])
    expect(await closes('20240708-13:30:00', '1 day', '1 W', 1)).toEqual(['1.00', '5.00', '7.00', '8.00'])
    expect(await closes('20240708-14:00:00', '1 day', '1 M', 1)).toEqual(['1.00', '5.00', '7.00', '8.00'])
  })

  it('a day bar with extended hours begins and ends with them', async () => {
    expect(await closes('20240703-00:00:00', '1 day', '1 D', 0)).toEqual(['6.00'])
  })
})

describe('the minute in progress', () => {
  it('is sent as far as it has come, and the future not at all', async () => {
    const rising: readonly Row[] = [
      [OPEN, 100, 106, 97, 103, 600, 101, 30],
      [OPEN + 60, 103, 104, 102, 104, 100, 103, 5],
    ]
    const { port } = await start({ market: fixedMarket({ SPY: rising }), nowMs: () => (OPEN + 30) * 1000 })
    const client = await startedClient(port, 'v100..193')
    client.send(historical(1, '', '1 min', '1 D'))
    // Half a rising minute: from 100 down to 97 in 20 s, then 10 of the 20 s up to 106.
    expect(await client.text()).toMatch(/\|1\|1719927000\|100\.00\|101\.50\|97\.00\|101\.50\|300\|101\|15\|$/)
  })
})

describe('an answer that clients could not take', () => {
  it('is refused as a range that is too long', async () => {
    // Two years of minutes with extended hours are more than the 16 MiB a client accepts in one message.
    const market = syntheticMarket({ seed: 1, symbols: ['SPY'], calendar: XNYS, from: '2022-01-03', to: '2023-12-29' })
    const { port } = await start({ market })
    const client = await startedClient(port, 'v100..193')
    client.send(frame('20|1||SPY|STK|||||SMART||USD||||20231230-00:00:00|1 min|2 Y|0|TRADES|1|0||'))
    expect(await client.text()).toBe('4|2|1|162|Historical Market Data Service error message:Time length exceed max.||')
  })
})
