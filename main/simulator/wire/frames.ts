/**
 * Framing of the TWS API from server version 100 on: every message, in both directions, is a big-endian 32-bit length and that
 * many bytes. Inside a message each field is text ended by a NUL byte.
 */

/** Longest message a client may send. Real requests are a few hundred bytes; anything near this is not a TWS client. */
const MAX_CLIENT_FRAME_BYTES = 1 << 16

/** Longest message stock clients accept (the Java reference client's limit). */
export const MAX_SERVER_FRAME_BYTES = 0xffffff

/** Bytes that cannot be a message of this protocol. The connection they came from cannot be used any further. */
export class MalformedFrame extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedFrame'
  }
}

/** The bytes of one message made of `fields`, length prefix included. */
export function encodeFrame(fields: readonly (string | number)[]): Buffer {
  return frameOf([Buffer.from(fieldsText(fields), 'utf8')])
}

/** `fields` as they stand inside a message: each ended by a NUL. */
export function fieldsText(fields: readonly (string | number)[]): string {
  return `${fields.join('\0')}\0`
}

/** One message out of the bytes of its parts, length prefix included. */
export function frameOf(parts: readonly Buffer[]): Buffer {
  let length = 0
  for (const part of parts) length += part.length
  const prefix = Buffer.allocUnsafe(4)
  prefix.writeUInt32BE(length)
  return Buffer.concat([prefix, ...parts], 4 + length)
}

/** The fields of a received message body. Throws {@link MalformedFrame} when the last field is not ended by a NUL. */
export function decodeFields(body: Buffer): string[] {
  if (body.length === 0 || body[body.length - 1] !== 0) throw new MalformedFrame('a message is not ended by a NUL byte')
  return body.toString('utf8', 0, body.length - 1).split('\0')
}

/**
 * Puts messages together from whatever pieces TCP delivers. Work and memory grow with the bytes received, not with the number
 * of pieces.
 */
export class FrameReader {
  #chunks: Buffer[] = []
  #buffered = 0
  #wanted: number | null = null

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
  }

  /** The next `count` bytes outside any message, or null while they have not arrived. */
  takeBytes(count: number): Buffer | null {
    if (this.#buffered < count) return null
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#buffered)
    const rest = all.subarray(count)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#buffered = rest.length
    return all.subarray(0, count)
  }

  /**
   * The body of the next complete message, or null while there is none. Throws {@link MalformedFrame} on a length of zero or
   * above {@link MAX_CLIENT_FRAME_BYTES}, before any of it is stored.
   */
  nextFrame(): Buffer | null {
    if (this.#wanted === null) {
      const prefix = this.takeBytes(4)
      if (prefix === null) return null
      const length = prefix.readUInt32BE()
      if (length === 0 || length > MAX_CLIENT_FRAME_BYTES) {
        throw new MalformedFrame(`a message claims a length of ${length} bytes`)
      }
      this.#wanted = length
    }
    const body = this.takeBytes(this.#wanted)
    if (body !== null) this.#wanted = null
    return body
  }
}
