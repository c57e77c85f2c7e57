import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** Below the size from which Node keeps text outside of the heap, where single characters are slow to get. */
export const PIECE_BYTES = 1 << 19

/** A file piece by piece, hashed on the way; of one that was compressed with gzip what was compressed. */
export class FilePieces {
  /** Bytes of the file that were read. */
  bytes = 0
  readonly #file: FileHandle
  /** Bytes of the whole file. */
  readonly size: number
  readonly #hash = createHash('sha256')
  #unpacked: AsyncIterator<Buffer> | undefined

  private constructor(file: FileHandle, size: number, isPacked: boolean) {
    this.#file = file
    this.size = size
    if (!isPacked) return
    // An error reaches whoever reads on.
    const gunzip = pipeline(Readable.from(this.#packed()), createGunzip({ chunkSize: PIECE_BYTES }), () => undefined)
    this.#unpacked = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  static async open(path: string): Promise<FilePieces> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
      return new FilePieces(file, size, isGzip(buffer.subarray(0, bytesRead)))
    } catch (thrown) {
      await file.close()
      throw thrown
    }
  }

  /** Puts the next piece, of at most {@link PIECE_BYTES}, at a place of `target`; its length, 0 when there is none. */
  async readInto(target: Buffer, at: number): Promise<number> {
    if (this.#unpacked === undefined) return this.#read(target, at)
    const { value, done } = await this.#unpacked.next()
    return done === true ? 0 : value.copy(target, at)
  }

  /** SHA-256 (hex) of what was read of the file. To be asked for once. */
  sha256(): string {
    return this.#hash.digest('hex')
  }

  async close(): Promise<void> {
    await this.#unpacked?.return?.()
    await this.#file.close()
  }

  async #read(target: Buffer, at: number): Promise<number> {
    const { bytesRead } = await this.#file.read(target, at, PIECE_BYTES)
    this.#hash.update(target.subarray(at, at + bytesRead))
    this.bytes += bytesRead
    return bytesRead
  }

  async *#packed(): AsyncGenerator<Buffer> {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES)
      const count = await this.#read(piece, 0)
      if (count === 0) return
      yield piece.subarray(0, count)
    }
  }
}

/** Whether a file that begins so was compressed with gzip. */
export function isGzip(beginning: Uint8Array): boolean {
  return beginning[0] === 0x1f && beginning[1] === 0x8b
}
