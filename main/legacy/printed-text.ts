import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import type { PrintedText } from '#shared/contract/old-runs.ts'

/** Bytes of the beginning, and of the end, that are read at most; less than either half of the file that a run keeps. */
const SHOWN_BYTES = 32_768
const LINE_FEED = 10

/**
 * The beginning and the end of what a program printed, as plain text: without the control sequences of terminals, and with a
 * line of its own for everything that a carriage return would overwrite. Undefined when there is no such file.
 *
 * @param file that `BoundedOutput` wrote, or is writing.
 * @param printedBytes all that was printed, which may be more than is in the file; the size of the file when left out.
 */
export async function printedText(file: string, printedBytes?: number): Promise<Omit<PrintedText, 'file'> | undefined> {
  const handle = await openIfThere(file)
  if (handle === undefined) return undefined
  try {
    const { size } = await handle.stat()
    const bytes = printedBytes ?? size
    if (size <= 2 * SHOWN_BYTES) {
      return { bytes, head: plainText(await bytesAt(handle, 0, size)), tail: '', cutBytes: 0 }
    }
    const head = withoutLastPart(await bytesAt(handle, 0, SHOWN_BYTES))
    const tail = withoutFirstPart(await bytesAt(handle, size - SHOWN_BYTES, SHOWN_BYTES))
    return {
      bytes,
      head: plainText(head),
      tail: plainText(tail),
      cutBytes: bytes - head.length - tail.length,
    }
  } finally {
    await handle.close()
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/** A line that is cut in two is left out, unless it is the only one. */
function withoutLastPart(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf(LINE_FEED)
  return end < 0 ? bytes : bytes.subarray(0, end + 1)
}

function withoutFirstPart(bytes: Buffer): Buffer {
  const end = bytes.indexOf(LINE_FEED)
  return end < 0 || end === bytes.length - 1 ? bytes : bytes.subarray(end + 1)
}

function plainText(bytes: Buffer): string {
  return stripVTControlCharacters(bytes.toString('utf8')).replaceAll(/\r\n?/g, '\n')
}
