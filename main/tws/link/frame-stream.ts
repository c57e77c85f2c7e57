/**
 * Longest message taken in. The largest answer that is asked for, 5,000 bars, has half a megabyte; the broker's own clients take in
 * 16 MiB, which a hostile peer could make this program hold.
 */
const MAX_MESSAGE_BYTES = 4 << 20

const LENGTH_BYTES = 4

/** Bytes that cannot be messages of TWS. */
export class ForeignBytes extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ForeignBytes'
  }
}

/**
 * Puts the messages of a byte stream together: four bytes of length, most significant first, then so many bytes. Work and memory
 * grow with what has arrived, never with what a length claims.
 */
export class FrameStream {
  #chunks: Buffer[] = []
  #buffered = 0
  /** Length of the message that is being read; undefined while its length itself is. */
  #wanted: number | undefined

  /** Bytes that wait for the rest of their message. */
  get buffered(): number {
    return this.#buffered
  }

  /** The messages that are complete with this chunk, in order. Throws {@link ForeignBytes} on an impossible length. */
  *take(chunk: Buffer): Generator<Buffer, void> {
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    for (;;) {
      if (this.#wanted === undefined) {
        if (this.#buffered < LENGTH_BYTES) return
        const length = this.#cut(LENGTH_BYTES).readUInt32BE()
        if (length === 0 || length > MAX_MESSAGE_BYTES) {
          throw new ForeignBytes(`a message claims a length of ${length} bytes`)
        }
        this.#wanted = length
      }
      if (this.#buffered < this.#wanted) return
      const message = this.#cut(this.#wanted)
      this.#wanted = undefined
      yield message
    }
  }

  #cut(count: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#buffered)
    const rest = all.subarray(count)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#buffered = rest.length
    return all.subarray(0, count)
  }
}
