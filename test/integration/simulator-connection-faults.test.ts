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
  noticeOf,
  NOW_MS,
  RawClient,
  startedClient,
  until,
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
    for (let n = 0; n < 4; n++) {
      const client = await RawClient.connect(simulator.port)
      client.send(hello('v100..193'))
      if (n % 2 === 0) await client.frame()
      else await client.closed()
    }
    expect(simulator.faultsInjected.map(({ connection }) => connection)).toEqual([2, 4])
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

function waitForListening(): Promise<void> {
  return until(() => simulator.isListening)
}
