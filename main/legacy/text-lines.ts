import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { FilePieces, PIECE_BYTES } from './file-pieces.ts'

/** A longer line is no row of market data; it is refused without being kept in memory. */
export const LONGEST_LINE = 1_000_000
const FRONT_BYTES = LONGEST_LINE

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

/** Takes lines by their bytes, so that no text has to be made of them. */
export interface LineTaker {
  /**
   * Takes as many whole lines as it can from the place `from` on, the first of which is `line`.
   *
   * @returns the place after the last line that it took; `from` when it took none.
   */
  take(bytes: Uint8Array, from: number, to: number, line: number): number
  /** How many lines the last call took that end with LF and with CR LF. */
  readonly lf: number
  readonly crlf: number
}

/**
 * Reads a text file line by line, unpacking it when it was compressed with gzip, and hashes it on the way. Lines end with LF, CR LF or CR, also mixed; a byte order mark is
 * skipped, and one of UTF-16 counts over the described encoding. Memory does not grow with the file or with a line.
 *
 * @param control.taker asked before every line whether there is one that takes it; `onLine` does not get those lines.
 */
export async function readTextLines(
  path: string,
  described: Encoding,
  onLine: OnLine,
  control: ReadControl & { readonly until?: () => boolean; readonly taker?: () => LineTaker | undefined } = {},
): Promise<ReadText> {
  const file = await FilePieces.open(path)
  // While the lines of one piece are taken, the next is read. The unfinished line before a piece goes in front of it.
  const buffers = [0, 1].map(() => Buffer.allocUnsafe(FRONT_BYTES + PIECE_BYTES))
  const ends = { crlf: 0, lf: 0, cr: 0 }
  let encoding = described
  let wide: InstanceType<typeof TextDecoder> | undefined
  let isFirst = true
  let line = 0
  /** The beginning of a line whose end has not come: text of a wide encoding, else the bytes in front of the next piece. */
  let rest = ''
  let kept = 0
  let isTooLong = false
  try {
    let reading = file.readInto(buffers[0], FRONT_BYTES)
    for (;;) {
      const count = await reading
      // Before the next piece is asked for.
      const { bytes } = file
      control.signal?.throwIfAborted()
      const [buffer, next] = buffers
      if (count > 0) {
        reading = file.readInto(next, FRONT_BYTES)
        // Whoever waits for it hears of its failure; the one that nobody waits for must not end the process.
        reading.catch(() => undefined)
      }
      buffers.reverse()
      const read = buffer.subarray(FRONT_BYTES, FRONT_BYTES + count)
      let start = 0
      if (isFirst) {
        isFirst = false
        if (read[0] === 0xff && read[1] === 0xfe) wide = new TextDecoder('utf-16le')
        else if (read[0] === 0xfe && read[1] === 0xff) wide = new TextDecoder('utf-16be')
        else if (described === 'utf-16') wide = new TextDecoder('utf-16le')
        else if (read[0] === 0xef && read[1] === 0xbb && read[2] === 0xbf) start = 3
        if (wide !== undefined) encoding = 'utf-16'
      }
      const isLast = count === 0
      const piece =
        wide === undefined
          ? new Piece(buffer.subarray(FRONT_BYTES - kept, FRONT_BYTES + count))
          : new Piece(rest + (isLast ? wide.decode() : wide.decode(read, { stream: true })))
      const { length } = piece
      let lf = piece.placeOf(LF, start)
      let cr = piece.placeOf(CR, start)
      for (;;) {
        const taker = isTooLong || piece.bytes === undefined ? undefined : control.taker?.()
        if (taker !== undefined && piece.bytes !== undefined) {
          const after = taker.take(piece.bytes, start, length, line + 1)
          if (after > start) {
            start = after
            line += taker.lf + taker.crlf
            ends.lf += taker.lf
            ends.crlf += taker.crlf
          }
        }
        if (lf >= 0 && lf < start) lf = piece.placeOf(LF, start)
        if (cr >= 0 && cr < start) cr = piece.placeOf(CR, start)
        if (lf < 0 && cr < 0) break
        const isCr = cr >= 0 && (lf < 0 || cr < lf)
        const end = isCr ? cr : lf
        // Whether LF follows is in the next piece.
        if (isCr && end === length - 1 && !isLast) break
        line++
        onLine(line, piece.text, start, end, isTooLong)
        isTooLong = false
        if (!isCr) ends.lf++
        else if (lf === cr + 1) ends.crlf++
        else ends.cr++
        start = isCr && lf === cr + 1 ? end + 2 : end + 1
      }
      if (isLast) {
        if (start < length) {
          line++
          onLine(line, piece.text, start, length, isTooLong)
        }
        break
      }
      const isCut = length - start > LONGEST_LINE
      if (isCut) isTooLong = true
      // The last character may be half of a line's end.
      if (piece.bytes === undefined) {
        rest = isCut ? piece.text.slice(start, start + CUT_AT) + piece.text.slice(-1) : piece.text.slice(start)
      } else {
        const unfinished = isCut
          ? Buffer.concat([piece.bytes.subarray(start, start + CUT_AT), piece.bytes.subarray(-1)])
          : piece.bytes.subarray(start)
        kept = unfinished.copy(next, FRONT_BYTES - unfinished.length)
      }
      control.progress?.(file.size === 0 ? 1 : Math.min(1, bytes / file.size))
      if (control.until?.() === true) break
    }
    await reading
  } finally {
    await file.close()
  }
  return { sha256: file.sha256(), bytes: file.bytes, lines: line, ends, encoding }
}

const LF = 10
const CR = 13
/** What is kept of a line that is too long. */
const CUT_AT = 500

/** A part of a file: text, or bytes of which text is made when somebody asks for it, a character a byte. */
class Piece {
  readonly bytes: Buffer | undefined
  #text: string | undefined

  constructor(content: Buffer | string) {
    if (typeof content === 'string') this.#text = content
    else this.bytes = content
  }

  get length(): number {
    return this.bytes?.length ?? this.text.length
  }

  get text(): string {
    return (this.#text ??= this.bytes?.toString('latin1') ?? '')
  }

  placeOf(code: number, from: number): number {
    return this.bytes === undefined
      ? this.text.indexOf(String.fromCharCode(code), from)
      : this.bytes.indexOf(code, from)
  }
}

/** Makes readable text of what {@link readTextLines} hands out. */
export function textDecoder(encoding: Encoding): (raw: string) => string {
  if (encoding === 'utf-16') return (raw) => raw
  const decoder = new TextDecoder(encoding === 'latin-1' ? 'windows-1252' : 'utf-8')
  return (raw) => (/[\u0080-\u00ff]/.test(raw) ? decoder.decode(Buffer.from(raw, 'latin1')) : raw)
}
