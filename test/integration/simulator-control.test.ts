import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { controlSimulator } from '#main/simulator/control/control-client.ts'
import { type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import { fixedMarket, historicalRequest, MINUTES, NOW_MS, startedClient, wholeAnswer } from './simulator-fixtures.ts'

let simulator: Simulator

afterEach(async () => {
  await simulator.stop()
})

async function start(): Promise<number> {
  simulator = await startSimulator({
    market: fixedMarket({ SPY: MINUTES }),
    nowMs: () => NOW_MS,
    pacing: 'enforce',
    controlPort: 0,
  })
  return simulator.controlPort as number
}

/** Everything a simulator says to these bytes until it closes, or until it has said `lines` lines. */
async function raw(port: number, bytes: string, lines: number): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.setEncoding('utf8')
  socket.write(bytes)
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.split('\n').length > lines) break
  }
  socket.destroy()
  return text.split('\n').slice(0, -1)
}

describe('the control port', () => {
  it('is closed unless asked for', async () => {
    simulator = await startSimulator({ market: fixedMarket({ SPY: MINUTES }) })
    expect(simulator.controlPort).toBeNull()
  })

  it('tells how the simulator is', async () => {
    const port = await start()
    await startedClient(simulator.port, 'v100..193')
    expect(await controlSimulator(port, { op: 'status' })).toEqual({
      port: simulator.port,
      isListening: true,
      connections: 1,
      scenario: null,
      requestCount: 1,
      violationCount: 0,
      violations: [],
      faultCount: 0,
      faultsInjected: [],
    })
  })

  it('injects a fault, whose strike it tells afterwards', async () => {
    const port = await start()
    const client = await startedClient(simulator.port, 'v100..193')
    await controlSimulator(port, { op: 'inject', fault: { kind: 'historicalError', meaning: 'pacingViolation' } })
    client.send(historicalRequest(3))
    expect(await client.text()).toMatch(/^4\|2\|3\|162\|.*pacing violation/)
    expect(await controlSimulator(port, { op: 'status' })).toMatchObject({
      violations: [{ atMs: NOW_MS, rule: 'tenMinuteWindow', clientId: 0, reqId: 3, injected: true }],
      faultsInjected: [{ kind: 'historicalError', atMs: NOW_MS, connection: 1, reqId: 3, symbol: 'SPY' }],
    })
  })

  it('loads a scenario, and another in its place', async () => {
    const port = await start()
    const client = await startedClient(simulator.port, 'v100..193')
    const rough = { name: 'rough', faults: [{ kind: 'truncatedBars' as const, bars: 0 }] }
    expect((await controlSimulator(port, { op: 'scenario', scenario: rough })).scenario).toBe('rough')
    expect((await controlSimulator(port, { op: 'scenario', scenario: { name: 'calm' } })).scenario).toBe('calm')
    client.send(historicalRequest(1))
    expect(await client.text()).toBe(wholeAnswer(1))
  })

  it('answers several lines of one connection in order', async () => {
    const port = await start()
    const lines = await raw(
      port,
      '{"op":"status"}\n{"op":"inject","fault":{"kind":"lots","on":true}}\n{"op":"status"}\n',
      3,
    )
    expect(lines.map((line) => (JSON.parse(line) as { status: { faultCount: number } }).status.faultCount)).toEqual([
      0, 1, 1,
    ])
  })

  it.each([
    ['POST / HTTP/1.1\r\n{"op":"inject","fault":{"kind":"disconnect"}}\n', 'The line is not JSON.'],
    ['{"op":"explode"}\n{"op":"status"}\n', 'request.op'],
    ['{"op":"inject","fault":{"kind":"freeze","forMs":-1}}\n', 'request.fault.forMs'],
    ['{"op":"inject","fault":{"kind":"flood"}}\n', 'must be a kind of fault: refuse, stallHandshake'],
  ])('answers what it does not understand with an error and closes: %j', async (bytes, message) => {
    const port = await start()
    const lines = await raw(port, bytes, 9)
    expect(lines.length).toBe(1)
    const reply = JSON.parse(lines[0]) as { ok: boolean; error: { code: string; message: string } }
    expect(reply).toMatchObject({ ok: false, error: { code: 'BAD_ARGUMENTS' } })
    expect(reply.error.message).toContain(message)
    expect(simulator.faultsInjected).toEqual([])
  })

  it('that nobody listens on is an error that says what to do', async () => {
    const port = await start()
    await simulator.stop()
    await expect(controlSimulator(port, { op: 'status' })).rejects.toMatchObject({
      code: 'TWS_UNREACHABLE',
      hint: expect.stringContaining('--control-port'),
    })
  })
})
