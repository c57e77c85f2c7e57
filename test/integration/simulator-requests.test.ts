import { afterEach, describe, expect, it } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator } from '#main/simulator/simulator.ts'
import { fixedMarket, frame, MINUTES, NOW_MS, startedClient } from './simulator-fixtures.ts'

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

describe('contract details byte by byte', () => {
  const TRADING =
    '20240703:0400-20240703:1700;20240704:CLOSED;20240705:0400-20240705:2000;' +
    '20240706:CLOSED;20240707:CLOSED;20240708:0400-20240708:2000'
  const LIQUID =
    '20240703:0930-20240703:1300;20240704:CLOSED;20240705:0930-20240705:1600;' +
    '20240706:CLOSED;20240707:CLOSED;20240708:0930-20240708:1600'
  const NAME = 'SPDR S&P 500 ETF TRUST|ARCA'

  // Symbol to valid exchanges, name to liquid hours, and what follows, by version.
  const expected: readonly (readonly [number, string])[] = [
    [
      100,
      `10|8|11|SPY|STK||0||SMART|USD|SPY|SPY|SPY|756733|0.01|||SMART,ARCA|1|0|${NAME}|||||US/Eastern|${TRADING}|${LIQUID}||0|0|`,
    ],
    [
      157,
      `10|8|11|SPY|STK||0||SMART|USD|SPY|SPY|SPY|756733|0.01|1|||SMART,ARCA|1|0|${NAME}|||||US/Eastern|${TRADING}|${LIQUID}||0|0|1|||||ETF|`,
    ],
    [
      163,
      `10|8|11|SPY|STK||0||SMART|USD|SPY|SPY|SPY|756733|0.01|1|||SMART,ARCA|1|0|${NAME}|||||US/Eastern|${TRADING}|${LIQUID}||0|0|1|||||ETF|1|`,
    ],
    [
      166,
      `10|11|SPY|STK||0||SMART|USD|SPY|SPY|SPY|756733|0.01|||SMART,ARCA|1|0|${NAME}|||||US/Eastern|${TRADING}|${LIQUID}||0|0|1|||||ETF|1|1|100|`,
    ],
    [
      193,
      `10|11|SPY|STK|||0||SMART|USD|SPY|SPY|SPY|756733|0.01|||SMART,ARCA|1|0|${NAME}|||||US/Eastern|${TRADING}|${LIQUID}||0|0|1|||||ETF|1|1|100|0|`,
    ],
  ]

  it.each(expected)('version %i', async (version, details) => {
    const { port } = await start()
    const client = await startedClient(port, `v100..${version}`)
    const issuer = version >= 176 ? '|' : ''
    client.send(frame(`9|8|11||SPY|STK|||||SMART||USD||||||${issuer}`))
    expect(await client.frame()).toEqual(frame(details))
    expect(await client.frame()).toEqual(frame('52|1|11|'))
  })
})

describe('head time stamps', () => {
  it('are in UTC as text or epoch seconds, and stay open until cancelled', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..193')
    const request = (reqId: number, format: number): Buffer =>
      frame(`87|${reqId}|756733|SPY|STK|||||SMART||USD||||1|TRADES|${format}|`)
    client.send(request(1, 1))
    client.send(request(2, 2))
    expect(await client.text()).toBe('88|1|20240702-13:30:00|')
    expect(await client.text()).toBe('88|2|1719927000|')
    client.send(Buffer.concat([frame('90|1|'), frame('49|1|')]))
    expect(await client.text()).toBe('49|1|1720008000|')
  })

  it('have two spaces for clients that know no zones', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..157')
    client.send(frame('87|1|756733|SPY|STK|||||SMART||USD||||1|TRADES|1|'))
    expect(await client.text()).toBe('88|1|20240702  13:30:00|')
  })

  it('do not exist without data, or for anything but trades', async () => {
    const { port } = await start({ market: fixedMarket({ SPY: [] }) })
    const client = await startedClient(port, 'v100..193')
    client.send(frame('87|1|756733|SPY|STK|||||SMART||USD||||1|TRADES|1|'))
    expect(await client.text()).toBe('4|2|1|162|Historical Market Data Service error message:No head time stamp||')
  })
})

