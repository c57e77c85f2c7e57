import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { tableFileError } from './table-file-error.ts'

/** What a CSV file is made of. */
export interface CsvForm {
  readonly delimiter: string
  readonly names: readonly string[]
  /** Rows below the header. */
  readonly rows: number
}

interface ScanOptions {
  readonly path: string
  readonly isGzip: boolean
  readonly signal: AbortSignal
  /** Bytes of the file that were read so far, before they are unpacked. */
  readonly onProgress: (bytes: number) => void
}

const COMMA = 44
const DELIMITERS = [COMMA, 59, 9, 124]
const QUOTE = 34
const LF = 10
const CR = 13
/** A first line that is longer is no header. */
const LONGEST_HEADER = 1024 * 1024

/** Where in a record a byte stands. */
const At = { FieldStart: 0, Bare: 1, Quoted: 2, QuoteEnd: 3 } as const

/**
 * Reads a CSV file from end to end and tells its delimiter, its columns and how many rows it has. The delimiter is that of comma,
 * semicolon, tab and bar which the header has most often; values may stand in double quotes, which are doubled inside them.
 * Lines without anything are no rows, except where there is one column: there they are rows without a value.
 *
 * @throws {SwitchyardError} TABLE_FILE naming file and line when there is no header, a name stands in it twice, a row has more or
 *   fewer values than the header, a quotation mark is not closed or stands before text, or lines end in different ways.
 */
export async function scanCsv(options: ScanOptions): Promise<CsvForm> {
  const scanner = new Scanner(options.path)
  try {
    for await (const chunk of chunks(options)) {
      options.signal.throwIfAborted()
      scanner.push(chunk)
    }
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
    if (!code.startsWith('Z_')) throw thrown
    throw tableFileError(options.path, 'it is not a whole gzip file.', 'Copy or write the file again.', thrown)
  }
  return scanner.finish()
}

async function* chunks({ path, isGzip, onProgress }: ScanOptions): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 })
  let bytes = 0
  file.on('data', (chunk) => onProgress((bytes += chunk.length)))
  const gunzip = isGzip ? createGunzip({ chunkSize: 1024 * 1024 }) : undefined
  if (gunzip !== undefined) file.on('error', (error) => gunzip.destroy(error))
  const source: Readable = gunzip === undefined ? file : file.pipe(gunzip)
  try {
    yield* source as AsyncIterable<Buffer>
  } finally {
    file.destroy()
    gunzip?.destroy()
  }
}

class Scanner {
  readonly #path: string
  /** The beginning of the file, until the header is complete. */
  #head: Buffer = Buffer.alloc(0)
  #delimiter = -1
  #names: readonly string[] = []
  #rows = 0
  #line = 1
  #recordLine = 1
  #at: number = At.FieldStart
  #fields = 1
  #isEmpty = true
  #previous = -1
  /** 0 until the first line has ended. */
  #lineEnd: number = 0

  constructor(path: string) {
    this.#path = path
  }

