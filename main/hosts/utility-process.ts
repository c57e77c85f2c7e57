import { parseArgs } from 'node:util'
import { RPCHandler } from '@orpc/server/message-port'
import { reportError } from '#shared/errors.ts'
import type { EngineToHost, HostToEngine } from '#shared/host-protocol.ts'
import { createEngine, type Engine } from '#main/engine/create-engine.ts'
import { newWorkspace } from '#main/engine/new-workspace.ts'
import { router } from '#main/rpc/router.ts'

/**
 * Entry of the engine inside Electron: a utility process that the shell starts, watches and restarts. Life-cycle messages come
 * over the parent port; each window brings a port of its own, which speaks the contract.
 */

/** The part of Electron's `process.parentPort` that is used; only the shell may import `electron`. */
interface ParentPort {
  postMessage(message: EngineToHost): void
  on(
    event: 'message',
    listener: (message: { data: HostToEngine; ports: Parameters<RPCHandler<never>['upgrade']>[0][] }) => void,
  ): void
}

const parentPort = (process as NodeJS.Process & { parentPort?: ParentPort }).parentPort
if (parentPort === undefined) throw new Error('utility-process runs as a utility process of the Electron shell only.')
const host = parentPort

function open(): Engine | undefined {
  try {
    const { values } = parseArgs({
      args: process.argv.slice(2),
      options: { workspace: { type: 'string' }, data: { type: 'string' }, create: { type: 'boolean' } },
      strict: false,
    })
    const workspace = String(values.workspace)
    if (values.create === true) newWorkspace(workspace, {})
    return createEngine({
      workspace,
      ...(typeof values.data === 'string' ? { dataFolder: values.data } : {}),
      computeWorker: new URL('./compute-worker.js', import.meta.url),
      linkWorker: new URL('./link-worker.js', import.meta.url),
    })
  } catch (thrown) {
    host.postMessage({ kind: 'failed', error: reportError(thrown) })
    return undefined
  }
}

const FAREWELL_MS = 200

const engine = open()
if (engine === undefined) {
  process.exitCode = 1
  // The parent port keeps the process alive, and has no event that says when the message has left.
  setTimeout(() => process.exit(), FAREWELL_MS)
} else {
  serve(engine)
}

function serve(running: Engine): void {
  const handler = new RPCHandler(router)
  host.on('message', ({ data, ports }) => {
    if (data.kind === 'connect') {
      const [port] = ports
      handler.upgrade(port, { context: { engine: running } })
      if ('start' in port && typeof port.start === 'function') port.start()
    } else {
      void running.close().then(() => process.exit(0))
    }
  })
  running.events.subscribe((event) => {
    if (event.kind === 'job') host.postMessage({ kind: 'activity', runningJobs: running.jobs.runningJobs })
  })
  host.postMessage({ kind: 'ready', workspace: running.folder })
  host.postMessage({ kind: 'activity', runningJobs: running.jobs.runningJobs })
}