describe('requests that cannot be served', () => {
  const VALIDATION = "Error validating request.-'bM' : cause - "
  const HMDS = 'Historical Market Data Service error message:'

  it.each<readonly [string, Buffer, string]>([
    [
      'an unknown symbol',
      frame('20|1||NOPE|STK|||||SMART||USD|||||1 min|1 D|1|TRADES|2|0||'),
      '200|No security definition has been found for the request|',
    ],
    [
      'an empty range',
      historical(1, '20240628-20:00:00', '1 min', '1 D'),
      `162|${HMDS}HMDS query returned no data: SPY@SMART Trades|`,
    ],
    [
      'a bar size that is none',
      historical(1, '', '1 minute', '1 D'),
      `321|${VALIDATION}Historical data bar size setting is invalid. Legal ones are: 1 secs, 5 secs, 10 secs, 15 secs, 30 secs, 1 min, 2 mins, 3 mins, 5 mins, 10 mins, 15 mins, 20 mins, 30 mins, 1 hour, 2 hours, 3 hours, 4 hours, 8 hours, 1 day, 1W, 1M|`,
    ],
    ['a bar size that is not offered', historical(1, '', '2 hours', '1 D'), `162|${HMDS}invalid step: 2 hours|`],
    [
      'a duration without a unit it knows',
      historical(1, '', '1 min', '1 H'),
      `321|${VALIDATION}When specifying a unit, historical data request duration format is integer{SPACE}unit (S\u0001D\u0001W\u0001M\u0001Y).|`,
    ],
    [
      'more than 365 days',
      historical(1, '', '1 min', '366 D'),
      `321|${VALIDATION}Historical data requests for durations longer than 365 days must be made in years.|`,
    ],
    [
      'data it does not know',
      historical(1, '', '1 min', '1 D', 'RUMOURS'),
      `321|${VALIDATION}What to show value of RUMOURS rejected.|`,
    ],
    [
      'data it does not have',
      historical(1, '', '1 min', '1 D', 'FEE_RATE'),
      `162|${HMDS}No FEE_RATE data is offered by this server|`,
    ],
    [
      'a date format that is none',
      historical(1, '', '1 min', '1 D', 'TRADES', 5),
      `321|${VALIDATION}Date formatting selection of 5 rejected.|`,
    ],
    [
      'a schedule of minutes',
      historical(1, '', '1 min', '1 D', 'SCHEDULE'),
      `321|${VALIDATION}Only daily resolution supported for Schedule requests|`,
    ],
    [
      'live updates with an end',
      frame('20|1||SPY|STK|||||SMART||USD||||20240702-20:00:00|1 min|1 D|1|TRADES|2|1||'),
      `321|${VALIDATION}End date/time must be empty for requests that are kept up to date|`,
    ],
    [
      'an end that is no time',
      historical(1, '20240231-20:00:00', '1 min', '1 D'),
      '10314|End Date/Time: The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx where xx/xxxx is the time zone, e.g. 20031126 15:59:00 US/Eastern, or yyyymmdd-hh:mm:ss in UTC.|',
    ],
    [
      'a zone that is none',
      historical(1, '20240702 20:00:00 Mars/Olympus', '1 min', '1 D'),
      '10314|End Date/Time: The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx where xx/xxxx is the time zone, e.g. 20031126 15:59:00 US/Eastern, or yyyymmdd-hh:mm:ss in UTC.|',
    ],
  ])('%s', async (_what, request, error) => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..193')
    client.send(request)
    // The error texts hold a "|" of their own in one case, written \u0001 above.
    const body = frame(`4|2|1|${error}|`).subarray(4).toString().replaceAll('\u0001', '|')
    expect((await client.frame()).subarray(4).toString()).toBe(body)
  })

  it('warns about an end without a zone and serves it on the exchange clock', async () => {
    const { port } = await start()
    const client = await startedClient(port, 'v100..193')
    client.send(historical(1, '20240702 16:00:00', '1 day', '1 D'))
    expect(await client.text()).toMatch(/^4\|2\|1\|2174\|Warning: You submitted request with date-time attributes/)
    expect(await client.text()).toMatch(
      /^17\|1\|20240701 16:00:00 US\/Eastern\|20240702 16:00:00 US\/Eastern\|1\|20240702\|/,
    )
  })

  it('tells of broken data behind a request without going down', async () => {
    const lines: string[] = []
    const market = { ...fixedMarket({ SPY: MINUTES }), minuteBars: () => Promise.reject(new Error('disk on fire')) }
    const { port } = await start({ market, log: (line) => lines.push(line) })
    const client = await startedClient(port, 'v100..193')
    client.send(historical(1, '20240702-20:00:00', '1 min', '1 D'))
    expect(await client.text()).toBe(`4|2|1|162|${HMDS}disk on fire||`)
    client.send(frame('49|1|'))
    expect(await client.text()).toBe('49|1|1720008000|')
    expect(lines.some((line) => line.includes('disk on fire'))).toBe(true)
  })
})

