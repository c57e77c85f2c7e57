import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { SwitchyardError } from '#shared/errors.ts'

export interface ScannedFile {
  readonly sha256: string
  /** First line without byte order mark and line end. */
  readonly header: string
  /** Number of lines, those with nothing in them and a last one without line end included. */
  readonly lines: number
  /** Whether some lines end with CR LF and others with LF alone. */
  readonly mixesLineEnds: boolean
  /** Numbers (from 1) of lines with nothing in them, ascending. */
  readonly blankLines: readonly number[]
}

/** Reads a text file once: its hash, its first line, and where its empty lines are. Memory does not grow with the file. */
export async function scanFile(path: string): Promise<ScannedFile> {
  const hash = createHash('sha256')
  const header: Buffer[] = []
  let headerDone = false
  const blankLines: number[] = []
  let line = 1
  let empty = true
  let last = 0
  let crlfLines = 0
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      if (!headerDone) {
        const end = chunk.indexOf(0x0a)
        header.push(end < 0 ? chunk : chunk.subarray(0, end))
        headerDone = end >= 0
      }
      for (const byte of chunk) {
        if (byte === 0x0a) {
          if (empty) blankLines.push(line)
          if (last === 0x0d) crlfLines++
          line++
          empty = true
        } else if (byte !== 0x0d) empty = false
        last = byte
      }
    }
  } catch (thrown) {
    throw new SwitchyardError(
      'LEGACY_FILE',
      `${path} cannot be read (${thrown instanceof Error ? thrown.message : String(thrown)}).`,
      {
        hint: 'Check oldPipeline.bars.files in switchyard.yaml and the rights on the file.',
        cause: thrown,
      },
    )
  }
  const first = Buffer.concat(header)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .replace(/\r$/, '')
  return {
    sha256: hash.digest('hex'),
    header: first,
    lines: empty ? line - 1 : line,
    mixesLineEnds: crlfLines > 0 && crlfLines < line - 1,
    blankLines,
  }
}
