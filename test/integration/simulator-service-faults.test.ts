import { afterEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '#main/simulator/manual-clock.ts'
import type { FaultInput } from '#main/simulator/scenario/fault-schema.ts'
import { type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import {
  fence,
  fixedMarket,
  frame,
  hello,
  historicalRequest,
  MINUTES,
  noticeOf,
  NOW_MS,
  RawClient,
  startedClient,
  wholeAnswer,
} from './simulator-fixtures.ts'

let simulator: Simulator
let clock: ManualClock

afterEach(async () => {
  await simulator.stop()
})

async function start(...faults: readonly FaultInput[]): Promise<void> {
  clock = manualClock(NOW_MS)
  simulator = await startSimulator({
    market: fixedMarket({ SPY: MINUTES }),
    clock,
    scenario: { name: 'test', faults: [...faults] },
  })
}

const login = (clientId = 0): Promise<RawClient> => startedClient(simulator.port, 'v100..193', clientId)

describe('the line to the broker', () => {
  it('comes back with 1101: what was asked for is never answered, and can be asked for again', async () => {
    await start({ kind: 'connectivityLost', forMs: 3000, restored: 1101, when: { request: 1 } })
    const client = await login()
    client.send(historicalRequest(1))
    expect(await client.text()).toBe('4|2|-1|1100|Connectivity between IB and TWS has been lost.||')
    client.send(historicalRequest(2))
    await fence(client)
    await clock.advance(3000)
    expect(await client.text()).toBe('4|2|-1|1101|Connectivity between IB and TWS has been restored - data lost.||')
    await fence(client)
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it('comes back with 1102: what was asked for is answered', async () => {
    await start({ kind: 'connectivityLost', forMs: 3000, restored: 1102, when: { request: 1 } })
    const client = await login()
    client.send(historicalRequest(1))
    expect(await client.text()).toMatch(/^4\|2\|-1\|1100\|/)
    await fence(client)
    await clock.advance(3000)
    expect(await client.text()).toBe(
      '4|2|-1|1102|Connectivity between IB and TWS has been restored - data maintained||',
    )
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it('is told to be broken to a client that comes meanwhile', async () => {
    await start({ kind: 'connectivityLost', forMs: 3000, restored: 1102 })
    const client = await RawClient.connect(simulator.port)
    client.send(Buffer.concat([hello('v100..193'), frame('71|2|1||')]))
    for (let skipped = 0; skipped < 3; skipped++) await client.frame()
    expect(await client.text()).toBe(
      '4|2|-1|2110|Connectivity between TWS and server is broken. It will be restored automatically.||',
    )
  })

  it('is told to be broken while nothing is', async () => {
    await start()
    const client = await login()
    simulator.inject({ kind: 'serverBroken' })
    expect(await client.text()).toMatch(/^4\|2\|-1\|2110\|/)
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(wholeAnswer(1))
  })
})

describe('data farms', () => {
  it.each([
    ['market', 2103, 'Market data farm connection is broken:usfarm', 2104, 'Market data farm connection is OK:usfarm'],
    ['history', 2105, 'HMDS data farm connection is broken:ushmds', 2106, 'HMDS data farm connection is OK:ushmds'],
    [
      'definitions',
      2157,
      'Sec-def data farm connection is broken:secdefnj',
      2158,
      'Sec-def data farm connection is OK:secdefnj',
    ],
  ] as const)('%s goes and comes', async (farm, brokenCode, brokenText, okCode, okText) => {
    await start()
    const client = await login()
    simulator.inject({ kind: 'farmDown', farm, forMs: 1000 })
    expect(await client.text()).toBe(`4|2|-1|${brokenCode}|${brokenText}||`)
    await clock.advance(1000)
    expect(await client.text()).toBe(`4|2|-1|${okCode}|${okText}||`)
  })

  it.each([
    ['error162', '4|2|1|162|Historical Market Data Service error message:HMDS server disconnect occurred.||'],
    [
      'error165',
      '4|2|1|165|Historical Market Data Service query message:HMDS server disconnect occurred.  Attempting reconnection...||',
    ],
  ] as const)('without that of history, requests end in an error: %s', async (requests, error) => {
    await start({ kind: 'farmDown', farm: 'history', forMs: 1000, requests })
    const client = await login()
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(error)
    await clock.advance(1000)
    await noticeOf(client, 2106)
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it('without that of history, requests hang until it is back', async () => {
    await start({ kind: 'farmDown', farm: 'history', forMs: 1000, requests: 'hang' })
    const client = await login()
    client.send(historicalRequest(1))
    await fence(client)
    await clock.advance(1000)
    await noticeOf(client, 2106)
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it.each([
    ['market', '2108|Market data farm connection is inactive but should be available upon demand.usfarm'],
    ['history', '2107|HMDS data farm connection is inactive but should be available upon demand.ushmds'],
  ] as const)('%s is inactive, which means nothing', async (farm, text) => {
    await start()
    const client = await login()
    simulator.inject({ kind: 'farmInactive', farm })
    expect(await client.text()).toBe(`4|2|-1|${text}||`)
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(wholeAnswer(1))
  })
})

describe('values', () => {
  it('are in lots of 100 from one moment to another', async () => {
    await start()
    const client = await login()
    const volumes = async (reqId: number): Promise<string[]> => {
      client.send(historicalRequest(reqId))
      return (await client.text()).split('|').filter((_field, i) => i >= 5 && (i - 5) % 8 === 5)
    }
    simulator.inject({ kind: 'lots', on: true })
    expect(await volumes(1)).toEqual(['10', '20', '300'])
    simulator.inject({ kind: 'lots', on: false })
    expect(await volumes(2)).toEqual(['1000', '2000', '30000'])
  })

  it('of a session are others when it is asked for again, and the same from then on', async () => {
    await start({ kind: 'revisedHistory', share: 1 })
    const client = await login()
    const answers: string[] = []
    for (const reqId of [1, 2, 3]) {
      client.send(historicalRequest(reqId))
      answers.push((await client.text()).replace(`17|${reqId}|`, '17|1|'))
    }
    expect(answers[0]).toBe(wholeAnswer(1))
    expect(answers[1]).not.toBe(wholeAnswer(1))
    expect(answers[2]).toBe(answers[1])
    expect(simulator.faultsInjected.map(({ kind, reqId }) => [kind, reqId])).toEqual([
      ['revisedHistory', 2],
      ['revisedHistory', 3],
    ])
    // Highs and lows stay; of the first bar open 545.5, high 545.75, low 545.25.
    expect(answers[1].split('|').slice(5, 9)).toEqual(['1719927000', '545.50', '545.75', '545.25'])
    expect(answers[1].split('|')[9]).toBe('545.71')
  })
})
