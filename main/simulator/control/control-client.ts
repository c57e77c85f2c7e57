import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { SwitchyardError } from '#shared/errors.ts'
import type { ControlReply, ControlRequest, SimulatorStatus } from './control-protocol.ts'

/**
 * Sends one request to the control port of a simulator on this machine and returns how it is afterwards.
 *
 * @throws {SwitchyardError} TWS_UNREACHABLE when nothing answers there, or the error that the simulator answers with.
 */
export async function controlSimulator(port: number, request: ControlRequest): Promise<SimulatorStatus> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write(`${JSON.stringify(request)}\n`)
    const reply = await firstLine(socket)
    if (reply.ok) return reply.status
    const { code, message, hint } = reply.error
    throw new SwitchyardError(code, message, { hint })
  } catch (thrown) {
    if (thrown instanceof SwitchyardError) throw thrown
    throw new SwitchyardError('TWS_UNREACHABLE', `No simulator answers on control port ${port}.`, {
      hint: 'Start one with "switchyard simulate --control-port N", which tells its port.',
      cause: thrown,
    })
  } finally {
    socket.destroy()
  }
}

/** The first line that comes; throws when the other side closes without one or it is not JSON. */
async function firstLine(socket: ReturnType<typeof connect>): Promise<ControlReply> {
  for await (const line of createInterface({ input: socket })) return JSON.parse(line) as ControlReply
  throw new Error('closed without an answer')
}
