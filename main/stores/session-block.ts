import { createHash } from 'node:crypto'
import { endianness } from 'node:os'
import { SwitchyardError } from '#shared/errors.ts'

/**
 * The block codec: a column of a session is one BLOB. Doubles are little-endian IEEE 754 binary64, times are little-endian
 * Int64 epoch seconds, flags little-endian UInt16. `np.frombuffer(blob, '<f8')`, `'<i8'`, `'<u2'` read them.
 *
 * A missing value is NaN, always written with the same bits, so that equal columns have equal bytes on every machine.
 */

if (endianness() !== 'LE') {
  throw new SwitchyardError(
    'INTERNAL',
    'Switchyard stores little-endian blocks and runs on little-endian machines only.',
  )
}

const CANONICAL_NAN_HIGH = 0x7ff80000

/** Encodes doubles. The result shares no memory with `column`. */
export function encodeDoubles(column: Float64Array): Buffer {
  return encodeDoublesInPlace(new Float64Array(column))
}

/**
 * Encodes doubles without copying them: the result is the memory of `column`, in which every NaN now has the same bits. For
 * columns that nobody writes to any more.
 */
export function encodeDoublesInPlace(column: Float64Array): Buffer {
  const words = new Uint32Array(column.buffer, column.byteOffset, 2 * column.length)
  for (let i = 0; i < column.length; i++) {
    const value = column[i]
    if (value !== value) {
      words[2 * i] = 0
      words[2 * i + 1] = CANONICAL_NAN_HIGH
    }
  }
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength)
}

/** Decodes doubles; a view on `blob`'s memory where it is aligned, else a copy. */
export function decodeDoubles(blob: Uint8Array): Float64Array {
  const bytes = aligned(blob, 8)
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
}

/**
 * Encodes epoch seconds as Int64. Every value must be an integer within ±2^53.
 *
 * @param words where to, two words a value; memory of its own when left out.
 */
export function encodeTimes(ts: Float64Array, words = new Int32Array(2 * ts.length)): Buffer {
  for (let i = 0; i < ts.length; i++) {
    const value = ts[i]
    if (!Number.isSafeInteger(value)) {
      throw new SwitchyardError('INTERNAL', `A time stamp must be whole epoch seconds, not ${value}.`)
    }
    words[2 * i] = value | 0
    words[2 * i + 1] = Math.floor(value / 4294967296)
  }
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength)
}

/** Decodes Int64 epoch seconds into doubles (exact up to 2^53). */
export function decodeTimes(blob: Uint8Array): Float64Array {
  const bytes = aligned(blob, 8)
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  const ts = new Float64Array(words.length / 2)
  for (let i = 0; i < ts.length; i++) ts[i] = (words[2 * i] >>> 0) + words[2 * i + 1] * 4294967296
  return ts
}

/**
 * Encodes flags as UInt16. The result shares no memory with `flags`.
 *
 * @param target where to, as long as `flags`; memory of its own when left out.
 */
export function encodeFlags(flags: Uint16Array, target = new Uint16Array(flags.length)): Buffer {
  target.set(flags)
  return Buffer.from(target.buffer, target.byteOffset, target.byteLength)
}

/** Decodes UInt16 flags. */
/** Decodes little-endian UInt32; a view on `blob`'s memory where it is aligned, else a copy. */
export function decodeUints(blob: Uint8Array): Uint32Array {
  const bytes = aligned(blob, 4)
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}

export function decodeFlags(blob: Uint8Array): Uint16Array {
  const bytes = aligned(blob, 2)
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
}

/**
 * SHA-256 (hex) of named blobs: name, length and bytes of each in the given order. Two blocks have the same hash exactly when
 * they have the same columns with the same bytes.
 */
export function hashBlobs(blobs: readonly (readonly [name: string, blob: Uint8Array])[]): string {
  const hash = createHash('sha256')
  for (const [name, blob] of blobs) {
    hash.update(`${name}:${blob.byteLength}\n`)
    hash.update(blob)
  }
  return hash.digest('hex')
}

function aligned(blob: Uint8Array, size: 2 | 4 | 8): Uint8Array {
  if (blob.byteLength % size !== 0) {
    throw new SwitchyardError(
      'STORE_CORRUPT',
      `A block has ${blob.byteLength} bytes, which is not a multiple of ${size}.`,
      {
        hint: 'The database is damaged. Restore it from a backup, or rebuild the layer from raw.',
      },
    )
  }
  return blob.byteOffset % size === 0 ? blob : Uint8Array.from(blob)
}