  push(chunk: Buffer): void {
    if (this.#delimiter >= 0) return this.#scan(chunk)
    this.#head = Buffer.concat([this.#head, chunk])
    const end = headerEnd(this.#head)
    if (end >= 0) this.#begin(end)
    else if (this.#head.length > LONGEST_HEADER) {
      throw this.#error(1, 'it has no header: the first line does not end', 'Is this a CSV file?')
    }
  }

  finish(): CsvForm {
    if (this.#delimiter < 0) this.#begin(this.#head.length)
    if (this.#at === At.Quoted) {
      throw this.#error(this.#recordLine, 'a quotation mark is not closed', 'Close it, or remove it.')
    }
    if (this.#previous === CR) throw this.#loneReturn()
    if (!this.#isEmpty) this.#endRecord()
    return {
      delimiter: String.fromCharCode(this.#delimiter),
      names: this.#names,
      rows: this.#rows - 1,
    }
  }

  /** Understands the header and scans what was kept. */
  #begin(end: number): void {
    const head = this.#head
    if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
      throw this.#error(1, 'it is UTF-16 text', 'Save it as UTF-8.')
    }
    const start = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
    if (head.length === start) {
      throw tableFileError(this.#path, 'it is empty.', 'A table needs at least a header with the names of its columns.')
    }
    const header = head.subarray(start, end)
    this.#delimiter = delimiterOf(header)
    this.#names = splitHeader(header.toString('utf8').replace(/\r$/, ''), String.fromCharCode(this.#delimiter))
    this.#checkNames()
    this.#head = Buffer.alloc(0)
    this.#scan(head.subarray(start))
  }

  #checkNames(): void {
    const hint = 'The first line must have the names of the columns.'
    if (this.#names.length === 1 && this.#names[0].trim() === '') {
      throw this.#error(1, 'it has no header: the first line is empty', hint)
    }
    this.#names.forEach((name, i) => {
      if (name.trim() === '') throw this.#error(1, `column ${i + 1} of the header has no name`, hint)
      if (VALUE_LIKE.test(name.trim())) {
        throw this.#error(1, `it has no header: "${name}" in the first line is a value, not a name`, hint)
      }
      if (this.#names.indexOf(name) < i) {
        throw this.#error(1, `the header has "${name}" twice`, 'Give every column a name of its own.')
      }
    })
  }

  #scan(bytes: Buffer): void {
    const delimiter = this.#delimiter
    let at = this.#at
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]
      if (at === At.Quoted) {
        if (byte === QUOTE) at = At.QuoteEnd
        else if (byte === LF) this.#line++
      } else if (byte === delimiter) {
        if (this.#previous === CR) throw this.#loneReturn()
        at = At.FieldStart
        this.#fields++
        this.#isEmpty = false
      } else if (byte === LF) {
        this.#setLineEnd(this.#previous === CR ? CR : LF)
        this.#at = at
        this.#endRecord()
        at = At.FieldStart
      } else if (byte === CR) {
        // What follows decides: an end of line has LF behind it.
        if (this.#previous === CR) throw this.#loneReturn()
      } else {
        if (this.#previous === CR) throw this.#loneReturn()
        if (byte === QUOTE && at === At.QuoteEnd) at = At.Quoted
        else if (byte === QUOTE && at === At.FieldStart) at = At.Quoted
        else if (at === At.QuoteEnd) {
          throw this.#error(
            this.#line,
            'text follows a closing quotation mark',
            'Double a quotation mark inside quotes.',
          )
        } else at = At.Bare
        this.#isEmpty = false
      }
      this.#previous = at === At.Quoted ? -1 : byte
    }
    this.#at = at
  }

  #setLineEnd(end: number): void {
    if (this.#lineEnd === 0) this.#lineEnd = end
    if (this.#lineEnd === end) return
    throw this.#error(
      this.#line,
      'it has lines that end with CR LF and lines that end with LF',
      'Give all lines the same end, for example with dos2unix.',
    )
  }

  #loneReturn(): Error {
    return this.#error(this.#line, 'a carriage return stands alone', 'End lines with LF or with CR LF.')
  }

  #endRecord(): void {
    if (!this.#isEmpty || this.#names.length === 1) {
      if (this.#fields !== this.#names.length) {
        const count = `${this.#fields} ${this.#fields === 1 ? 'value' : 'values'}`
        throw this.#error(
          this.#recordLine,
          `the row has ${count}, the header ${this.#names.length}`,
          'Every row must have one value a column; a value that holds the delimiter must stand in quotation marks.',
        )
      }
      this.#rows++
    }
    this.#line++
    this.#recordLine = this.#line
    this.#fields = 1
    this.#isEmpty = true
    this.#at = At.FieldStart
  }

  #error(line: number, problem: string, hint: string): Error {
    return tableFileError(this.#path, `line ${line}: ${problem}.`, hint)
  }
}

/** Numbers, dates and times, which no column is called. */
const VALUE_LIKE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|\d{4}-\d\d-\d\d(?:[ T].*)?)$/i

/** Where the first line ends, outside of quotation marks; -1 when it does not. */
function headerEnd(head: Buffer): number {
  let isQuoted = false
  for (let i = 0; i < head.length; i++) {
    if (head[i] === QUOTE) isQuoted = !isQuoted
    else if (head[i] === LF && !isQuoted) return i
  }
  return -1
}

function delimiterOf(header: Buffer): number {
  let best = COMMA
  let most = 0
  for (const delimiter of DELIMITERS) {
    let isQuoted = false
    let count = 0
    for (const byte of header) {
      if (byte === QUOTE) isQuoted = !isQuoted
      else if (byte === delimiter && !isQuoted) count++
    }
    if (count > most) [best, most] = [delimiter, count]
  }
  return best
}

function splitHeader(header: string, delimiter: string): string[] {
  const names: string[] = []
  let name = ''
  let isQuoted = false
  for (const character of header) {
    if (character === '"') isQuoted = !isQuoted
    if (character === delimiter && !isQuoted) {
      names.push(name)
      name = ''
    } else name += character
  }
  names.push(name)
  return names.map((each) => (/^".*"$/s.test(each) ? each.slice(1, -1).replaceAll('""', '"') : each))
}
