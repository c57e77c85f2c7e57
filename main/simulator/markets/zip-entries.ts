import { crc32, inflateRawSync } from 'node:zlib'

/**
 * A reader of zip files held in memory (PKWARE APPNOTE 6.3.10): stored and deflated entries, and ZIP64 sizes in an entry even
 * where the archive itself is not marked as ZIP64. That last is how the tools write that made Lean's data, and what common
 * small zip libraries take for an entry of four gigabytes.
 */

export interface ZipEntry {
  readonly name: string
  /** Bytes when unpacked, as the directory states them. */
  readonly size: number
  readonly compressedSize: number
  readonly method: number
  readonly crc: number
  /** Where the entry's local header begins. */
  readonly headerOffset: number
}

/** Bytes that are not a zip file, or one that is damaged or uses what is not supported. */
export class ZipError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ZipError'
  }
}

const END_SIGNATURE = 0x06054b50
const END64_LOCATOR_SIGNATURE = 0x07064b50
const END64_SIGNATURE = 0x06064b50
const DIRECTORY_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50

const END_BYTES = 22
const DIRECTORY_BYTES = 46
const LOCAL_BYTES = 30
const LONGEST_COMMENT = 0xffff

/** A 32- or 16-bit field with all bits set says that the value stands in the ZIP64 record. */
const ELSEWHERE_32 = 0xffffffff
const ELSEWHERE_16 = 0xffff
const ZIP64_EXTRA_ID = 1
const ENCRYPTED_FLAG = 1

const STORED = 0
const DEFLATED = 8

/** The entries in the order of the directory. Throws {@link ZipError}. */
export function listZipEntries(zip: Buffer): ZipEntry[] {
  try {
    const { count, offset } = findDirectory(zip)
    const entries: ZipEntry[] = []
    let at = offset
    for (let i = 0; i < count; i++) {
      if (zip.readUInt32LE(at) !== DIRECTORY_SIGNATURE) throw new ZipError('its directory is damaged')
      const nameLength = zip.readUInt16LE(at + 28)
      const extraLength = zip.readUInt16LE(at + 30)
      const commentLength = zip.readUInt16LE(at + 32)
      entries.push(directoryEntry(zip, at, nameLength, extraLength))
      at += DIRECTORY_BYTES + nameLength + extraLength + commentLength
    }
    return entries
  } catch (thrown) {
    throw asZipError(thrown)
  }
}

/**
 * The contents of an entry. Never unpacks more than `maxBytes`, whatever the directory says. Throws {@link ZipError}, also
 * when the checksum does not match.
 */
export function readZipEntry(zip: Buffer, entry: ZipEntry, maxBytes: number): Buffer {
  try {
    const { headerOffset } = entry
    if (zip.readUInt32LE(headerOffset) !== LOCAL_SIGNATURE) throw new ZipError(`the header of ${entry.name} is damaged`)
    if ((zip.readUInt16LE(headerOffset + 6) & ENCRYPTED_FLAG) !== 0) throw new ZipError(`${entry.name} is encrypted`)
    const start = headerOffset + LOCAL_BYTES + zip.readUInt16LE(headerOffset + 26) + zip.readUInt16LE(headerOffset + 28)
    const packed = zip.subarray(start, start + entry.compressedSize)
    if (packed.length !== entry.compressedSize) throw new ZipError(`${entry.name} is cut off`)
    const contents = unpack(packed, entry, maxBytes)
    if (contents.length !== entry.size || crc32(contents) !== entry.crc) throw new ZipError(`${entry.name} is damaged`)
    return contents
  } catch (thrown) {
    throw asZipError(thrown)
  }
}

function unpack(packed: Buffer, entry: ZipEntry, maxBytes: number): Buffer {
  if (entry.size > maxBytes) throw new ZipError(`${entry.name} unpacks to ${entry.size} bytes, more than ${maxBytes}`)
  if (entry.method === STORED) return packed
  if (entry.method === DEFLATED) return inflateRawSync(packed, { maxOutputLength: maxBytes })
  throw new ZipError(`${entry.name} is packed with method ${entry.method}, which is not supported`)
}

function findDirectory(zip: Buffer): { readonly count: number; readonly offset: number } {
  const last = zip.length - END_BYTES
  for (let end = last; end >= 0 && end >= last - LONGEST_COMMENT; end--) {
    if (zip.readUInt32LE(end) !== END_SIGNATURE) continue
    const count = zip.readUInt16LE(end + 10)
    const offset = zip.readUInt32LE(end + 16)
    if (count !== ELSEWHERE_16 && offset !== ELSEWHERE_32) return { count, offset }
    const locator = end - 20
    if (zip.readUInt32LE(locator) !== END64_LOCATOR_SIGNATURE) throw new ZipError('its ZIP64 locator is missing')
    const end64 = safeInteger(zip.readBigUInt64LE(locator + 8))
    if (zip.readUInt32LE(end64) !== END64_SIGNATURE) throw new ZipError('its ZIP64 end record is damaged')
    return { count: safeInteger(zip.readBigUInt64LE(end64 + 32)), offset: safeInteger(zip.readBigUInt64LE(end64 + 48)) }
  }
  throw new ZipError('it has no end record')
}

function directoryEntry(zip: Buffer, at: number, nameLength: number, extraLength: number): ZipEntry {
  const nameStart = at + DIRECTORY_BYTES
  const wide = zip64Values(zip, nameStart + nameLength, extraLength)
  // The ZIP64 record holds only the values that are marked, in this order.
  const value = (offset: number): number => {
    const plain = zip.readUInt32LE(at + offset)
    if (plain !== ELSEWHERE_32) return plain
    const next = wide.shift()
    if (next === undefined) throw new ZipError('a ZIP64 size is missing')
    return next
  }
  const size = value(24)
  const compressedSize = value(20)
  const headerOffset = value(42)
  return {
    name: zip.toString('utf8', nameStart, nameStart + nameLength),
    size,
    compressedSize,
    headerOffset,
    method: zip.readUInt16LE(at + 10),
    crc: zip.readUInt32LE(at + 16),
  }
}

function zip64Values(zip: Buffer, start: number, length: number): number[] {
  const values: number[] = []
  for (let at = start; at + 4 <= start + length;) {
    const id = zip.readUInt16LE(at)
    const size = zip.readUInt16LE(at + 2)
    if (id === ZIP64_EXTRA_ID) {
      for (let i = 0; i + 8 <= size; i += 8) values.push(safeInteger(zip.readBigUInt64LE(at + 4 + i)))
    }
    at += 4 + size
  }
  return values
}

function safeInteger(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ZipError('a size is beyond all measure')
  return Number(value)
}

/** Reading beyond the end and broken deflate data are the file's fault too. */
function asZipError(thrown: unknown): ZipError {
  if (thrown instanceof ZipError) return thrown
  if (thrown instanceof RangeError) return new ZipError('it is cut off')
  return new ZipError(thrown instanceof Error ? thrown.message : String(thrown))
}
