import { afterEach, describe, expect, it } from 'vitest'
import type { SymbolCondition } from '#main/simulator/scenario/scenario-schema.ts'
import { type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import {
  fence,
  fixedMarket,
  frame,
  historicalRequest,
  MINUTES,
  NOW_MS,
  startedClient,
  wholeAnswer,
} from './simulator-fixtures.ts'

let simulator: Simulator

afterEach(async () => {
  await simulator.stop()
})

async function start(symbols: Readonly<Record<string, SymbolCondition>>): Promise<void> {
  simulator = await startSimulator({
    market: fixedMarket({ SPY: MINUTES, AAPL: MINUTES }),
    nowMs: () => NOW_MS,
    scenario: { name: 'test', symbols: { ...symbols } },
  })
}

const HMDS = 'Historical Market Data Service error message:'
const NOT_SUBSCRIBED =
  'Requested market data is not subscribed. Check API status by selecting the Account menu then under Management choose ' +
  'Market Data Subscription Manager and/or availability of delayed data.Delayed market data is available.'

const headRequest = frame('87|2||SPY|STK|||||SMART||USD||||1|TRADES|2|')
const realTimeRequest = frame('50|3|3||SPY|STK|||||SMART||USD|||5|TRADES|1||')

describe('a symbol that is always refused', () => {
  it.each<readonly [SymbolCondition, string]>([
    ['ambiguous', '200|The contract description specified for SPY is ambiguous.'],
    ['noPermission', `162|${HMDS}No market data permissions for ARCA STK`],
    ['notSubscribed', `354|${NOT_SUBSCRIBED}SPY ARCA/TOP/ALL`],
    ['noData', `162|${HMDS}HMDS query returned no data: SPY@SMART Trades`],
    ['competingSession', '10197|No market data during competing live session'],
    ['differentIp', `162|${HMDS}Trading TWS session is connected from a different IP address`],
  ])('%s: bars, head time stamps and real-time bars', async (condition, error) => {
    await start({ SPY: condition })
    const client = await startedClient(simulator.port, 'v100..193')
    client.send(Buffer.concat([historicalRequest(1), headRequest, realTimeRequest]))
    for (const reqId of [1, 2, 3]) expect(await client.text()).toBe(`4|2|${reqId}|${error}||`)
    client.send(historicalRequest(4, { symbol: 'AAPL' }))
    expect(await client.text()).toBe(wholeAnswer(4))
  })

  it('names NASDAQ as TWS does', async () => {
    await start({ AAPL: 'noPermission' })
    const client = await startedClient(simulator.port, 'v100..193')
    client.send(historicalRequest(1, { symbol: 'AAPL' }))
    expect(await client.text()).toBe(`4|2|1|162|${HMDS}No market data permissions for ISLAND STK||`)
  })
})

describe('a symbol that is served after a warning', () => {
  it.each<readonly [SymbolCondition, string]>([
    [
      'partlySubscribed',
      '10090|Part of requested market data is not subscribed. Subscription-independent ticks are still active.' +
        'Delayed market data is available.SPY ARCA/TOP/ALL',
    ],
    ['delayed', '10167|Requested market data is not subscribed. Displaying delayed market data.'],
  ])('%s', async (condition, warning) => {
    await start({ SPY: condition })
    const client = await startedClient(simulator.port, 'v100..193')
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(`4|2|1|${warning}||`)
    expect(await client.text()).toBe(wholeAnswer(1))
  })
})

describe('an ambiguous symbol', () => {
  const details = (reqId: number, conId = '', primaryExchange = ''): Buffer =>
    frame(`9|8|${reqId}|${conId}|SPY|STK|||||SMART|${primaryExchange}|USD||||||||`)

  it('has several contract details', async () => {
    await start({ SPY: 'ambiguous' })
    const client = await startedClient(simulator.port, 'v100..193')
    client.send(details(1))
    const [first, second] = [await client.text(), await client.text()].map((text) => text.split('|'))
    expect([first[2], second[2]]).toEqual(['SPY', 'SPY'])
    // Field 13 is the contract id.
    expect(first[13]).toBe('756733')
    expect(second[13]).not.toBe('756733')
    expect(await client.text()).toBe('52|1|1|')
  })

  it('is told apart by contract id or primary exchange', async () => {
    await start({ SPY: 'ambiguous' })
    const client = await startedClient(simulator.port, 'v100..193')
    client.send(details(1, '756733'))
    expect((await client.text()).split('|')[13]).toBe('756733')
    await client.frame()
    const range = '20240702-20:00:00|1 min|1 D|1|TRADES|2|0||'
    client.send(frame(`20|2|756733|SPY|STK|||||SMART||USD||||${range}`))
    expect(await client.text()).toBe(wholeAnswer(2))
    client.send(frame(`20|3||SPY|STK|||||SMART|ARCA|USD||||${range}`))
    expect(await client.text()).toBe(wholeAnswer(3))
    client.send(frame(`20|4||SPY|STK|||||SMART|PINK|USD||||${range}`))
    expect(await client.text()).toBe(`4|2|4|162|${HMDS}HMDS query returned no data: SPY@SMART Trades||`)
  })
})

it('can be set and taken back while the simulator runs', async () => {
  await start({})
  const client = await startedClient(simulator.port, 'v100..193')
  simulator.setSymbolCondition('SPY', 'competingSession')
  client.send(historicalRequest(1))
  expect(await client.text()).toMatch(/^4\|2\|1\|10197\|/)
  simulator.setSymbolCondition('SPY', null)
  client.send(historicalRequest(1))
  expect(await client.text()).toBe(wholeAnswer(1))
  await fence(client)
})
