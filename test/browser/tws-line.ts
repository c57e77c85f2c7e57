import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'

/** How long an answer with bars takes unless said otherwise. Longer than the pause between two progress reports of a job, so that each is seen. */
const ANSWER_MS = 250
/** Message id of historical bars in the TWS protocol. */
const HISTORICAL_DATA = Buffer.from('17\0')
/** A frame begins with its length as four bytes, big endian. */
const LENGTH_BYTES = 4

/** A line between an engine and a TWS on which answers with bars take their time and can be held back. */
export interface TwsLine {
  readonly port: number
  /** Lets `answers` more answers with bars through and holds back what comes after them. */
  holdAfter(answers: number): void
  /** Lets everything through that is held back, and what comes after it. */
  release(): void
  close(): Promise<void>
}

/** Opens a line to the TWS at `twsPort` on 127.0.0.1. */
export async function openTwsLine(twsPort: number, answerMs = ANSWER_MS): Promise<TwsLine> {
  let left = Number.POSITIVE_INFINITY
  let mayPass = Promise.withResolvers<void>()
  mayPass.resolve()
  const sockets = new Set<Socket>()

  const relay = async (tws: Socket, client: Socket): Promise<void> => {
    let rest: Buffer = Buffer.alloc(0)
    for await (const chunk of tws) {
      rest = Buffer.concat([rest, chunk as Buffer])
      while (rest.length >= LENGTH_BYTES && rest.length >= LENGTH_BYTES + rest.readUInt32BE(0)) {
        const end = LENGTH_BYTES + rest.readUInt32BE(0)
        const frame = rest.subarray(0, end)
        rest = rest.subarray(end)
        if (frame.subarray(LENGTH_BYTES).indexOf(HISTORICAL_DATA) === 0) {
          await new Promise((resolve) => setTimeout(resolve, answerMs))
          if (left === 0) await mayPass.promise
          left--
        }
        client.write(frame)
      }
    }
    client.end()
  }

  const server = createServer((client) => {
    const tws = connect(twsPort, '127.0.0.1')
    for (const socket of [client, tws]) {
      sockets.add(socket)
      // A side that is killed in the middle of a test resets its socket; the other side then hears of it.
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('close', () => tws.destroy())
    client.pipe(tws)
    relay(tws, client).catch(() => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    holdAfter(answers) {
      left = answers
      mayPass = Promise.withResolvers<void>()
    },
    release() {
      left = Number.POSITIVE_INFINITY
      mayPass.resolve()
    },
    close: async () => {
      mayPass.resolve()
      for (const socket of sockets) socket.destroy()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
