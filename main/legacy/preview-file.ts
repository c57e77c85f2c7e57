import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import type { Preview, PreviewRow } from '#shared/contract/old-data.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isoLocal } from '#shared/time.ts'
import { BarEvidence } from './bar-evidence.ts'
import { FileRows, type SymbolTarget } from './file-rows.ts'
import { formatOf, type OldFile, readOldFile } from './read-old-file.ts'
import { rowDoubts } from './row-doubts.ts'
import { sampleFile } from './sample-file.ts'
import { ROW, RowGatherer } from './session-rows.ts'
import { Fields } from './split-fields.ts'
import { readTextLines, textDecoder } from './text-lines.ts'

/** Rows that are read, whatever the size of the file. */
const SAMPLED_ROWS = 20_000
const SHOWN_ROWS = 60
const SHOWN_PROBLEMS = 60
/** Lines before the header that are shown, the last ones. */
const SHOWN_SKIPPED = 8
/** Cells that are kept to show the rows of duplicates. */
const MOST_CELLS = 400_000
const MOST_CELL_LENGTH = 200
const MOST_NAMES = 12

export interface PreviewOptions {
  /** The workspace's symbol, and the calendar, that rows of a name go by; `isOurs` says whether the workspace has it. */
  readonly targetOf: (oldName: string) => SymbolTarget & { readonly isOurs: boolean }
  readonly signal?: AbortSignal
}

/**
 * Reads the first rows of a file as its description says, exactly as an import would, and shows them beside what stands in the
 * file. At most 20,000 rows are read and nothing is hashed, so that a file of any size answers at once. A description that
 * does not fit the file is no error: `failure` says why, and the rows are shown as they stand there.
 *
 * @throws {SwitchyardError} LEGACY_FILE when there is no such file.
 */