describe('cancelling', () => {
  /** Holds every request for bars until `release` is called. */
  function gatedMarket(): { market: ReturnType<typeof fixedMarket>; release: () => void; asked: Promise<void> } {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const base = fixedMarket({ SPY: MINUTES })
    const market = {
      ...base,
      minuteBars: async (symbol: string, fromTs: number, toTs: number, useRth: boolean) => {
        asked.resolve()
        await gate.promise
        return base.minuteBars(symbol, fromTs, toTs, useRth)
      },
    }
    return { market, release: gate.resolve, asked: asked.promise }
  }

  it('a running and a waiting request end in error 162, and the ids are free again', async () => {
    const { market, release, asked } = gatedMarket()
    const { port } = await start({ market })
    const client = await startedClient(port, 'v100..193')
    client.send(historical(1, '20240702-20:00:00', '1 day', '1 D'))
    client.send(historical(2, '20240702-20:00:00', '1 day', '1 D'))
    await asked
    client.send(Buffer.concat([frame('25|1|1|'), frame('25|1|2|')]))
    const cancelled = 'Historical Market Data Service error message:API historical data query cancelled: '
    expect(await client.text()).toBe(`4|2|1|162|${cancelled}1||`)
    expect(await client.text()).toBe(`4|2|2|162|${cancelled}2||`)
    client.send(historical(1, '20240702-20:00:00', '1 day', '1 D'))
    release()
    // Nothing of the cancelled requests comes before the answer to the new one.
    expect(await client.text()).toMatch(/^17\|1\|.*\|1\|20240702\|/)
  })

  it('an id that is not open, or no longer, is error 366; one that is open twice is error 322', async () => {
    const { market, release, asked } = gatedMarket()
    const { port } = await start({ market })
    const client = await startedClient(port, 'v100..193')
    client.send(Buffer.concat([historical(1, '20240702-20:00:00', '1 day', '1 D'), frame('25|1|77|')]))
    expect(await client.text()).toBe('4|2|77|366|No historical data query found for ticker id:77||')
    await asked
    client.send(historical(1, '20240702-20:00:00', '1 day', '1 D'))
    expect(await client.text()).toMatch(/^4\|2\|1\|322\|.*Duplicate ticker ID for API historical data query\|\|$/)
    release()
    expect(await client.text()).toMatch(/^17\|1\|/)
    client.send(frame('25|1|1|'))
    expect(await client.text()).toBe('4|2|1|366|No historical data query found for ticker id:1||')
  })

  it('a client that leaves takes its requests with it, and stop waits for nothing', async () => {
    const { market, release, asked } = gatedMarket()
    const running = await start({ market })
    const client = await startedClient(running.port, 'v100..193')
    client.send(historical(1, '20240702-20:00:00', '1 day', '1 D'))
    await asked
    client.socket.destroy()
    release()
    await expect(running.stop()).resolves.toBeUndefined()
    expect(running.requests.at(-1)).toMatchObject({ message: 'historicalData', historical: { reqId: 1 } })
  })
})
