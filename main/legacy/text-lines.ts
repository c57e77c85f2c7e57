import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'

/** Below the size from which Node keeps text outside of the heap, where single characters are slow to get. */
const PIECE_BYTES = 1 << 19
/** A longer line is no row of market data; it is refused without being kept in memory. */
export const LONGEST_LINE = 1_000_000

export type Encoding = LegacyBarsConfig['encoding']

export interface ReadControl {
  readonly signal?: AbortSignal
  /** Called with the share of the file that was read, 0 to 1. */
  readonly progress?: (fraction: number) => void
  /** Reads little more than this many rows, whatever the size of the file, and may leave out its hash; for previews. */
  readonly mostRows?: number
}

/**
 * A line lies in `text` from `start` to `end`, without its end. Unless the file is UTF-16 a character of `text` is one byte:
 * {@link textDecoder} makes readable text of it. A line that is too long has only its beginning there.
 */
export type OnLine = (line: number, text: string, start: number, end: number, isTooLong: boolean) => void

export interface ReadText {
  readonly sha256: string
  readonly bytes: number
  /** Lines, a last one without an end included. */
  readonly lines: number
  /** How many lines end with CR LF, LF and CR. */
  readonly ends: { readonly crlf: number; readonly lf: number; readonly cr: number }
  readonly encoding: Encoding
}

/**
 * Reads a text file line by line and hashes it on the way. Lines end with LF, CR LF or CR, also mixed; a byte order mark is
 * skipped, and one of UTF-16 counts over the described encoding. Memory does not grow with the file or with a line.
 *
 * @param onLine returns false to read no further; the hash is then of what was read.
 */
export async function readTextLines(
  path: string,
  described: Encoding,
  onLine: OnLine,
  control: ReadControl & { readonly until?: () => boolean } = {},
): Promise<ReadText> {
  const file = await open(path, 'r')
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(PIECE_BYTES)
  const ends = { crlf: 0, lf: 0, cr: 0 }
  let encoding = described
  let wide: InstanceType<typeof TextDecoder> | undefined
  let bytes = 0
  let line = 0
  /** The beginning of a line whose end has not come. */
  let rest = ''
  let isTooLong = false
  try {
    const { size } = await file.stat()
    for (;;) {
      control.signal?.throwIfAborted()
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES)
      const piece = buffer.subarray(0, bytesRead)
      hash.update(piece)
      let skip = 0
      if (bytes === 0) {
        if (piece[0] === 0xff && piece[1] === 0xfe) wide = new TextDecoder('utf-16le')
        else if (piece[0] === 0xfe && piece[1] === 0xff) wide = new TextDecoder('utf-16be')
        else if (described === 'utf-16') wide = new TextDecoder('utf-16le')
        else if (piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf) skip = 3
        if (wide !== undefined) encoding = 'utf-16'
      }
      bytes += bytesRead
      const isLast = bytesRead === 0
      const decoded =
        wide === undefined
          ? piece.toString('latin1', skip)
          : isLast
            ? wide.decode()
            : wide.decode(piece, { stream: true })
      const text = rest === '' ? decoded : rest + decoded
      let start = 0
      let lf = text.indexOf('\n')
      let cr = text.indexOf('\r')
      while (lf >= 0 || cr >= 0) {
        const isCr = cr >= 0 && (lf < 0 || cr < lf)
        const end = isCr ? cr : lf
        // Whether LF follows is in the next piece.
        if (isCr && end === text.length - 1 && !isLast) break
        line++
        onLine(line, text, start, end, isTooLong)
        isTooLong = false
        if (!isCr) ends.lf++
        else if (lf === cr + 1) ends.crlf++
        else ends.cr++
        start = isCr && lf === cr + 1 ? end + 2 : end + 1
        if (lf >= 0 && lf < start) lf = text.indexOf('\n', start)
        if (cr >= 0 && cr < start) cr = text.indexOf('\r', start)
      }
      rest = text.slice(start)
      if (rest.length > LONGEST_LINE) {
        isTooLong = true
        // The last character may be half of a line's end.
        rest = rest.slice(0, 500) + rest.slice(-1)
      }
      if (isLast) {
        if (rest !== '') {
          line++
          onLine(line, rest, 0, rest.length, isTooLong)
        }
        break
      }
      control.progress?.(size === 0 ? 1 : Math.min(1, bytes / size))
      if (control.until?.() === true) break
    }
  } finally {
    await file.close()
  }
  return { sha256: hash.digest('hex'), bytes, lines: line, ends, encoding }
}

/** Makes readable text of what {@link readTextLines} hands out. */
export function textDecoder(encoding: Encoding): (raw: string) => string {
  if (encoding === 'utf-16') return (raw) => raw
  const decoder = new TextDecoder(encoding === 'latin-1' ? 'windows-1252' : 'utf-8')
  return (raw) => (/[\u0080-\u00ff]/.test(raw) ? decoder.decode(Buffer.from(raw, 'latin1')) : raw)
}
