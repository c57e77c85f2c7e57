import { once } from 'node:events'
import { connect } from 'node:net'
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

/** Whether the port takes a connection. */
async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

const struckKinds = (): string[] => simulator.faultsInjected.map(({ kind }) => kind)

describe('a connection as it comes in', () => {
  it('is closed at once: the second one, and no other', async () => {
    await start({ kind: 'refuse', when: { connection: 2 } })
    await login(1)
    const refused = await RawClient.connect(simulator.port)
    expect((await refused.closed()).length).toBe(0)
    await login(3)
    expect(simulator.faultsInjected).toEqual([
      { kind: 'refuse', atMs: NOW_MS, connection: 2, reqId: null, symbol: null },
    ])
  })

  it('is closed at once every second time', async () => {
    await start({ kind: 'refuse', when: { every: 2 } })
    for (const isServed of [true, false, true, false]) {
      const client = await RawClient.connect(simulator.port)
      client.send(hello('v100..193'))
      if (isServed) expect(await client.text()).toMatch(/^193\|/)
      else await client.closed()
    }
  })

  it('is accepted and gets no answer to its handshake', async () => {
    await start({ kind: 'stallHandshake' })
    const stalled = await RawClient.connect(simulator.port)
    stalled.send(Buffer.concat([hello('v100..193'), frame('71|2|1||')]))
    // The next one is served while the first has heard nothing.
    const served = await login(1)
    await fence(served)
    expect(stalled.isClosed).toBe(false)
    stalled.socket.end()
    expect((await stalled.closed()).length).toBe(0)
  })

  it('is told that its client id is in use although nobody has it', async () => {
    await start({ kind: 'clientIdInUse', clientId: 9 })
    await login(8)
    const refused = await RawClient.connect(simulator.port)
    refused.send(Buffer.concat([hello('v100..193'), frame('71|2|9||')]))
    await refused.frame()
    expect(await refused.text()).toMatch(/^4\|2\|-1\|326\|/)
    await refused.closed()
    await login(9)
  })
})

describe('the port', () => {
  it('is closed for a while; who is connected stays', async () => {
    await start({ kind: 'stopListening', forMs: 5000, when: { afterMs: 1000 } })
    const client = await login()
    await clock.advance(1000)
    expect(await isRefused(simulator.port)).toBe(true)
    await fence(client)
    await clock.advance(5000)
    await waitForListening()
    await login(1)
  })

  it('changes: notice 1300 names the new one, connections are dropped', async () => {
    await start({ kind: 'portChanged', when: { request: 1 } })
    const client = await login()
    const oldPort = simulator.port
    client.send(historicalRequest(1))
    const notice = await noticeOf(client, 1300)
    expect(notice).toBe(
      '4|2|-1|1300|TWS socket port has been reset and this connection is being dropped. ' +
        `Please reconnect on the new port - ${simulator.port}||`,
    )
    await client.closed()
    expect(simulator.port).not.toBe(oldPort)
    expect(await isRefused(oldPort)).toBe(true)
    await login()
  })

  it('goes with the daily restart and comes back; client ids are free', async () => {
    await start({ kind: 'restart', downMs: 60_000, when: { afterMs: 500 } })
    const { port } = simulator
    const client = await login(4)
    await clock.advance(500)
    expect(await client.text()).toBe('4|2|-1|1100|Connectivity between IB and TWS has been lost.||')
    await client.closed()
    expect(await isRefused(port)).toBe(true)
    await clock.advance(60_000)
    await waitForListening()
    expect(simulator.port).toBe(port)
    await login(4)
    expect(struckKinds()).toEqual(['restart'])
  })
})

describe('output', () => {
  it('stops while the socket stays open, and goes on', async () => {
    await start({ kind: 'freeze', forMs: 20_000, when: { request: 2 } })
    const client = await login(1)
    const bystander = await login(2)
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(wholeAnswer(1))
    client.send(historicalRequest(2))
    client.send(frame('49|1|'))
    bystander.send(frame('49|1|'))
    expect(await bystander.text()).toBe('49|1|1720008000|')
    await until(() => simulator.requests.filter(({ message }) => message === 'currentTime').length === 2)
    expect(client.pendingBytes).toBe(0)
    await clock.advance(20_000)
    const later = [await client.text(), await client.text()]
    expect(later.sort()).toEqual([wholeAnswer(2), '49|1|1720008000|'])
  })

  it('stops until the client gives up', async () => {
    await start({ kind: 'freeze', when: { afterMs: 10 } })
    const client = await login(1)
    await clock.advance(10)
    client.send(frame('49|1|'))
    await until(() => simulator.requests.at(-1)?.message === 'currentTime')
    client.socket.end()
    expect((await client.closed()).length).toBe(0)
    await login(1)
  })

  it('ends without a word', async () => {
    await start({ kind: 'disconnect', when: { afterMs: 10 } })
    const client = await login(1)
    await clock.advance(10)
    expect((await client.closed()).length).toBe(0)
  })
})

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

/** Waits for an event of the simulator that no client sees. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

async function waitForListening(): Promise<void> {
  await until(() => simulator.isListening)
}

/** The next message with this code, past answers that were on their way. */
async function noticeOf(client: RawClient, code: number): Promise<string> {
  for (;;) {
    const text = await client.text()
    if (text.startsWith(`4|2|-1|${code}|`)) return text
  }
}
