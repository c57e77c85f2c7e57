import type { IBApi } from '@stoqey/ib'

/** Longest message the library takes in. */
const MAX_MESSAGE_BYTES = 0xff_ff_ff

const LENGTH_BYTES = 4

/** Follows the frames of a byte stream: four bytes of length, most significant first, then so many bytes of message. */
export class FrameGuard {
  #lengthBytes = 0
  #length = 0
  #messageBytesLeft = 0

  /** Whether the stream can still be one of TWS messages after these bytes. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.#messageBytesLeft > 0) {
        const taken = Math.min(this.#messageBytesLeft, chunk.length - at)
        this.#messageBytesLeft -= taken
        at += taken
        continue
      }
      this.#length = this.#length * 256 + chunk[at++]
      if (++this.#lengthBytes < LENGTH_BYTES) continue
      if (this.#length === 0 || this.#length > MAX_MESSAGE_BYTES) return false
      this.#messageBytesLeft = this.#length
      this.#lengthBytes = 0
      this.#length = 0
    }
    return true
  }
}

/** The place in the library through which every received byte goes. It is private there and the same in the pinned version. */
interface LibrarySocket {
  onData: (chunk: Buffer) => void
}

/**
 * Keeps bytes from the library that cannot be TWS messages: it loops for ever on a negative length and waits for ever for the
 * rest of an impossible one. Calls `onForeign` once instead; call this before `api.connect()`.
 */
export function guardFrames(api: IBApi, onForeign: () => void): void {
  const { socket } = (api as unknown as { controller: { socket: LibrarySocket } }).controller
  const onData = socket.onData.bind(socket)
  const guard = new FrameGuard()
  let isForeign = false
  socket.onData = (chunk) => {
    if (isForeign) return
    isForeign = !guard.accepts(chunk)
    if (isForeign) onForeign()
    else onData(chunk)
  }
}
