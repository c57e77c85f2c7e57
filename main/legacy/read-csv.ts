import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { joinHeaders } from './columns.ts'
import type { FileRows } from './file-rows.ts'
import { plainRows } from './plain-rows.ts'
import type { ReadFile } from './read-old-file.ts'
import { Fields } from './split-fields.ts'
import { type LineTaker, LONGEST_LINE, type ReadControl, readTextLines, textDecoder } from './text-lines.ts'

/** Pieces of a file without rows that a preview looks at: 32 MB. */
const MOST_PREVIEW_PIECES = 64

/**
 * Reads a text file of rows. Every line is one of: skipped before the header, header, empty, or a row that `rows` takes or
 * refuses with the line's number.
 *
 * @param takerOf what takes rows that need no second look.
 */
export async function readCsv(
  path: string,
  description: LegacyBarsConfig,
  rows: FileRows,
  control: ReadControl,
  takerOf: (rows: FileRows, description: LegacyBarsConfig) => LineTaker | undefined = plainRows,
): Promise<ReadFile> {
  const { skipRows, headerRows } = description
  const fields = new Fields(description.delimiter, description.quote)
  const decode = textDecoder(description.encoding)
  const headers: string[][] = []
  let blank = 0
  let isBound = false
  let taker: LineTaker | undefined
  const bind = (): void => {
    isBound = true
    rows.bind(headerRows === 0 ? placeNames(fields.count) : joinHeaders(headers.length === 0 ? [[]] : headers))
    taker = takerOf(rows, description)
  }
  const { mostRows } = control
  let pieces = 0
  const read = await readTextLines(
    path,
    description.encoding,
    (line, text, start, end, isTooLong) => {
      if (line <= skipRows) return
      if (start === end) {
        blank++
        return
      }
      if (headers.length < headerRows) {
        fields.split(text, start, end)
        headers.push(Array.from({ length: fields.count }, (_, i) => decode(fields.value(i)).trim()))
        if (headers.length === headerRows) bind()
        return
      }
      if (isTooLong) {
        if (!isBound) bind()
        rows.refuseRow(line, `the line is longer than ${LONGEST_LINE} characters`, text.slice(start, end))
        return
      }
      fields.split(text, start, end)
      if (!isBound) bind()
      rows.textRow(line, fields, () => text.slice(start, end))
    },
    {
      ...control,
      taker: () => taker,
      ...(mostRows === undefined ? {} : { until: () => ++pieces >= MOST_PREVIEW_PIECES || rows.rows >= mostRows }),
    },
  )
  // A file that ends before its header does.
  if (!isBound && headerRows > 0) bind()
  const doubts: string[] = []
  const kinds = Object.values(read.ends).filter((count) => count > 0)
  if (kinds.length > 1) {
    doubts.push(
      `its lines end in different ways (${read.ends.lf} LF, ${read.ends.crlf} CR LF, ${read.ends.cr} CR): it was put together from several sources`,
    )
  }
  return { sha256: read.sha256, bytes: read.bytes, blank, doubts }
}

/** Names of columns that have none: their places from 1. */
export function placeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => String(i + 1))
}