export async function previewOldFile(file: OldFile, shownName: string, options: PreviewOptions): Promise<Preview> {
  const { path, key, description } = file
  const format = description.format ?? formatOf(path)
  const bytes = await sizeOf(file)
  const cells = new Map<number, readonly string[]>()
  let cellCount = 0
  const refused: { line: number; reason: string }[] = []
  const isOurs = new Map<string, boolean>()
  const calendars = new Map<string, TradingCalendar>()
  const gatherer = new RowGatherer(join(tmpdir(), `switchyard-preview-${process.pid}.tmp`), Infinity)
  const rows = new FileRows({
    path,
    key,
    description,
    importId: 0,
    gatherer,
    targetOf: (oldName) => {
      const target = options.targetOf(oldName)
      isOurs.set(target.symbol, target.isOurs)
      calendars.set(target.symbol, target.calendar)
      return target
    },
    reject: (line, reason) => refused.push({ line, reason }),
    decode: format === 'csv' ? textDecoder(description.encoding) : (raw) => raw,
    observe: (line, read) => {
      if (cellCount > MOST_CELLS) return
      const own = read().map((cell) => cell.slice(0, MOST_CELL_LENGTH))
      cellCount += own.length
      cells.set(line, own)
    },
  })
  const head = format === 'csv' ? await readHead(file) : { lines: [], rows: [] }
  const empty = {
    file: shownName,
    format,
    bytes,
    head: head.lines,
    zone: options.targetOf(file.oldName ?? '').calendar.zone,
    hours: null,
  }
  let read
  try {
    read = await readOldFile(file, rows, {
      mostRows: SAMPLED_ROWS,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
  } catch (thrown) {
    gatherer.close()
    if (!(thrown instanceof SwitchyardError) || thrown.code !== 'LEGACY_FILE') throw thrown
    const known = format === 'csv' ? { columns: [...rows.columnNames], rows: head.rows } : await rowsAsTheyAre(path)
    return {
      ...empty,
      ...known,
      problems: [],
      sample: { isWhole: false, rows: 0, bars: 0, refused: 0, duplicates: 0, otherSymbols: 0, blank: 0 },
      otherColumns: known.columns,
      doubts: [],
      failure: { message: thrown.message, hint: thrown.hint ?? null },
    }
  }
  const outcomes = new Map<number, PreviewRow['outcome']>()
  const duplicates: { line: number; reason: string; text: string }[] = []
  const evidence = new BarEvidence()
  const hours = new SessionHours()
  const others: string[] = []
  let bars = 0
  let otherSymbols = 0
  for (const [symbol, features] of rows.featureNames) {
    const calendar = calendars.get(symbol)
    for (const taken of gatherer.take(0, symbol, ROW.features + features.length)) {
      const session = calendar?.session(taken.sessionDate) ?? null
      if (calendar !== undefined && session !== null) {
        evidence.add(session, taken.bars)
        hours.add(calendar.zone, session, taken.bars.ts)
      }
      duplicates.push(...taken.superseded)
      bars += taken.bars.ts.length
      if (isOurs.get(symbol) === false) otherSymbols += taken.bars.ts.length
      taken.lines.forEach((line, i) => {
        const value = (column: Float64Array): number | null => (Number.isNaN(column[i]) ? null : column[i])
        const { ts, open, high, low, close, volume } = taken.bars
        outcomes.set(line, {
          kind: 'bar',
          bar: {
            symbol,
            ts: ts[i],
            open: value(open),
            high: value(high),
            low: value(low),
            close: value(close),
            volume: value(volume),
          },
        })
      })
    }
    if (isOurs.get(symbol) === false) others.push(symbol)
  }
  gatherer.close()
  for (const { line, reason } of refused) outcomes.set(line, { kind: 'refused', reason })
  for (const { line, reason } of duplicates) outcomes.set(line, { kind: 'duplicate', reason })
  const rowAt = (line: number, text = ''): PreviewRow => ({
    line,
    cells: [...(cells.get(line) ?? text.split(','))],
    outcome: outcomes.get(line) ?? { kind: 'unknown' },
  })
  const doubts = [
    ...read.doubts,
    ...evidence.doubts(description.label, description.zone),
    ...rowDoubts(rows, description),
  ]
  if (others.length > 0) {
    doubts.unshift(
      `not imported, because the workspace has no such symbol: ${others.slice(0, MOST_NAMES).join(', ')}${others.length > MOST_NAMES ? ', …' : ''}; symbolMap says what else a symbol is called`,
    )
  }
  if (bars === 0) doubts.push('not one row could be used')
  return {
    ...empty,
    columns: [...rows.columnNames],
    rows: [...cells.keys()].slice(0, SHOWN_ROWS).map((line) => rowAt(line)),
    problems: [...refused.map((row) => ({ ...row, text: '' })), ...duplicates]
      .sort((a, b) => a.line - b.line)
      .slice(0, SHOWN_PROBLEMS)
      .map(({ line, text }) => rowAt(line, text)),
    sample: {
      isWhole: rows.rows < SAMPLED_ROWS,
      rows: rows.rows,
      bars,
      refused: rows.rejected,
      duplicates: duplicates.length,
      otherSymbols,
      blank: read.blank,
    },
    hours: hours.usual(),
    otherColumns: otherColumns(rows.columnNames, file),
    doubts,
    failure: null,
  }
}

/** Columns of which the description makes no use; those that it keeps as features are among them. */
function otherColumns(names: readonly string[], { description }: OldFile): string[] {
  const { columns, symbol, symbolColumn } = description
  const used = new Set<string | number | null | undefined>([
    ...Object.values(columns),
    symbol === 'column' ? symbolColumn : null,
  ])
  return names.filter((name, i) => !used.has(name) && !used.has(i + 1))
}

async function sizeOf({ path, key }: OldFile): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (thrown) {
    throw new SwitchyardError(
      'LEGACY_FILE',
      `${path} cannot be read (${thrown instanceof Error ? thrown.message : String(thrown)}).`,
      { hint: `Check ${key}.files and the rights on the file.`, cause: thrown },
    )
  }
}

/** The lines of a text before its first row, and its first rows split as described. */
async function readHead({
  path,
  description,
}: OldFile): Promise<{ readonly lines: Preview['head']; readonly rows: PreviewRow[] }> {
  const { skipRows, headerRows, delimiter, quote, encoding } = description
  const decode = textDecoder(encoding)
  const fields = new Fields(delimiter, quote)
  const skipped: Preview['head'] = []
  const header: Preview['head'] = []
  const rows: PreviewRow[] = []
  await readTextLines(
    path,
    encoding,
    (line, text, start, end) => {
      if (rows.length >= SHOWN_ROWS || (start === end && line > skipRows)) return
      if (line <= skipRows) {
        skipped.push({ line, kind: 'skipped', cells: [decode(text.slice(start, end)).slice(0, MOST_CELL_LENGTH)] })
        return
      }
      fields.split(text, start, end)
      const cells = Array.from({ length: fields.count }, (_, i) =>
        decode(fields.value(i)).trim().slice(0, MOST_CELL_LENGTH),
      )
      if (header.length < headerRows) header.push({ line, kind: 'header', cells })
      else rows.push({ line, cells, outcome: { kind: 'unknown' } })
    },
    { until: () => true },
  )
  return { lines: [...skipped.slice(-SHOWN_SKIPPED), ...header], rows }
}

/** The first rows of a typed file that cannot be read as described. */
async function rowsAsTheyAre(path: string): Promise<{ readonly columns: string[]; readonly rows: PreviewRow[] }> {
  try {
    const sample = await sampleFile(path)
    return {
      columns: [...sample.names],
      rows: sample.rows.slice(0, SHOWN_ROWS).map((cells, i) => ({
        line: sample.firstLine + i,
        cells: cells.map((cell) => cell.slice(0, MOST_CELL_LENGTH)),
        outcome: { kind: 'unknown' },
      })),
    }
  } catch (thrown) {
    // That it cannot be read is what the caller tells already.
    if (thrown instanceof SwitchyardError) return { columns: [], rows: [] }
    throw thrown
  }
}

/** Counts at which times of day sessions and their first and last bars begin. */
class SessionHours {
  #sessions = 0
  readonly #clocks = {
    open: new Map<string, number>(),
    close: new Map<string, number>(),
    first: new Map<string, number>(),
    last: new Map<string, number>(),
  }

  add(
    zone: string,
    { openTs, closeTs }: { readonly openTs: number; readonly closeTs: number },
    ts: Float64Array,
  ): void {
    if (ts.length === 0) return
    this.#sessions++
    const count = (clocks: Map<string, number>, at: number): void => {
      const clock = isoLocal(at, zone).slice(11, 16)
      clocks.set(clock, (clocks.get(clock) ?? 0) + 1)
    }
    count(this.#clocks.open, openTs)
    count(this.#clocks.close, closeTs)
    count(this.#clocks.first, ts[0])
    count(this.#clocks.last, ts[ts.length - 1])
  }

  usual(): Preview['hours'] {
    if (this.#sessions === 0) return null
    const most = (clocks: ReadonlyMap<string, number>): { clock: string; count: number } => {
      const [clock, count] = [...clocks].reduce((a, b) => (b[1] > a[1] ? b : a))
      return { clock, count }
    }
    return {
      sessions: this.#sessions,
      open: most(this.#clocks.open).clock,
      close: most(this.#clocks.close).clock,
      firstBar: most(this.#clocks.first),
      lastBar: most(this.#clocks.last),
    }
  }
}
