import { EventEmitter } from 'node:events'
import type { MessageChannelMain, MessagePortMain } from 'electron'

/** What takes the messages that arrive at an end of a channel. */
export interface PortReceiver {
  message(data: unknown): void
  close(): void
}

/**
 * One end of a channel. Messages wait until somebody receives them, also across a transfer; closing one end closes the other.
 */
export class PortEnd {
  #peer: PortEnd | undefined
  #receiver: PortReceiver | undefined
  #waiting: unknown[] = []
  #closed = false

  static pair(): [PortEnd, PortEnd] {
    const [one, other] = [new PortEnd(), new PortEnd()]
    one.#peer = other
    other.#peer = one
    return [one, other]
  }

  attach(receiver: PortReceiver): void {
    this.#receiver = receiver
    for (const data of this.#waiting.splice(0)) receiver.message(data)
    if (this.#closed) receiver.close()
  }

  post(data: unknown): void {
    this.#peer?.accept(data)
  }

  close(): void {
    const peer = this.#peer
    this.#closed = true
    this.#peer = undefined
    peer?.peerClosed()
  }

  protected accept(data: unknown): void {
    if (this.#closed) return
    if (this.#receiver === undefined) this.#waiting.push(data)
    else this.#receiver.message(data)
  }

  protected peerClosed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#peer = undefined
    this.#receiver?.close()
  }
}

type PortApi = Pick<MessagePortMain, 'close' | 'postMessage' | 'start'>

/** Electron's MessagePortMain: Node's event style, and nothing is delivered before `start()`. */
export class HostMessagePort extends EventEmitter implements PortApi {
  #end: PortEnd | undefined

  constructor(end: PortEnd) {
    super()
    this.#end = end
  }

  start(): void {
    this.#own().attach({
      message: (data) => this.emit('message', { data, ports: [] }),
      close: () => this.emit('close'),
    })
  }

  postMessage(message: unknown, transfer: unknown[] = []): void {
    if (transfer.length > 0) throw new Error('electron-host does not emulate a port sent over a port.')
    this.#own().post(structuredClone(message))
  }

  close(): void {
    this.#own().close()
  }

  /** Takes the end out for a transfer; as in Electron, the object is of no use afterwards. */
  release(): PortEnd {
    const end = this.#own()
    this.#end = undefined
    return end
  }

  #own(): PortEnd {
    if (this.#end === undefined) throw new Error('This port was transferred.')
    return this.#end
  }
}

/** Electron's MessageChannelMain. */
export class HostMessageChannel implements Record<keyof MessageChannelMain, HostMessagePort> {
  readonly port1: HostMessagePort
  readonly port2: HostMessagePort

  constructor() {
    const [one, other] = PortEnd.pair()
    this.port1 = new HostMessagePort(one)
    this.port2 = new HostMessagePort(other)
  }
}

/** The ends of ports given to a `postMessage`; throws for anything that is not a port of this host. */
export function releasePorts(transfer: readonly unknown[]): PortEnd[] {
  return transfer.map((port) => {
    if (!(port instanceof HostMessagePort)) throw new TypeError('Only a MessagePortMain can be transferred.')
    return port.release()
  })
}
