import type { Socket } from 'node:net'

/** What goes out on one connection. It can be frozen: the socket stays open and nothing of what is sent leaves. */
export class ConnectionOutput {
  readonly #socket: Socket
  #held: Buffer[] | null = null

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Sends bytes; false when the client does not take them as fast as they come. */
  write(bytes: Buffer): boolean {
    if (this.#held !== null) {
      this.#held.push(bytes)
      return true
    }
    return this.#socket.writable ? this.#socket.write(bytes) : true
  }

  /** Sends bytes and waits until the client has taken what is buffered, or is gone. */
  async send(bytes: Buffer): Promise<void> {
    if (!this.write(bytes)) await drained(this.#socket)
  }

  /** Sends bytes past a freeze, and nothing of anybody else's from then on. */
  writeAlone(bytes: Buffer): void {
    this.freeze()
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  freeze(): void {
    this.#held ??= []
  }

  /** Lets out what was held and what comes. */
  thaw(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const bytes of held) this.write(bytes)
  }

  get isOpen(): boolean {
    return this.#socket.writable
  }

  /** Sends bytes, then closes the connection from this side and drops it as soon as they are out. */
  sendLast(bytes: Buffer): void {
    this.write(bytes)
    this.drop()
  }

  /** Drops the connection once what was sent is out; what a freeze holds is lost. */
  drop(): void {
    this.#socket.end()
    this.#socket.destroySoon()
  }
}

/** Resolves when the socket has handed on what was written, or is closed. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
