import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import { parseControlRequest } from '../scenario/parse-scenario.ts'
import type { Simulator } from '../simulator.ts'
import { type ControlReply, MAX_CONTROL_LINE, type SimulatorStatus } from './control-protocol.ts'

export interface ControlServer {
  readonly port: number
  close(): Promise<void>
}

/** How many violations and faults a status names. */
const NEWEST = 100

/**
 * Listens on 127.0.0.1 for requests to look at and change a running simulator. Whoever can reach the port can use it. A
 * line that is no request is answered with an error and ends its connection, so that a browser made to send one line of HTTP
 * gets no further.
 *
 * @throws {SwitchyardError} IO_ERROR when it cannot listen there.
 */
export async function startControlServer(simulator: Omit<Simulator, 'stop'>, port: number): Promise<ControlServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    serveLines(socket, (line) => answer(simulator, line))
  })
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new SwitchyardError('IO_ERROR', `The simulator cannot be controlled on port ${port}.`, {
      hint: 'Choose another control port, or 0 for any free one.',
      cause,
    })
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Answers each line of a socket; a refusal is the last thing said on it. */
function serveLines(socket: Socket, answerLine: (line: string) => ControlReply): void {
  let buffered = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    buffered += text
    for (let end = buffered.indexOf('\n'); end >= 0 && socket.writable; end = buffered.indexOf('\n')) {
      const reply = answerLine(buffered.slice(0, end))
      buffered = buffered.slice(end + 1)
      const line = `${JSON.stringify(reply)}\n`
      if (reply.ok) socket.write(line)
      else socket.end(line)
    }
    if (buffered.length > MAX_CONTROL_LINE) socket.destroy()
  })
}

function answer(simulator: Omit<Simulator, 'stop'>, line: string): ControlReply {
  try {
    const request = parseControlRequest(line)
    if (request.op === 'scenario') simulator.loadScenario(request.scenario)
    if (request.op === 'inject') simulator.inject(request.fault)
    return { ok: true, status: statusOf(simulator) }
  } catch (thrown) {
    return { ok: false, error: reportError(thrown) }
  }
}

function statusOf(simulator: Omit<Simulator, 'stop'>): SimulatorStatus {
  const { port, isListening, connections, scenario, requests, violations, faultsInjected } = simulator
  return {
    port,
    isListening,
    connections,
    scenario,
    requestCount: requests.length,
    violationCount: violations.length,
    violations: violations.slice(-NEWEST),
    faultCount: faultsInjected.length,
    faultsInjected: faultsInjected.slice(-NEWEST),
  }
}
