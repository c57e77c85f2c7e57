import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { SwitchyardError } from '#shared/errors.ts'

/** The port that clients connect to. It can be closed for a while and moved; connections that were accepted stay. */
export class Listener {
  readonly #host: string
  readonly #onSocket: (socket: Socket) => void
  readonly #log: (line: string) => void
  #server: Server | null = null
  #port = 0
  #isStopped = false

  constructor(host: string, onSocket: (socket: Socket) => void, log: (line: string) => void) {
    this.#host = host
    this.#onSocket = onSocket
    this.#log = log
  }

  /** The port listened on last. */
  get port(): number {
    return this.#port
  }

  get isOpen(): boolean {
    return this.#server !== null
  }

  /**
   * Listens on `port`, on any free one for 0.
   *
   * @throws {SwitchyardError} IO_ERROR when it cannot listen there.
   */
  async open(port: number): Promise<void> {
    const server = createServer(this.#onSocket)
    server.listen(port, this.#host)
    try {
      await once(server, 'listening')
    } catch (cause) {
      throw new SwitchyardError('IO_ERROR', `The simulator cannot listen on ${this.#host}:${port}.`, {
        hint: 'Choose another port, or 0 for any free one.',
        cause,
      })
    }
    server.on('error', (error) => this.#log(`server: ${error.message}`))
    if (this.#isStopped) {
      server.close()
      return
    }
    this.#server?.close()
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
  }

  /** Accepts nobody from now on. */
  close(): void {
    this.#server?.close()
    this.#server = null
  }

  /** Listens on the same port again; failure is told to the log. */
  reopen(): void {
    if (this.isOpen || this.#isStopped) return
    void this.open(this.#port).catch((thrown: unknown) => this.#log(String(thrown)))
  }

  /** Closes for good; resolves when the port is free. */
  async stop(): Promise<void> {
    this.#isStopped = true
    const server = this.#server
    this.#server = null
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()))
  }
}
