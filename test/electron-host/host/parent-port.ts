/**
 * Loaded with `--import` into a child process that plays a utility process: gives it `process.parentPort` and takes away what a
 * utility process has not (`process.send`).
 */
import { EventEmitter } from 'node:events'
import type { ParentPort } from 'electron'
import type { FromChild, ToChild } from './child-messages.ts'
import { HostMessagePort, PortEnd } from './message-port.ts'

const sendToParent = process.send?.bind(process)
if (sendToParent === undefined) throw new Error('This process was not started by electron-host.')
Object.defineProperty(process, 'send', { value: undefined })

const relays = new Map<number, PortEnd>()

function post(message: FromChild): void {
  // The parent may be gone; `disconnect` below ends this process then.
  if (process.connected) sendToParent?.(message, undefined, {}, () => undefined)
}

class HostParentPort extends EventEmitter implements Pick<ParentPort, 'postMessage'> {
  postMessage(message: unknown): void {
    post({ type: 'message', data: message })
  }
}

const parentPort = new HostParentPort()
let waiting: ToChild[] | undefined = []
parentPort.on('newListener', (event) => {
  if (event !== 'message' || waiting === undefined) return
  const messages = waiting
  waiting = undefined
  // After the listener was added, as Electron delivers what waited.
  queueMicrotask(() => messages.forEach(receive))
})
Object.defineProperty(process, 'parentPort', { value: parentPort, enumerable: true })

process.on('message', (message: ToChild) => {
  if (waiting === undefined) receive(message)
  else waiting.push(message)
})
process.on('disconnect', () => process.exit(0))

function receive(message: ToChild): void {
  switch (message.type) {
    case 'message':
      parentPort.emit('message', { data: message.data, ports: message.ports.map(openPort) })
      return
    case 'port-message':
      relays.get(message.port)?.post(message.data)
      return
    case 'port-close':
      relays.get(message.port)?.close()
      relays.delete(message.port)
  }
}

function openPort(port: number): HostMessagePort {
  const [own, relay] = PortEnd.pair()
  relays.set(port, relay)
  relay.attach({
    message: (data) => post({ type: 'port-message', port, data }),
    close: () => {
      relays.delete(port)
      post({ type: 'port-close', port })
    },
  })
  return new HostMessagePort(own)
}
