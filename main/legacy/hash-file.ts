import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** SHA-256 (hex) and size of a file, or of several one after the other. Memory does not grow with them. */
export async function hashFile(
  path: string | readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for (const one of typeof path === 'string' ? [path] : path) {
    for await (const piece of createReadStream(one, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      signal?.throwIfAborted()
      hash.update(piece)
      bytes += piece.length
    }
  }
  return { sha256: hash.digest('hex'), bytes }
}
