import { closeSync, openSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** What a program printed on one stream. */
export interface PrintedOutput {
  /** All that it printed, and what of it is not in the file, bytes. */
  readonly bytes: number
  readonly cutBytes: number
}

/** Characters of a line that are shown; no program is trusted to end its lines. */
const LONGEST_LINE = 200

/**
 * Keeps what a program prints in a file: the first `keepBytes` as they come, and at the end the last `keepBytes`, with a line
 * between the two that says how much was left out. Memory does not grow with the output.
 */
export class BoundedOutput {
  readonly #fd: number
  readonly #keepBytes: number
  /** The last bytes after the head, overwritten in turn. */
  readonly #tail: Buffer
  readonly #decoder = new StringDecoder('utf8')
  #bytes = 0
  #line = ''
  #lastLine = ''

  /** Begins `file` anew, readable by its owner only. */
  constructor(file: string, keepBytes: number) {
    this.#fd = openSync(file, 'w', 0o600)
    this.#keepBytes = keepBytes
    this.#tail = Buffer.alloc(keepBytes)
  }

  /** The last line with something on it, without control characters and at most {@link LONGEST_LINE} characters long. */
  get lastLine(): string {
    return plainLine(this.#line) || this.#lastLine
  }

  write(chunk: Buffer): void {
    const head = chunk.subarray(0, Math.max(0, this.#keepBytes - this.#bytes))
    if (head.length > 0) writeAll(this.#fd, head)
    this.#writeTail(chunk.subarray(head.length), this.#bytes + head.length - this.#keepBytes)
    this.#bytes += chunk.length
    this.#readLines(this.#decoder.write(chunk))
  }

  /** Writes the rest and closes the file; nothing may be written afterwards. */
  end(): PrintedOutput {
    const afterHead = Math.max(0, this.#bytes - this.#keepBytes)
    const cutBytes = Math.max(0, afterHead - this.#keepBytes)
    try {
      if (cutBytes > 0) writeAll(this.#fd, Buffer.from(`\n[... ${cutBytes} bytes left out ...]\n`))
      const at = cutBytes === 0 ? 0 : afterHead % this.#keepBytes
      writeAll(this.#fd, this.#tail.subarray(at, Math.min(afterHead, this.#keepBytes)))
      if (cutBytes > 0) writeAll(this.#fd, this.#tail.subarray(0, at))
    } finally {
      closeSync(this.#fd)
    }
    return { bytes: this.#bytes, cutBytes }
  }

  /** Closes the file as it is. */
  close(): void {
    closeSync(this.#fd)
  }

  /** @param offset how many bytes came after the head before these. */
  #writeTail(bytes: Buffer, offset: number): void {
    const skipped = Math.max(0, bytes.length - this.#keepBytes)
    for (let from = skipped; from < bytes.length;) {
      const at = (offset + from) % this.#keepBytes
      from += bytes.copy(this.#tail, at, from)
    }
  }

  #readLines(text: string): void {
    // A progress bar overwrites its line with a carriage return.
    const lines = text.split(/[\r\n]+/)
    lines[0] = this.#line + lines[0]
    this.#line = (lines.pop() ?? '').slice(0, 4 * LONGEST_LINE)
    const last = lines.map(plainLine).findLast((line) => line !== '')
    if (last !== undefined) this.#lastLine = last
  }
}

function plainLine(line: string): string {
  return stripVTControlCharacters(line)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_LINE)
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
}
