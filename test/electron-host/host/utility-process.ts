import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { ForkOptions, UtilityProcess } from 'electron'
import type { FromChild, ToChild } from './child-messages.ts'
import { releasePorts } from './message-port.ts'
import type { PortEnd } from './message-port.ts'
import { whenAppIsReady } from './ready.ts'

type ProcessApi = Pick<UtilityProcess, 'kill' | 'pid' | 'postMessage' | 'stderr' | 'stdout'>

/** What utility processes tell the host. */
export const utilityProcesses = {
  started: (_pid: number, _args: readonly string[]): void => undefined,
  ended: (_pid: number, _code: number): void => undefined,
}

const PARENT_PORT = fileURLToPath(new URL('./parent-port.ts', import.meta.url))

/** Electron's UtilityProcess: a Node process whose IPC channel carries messages and the traffic of transferred ports. */
export class HostUtilityProcess extends EventEmitter implements ProcessApi {
  pid: number | undefined
  stdout: NodeJS.ReadableStream | null
  stderr: NodeJS.ReadableStream | null
  readonly #child: ChildProcess
  readonly #ports = new Map<number, PortEnd>()
  #lastPort = 0

  static fork(modulePath: string, args: string[] = [], options: ForkOptions = {}): HostUtilityProcess {
    if (!whenAppIsReady.reached) throw new Error('utilityProcess.fork() before the ready event.')
    return new HostUtilityProcess(modulePath, args, options)
  }

  private constructor(modulePath: string, args: string[], options: ForkOptions) {
    super()
    const stdio = Array.isArray(options.stdio) ? options.stdio : ['ignore', options.stdio ?? 'inherit', 'inherit']
    if (stdio[0] !== 'ignore') throw new Error('A utility process has no standard input.')
    this.#child = spawn(process.execPath, [...(options.execArgv ?? []), '--import', PARENT_PORT, modulePath, ...args], {
      stdio: ['ignore', stdioOf(stdio[1]), stdioOf(stdio[2]), 'ipc'],
      serialization: 'advanced',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...(options.env ?? process.env) },
    })
    this.stdout = this.#child.stdout
    this.stderr = this.#child.stderr
    this.#child.on('spawn', () => {
      this.pid = this.#child.pid
      utilityProcesses.started(this.#child.pid ?? 0, args)
      this.emit('spawn')
    })
    this.#child.on('message', (message: FromChild) => this.#receive(message))
    this.#child.on('exit', (code, signal) => this.#ended(code ?? (signal === null ? 1 : constants.signals[signal])))
  }

  postMessage(message: unknown, transfer: unknown[] = []): void {
    const ports = releasePorts(transfer).map((end) => {
      const port = ++this.#lastPort
      this.#ports.set(port, end)
      return { port, end }
    })
    this.#send({ type: 'message', data: message, ports: ports.map(({ port }) => port) })
    for (const { port, end } of ports) {
      end.attach({
        message: (data) => this.#send({ type: 'port-message', port, data }),
        close: () => {
          this.#ports.delete(port)
          this.#send({ type: 'port-close', port })
        },
      })
    }
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM')
  }

  #send(message: ToChild): void {
    // A process that is gone takes no messages; Electron drops them too.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case 'message':
        this.emit('message', message.data)
        return
      case 'port-message':
        this.#ports.get(message.port)?.post(message.data)
        return
      case 'port-close':
        this.#ports.get(message.port)?.close()
        this.#ports.delete(message.port)
    }
  }

  #ended(code: number): void {
    for (const end of this.#ports.values()) end.close()
    this.#ports.clear()
    utilityProcesses.ended(this.pid ?? 0, code)
    this.emit('exit', code)
    this.pid = undefined
    this.stdout = null
    this.stderr = null
  }
}

function stdioOf(value: string | undefined): 'pipe' | 'ignore' | 'inherit' {
  return value === 'pipe' || value === 'ignore' ? value : 'inherit'
}
