import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { SwitchyardError } from '#shared/errors.ts'
import type { ExportResult } from '#shared/jobs/job-kinds.ts'
import { type ExportBlock, type ExportColumn, TableFile } from './table-file.ts'

/** A table to export: its columns and, symbol by symbol, its blocks in order of time. */
export interface ExportTable {
  readonly layer: string
  readonly table: string
  readonly columns: readonly ExportColumn[]
  readonly symbols: readonly string[]
  readonly blocks: (symbol: string) => Iterable<ExportBlock>
  /**
   * What else a reader of the files should know: hashes of definitions and blocks, run ids. Asked for when all blocks were read,
   * so that it can tell of those that were, whatever has taken their place meanwhile.
   */
  readonly provenance: () => Readonly<Record<string, unknown>>
}

export interface ExportOptions {
  /** Folder that will appear when everything is written; it must not exist. */
  readonly folder: string
  readonly tables: readonly ExportTable[]
  readonly formats: readonly ('parquet' | 'csv')[]
  /** Goes into the manifest as it is: versions, configuration, selection. */
  readonly about: Readonly<Record<string, unknown>>
  /** Sessions that were left out because of what the quality rules found; told in the manifest. */
  readonly heldBack: ExportResult['heldBack']
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number, detail: string) => void
}

interface WrittenFile {
  readonly path: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/** A layer in the manifest; what else stands there is for readers of the files. */
interface ManifestLayer {
  readonly rows: number
  readonly files: readonly WrittenFile[]
}

/** What the name of a folder ends with while an export is being written to it. */
const PARTIAL = '.partial'

/** Removes from the folder of exports what an engine that died has left; they are written one at a time. */
async function removePartial(exports: string): Promise<void> {
  await mkdir(exports, { recursive: true })
  const names = await readdir(exports)
  for (const name of names.filter((each) => each.endsWith(PARTIAL))) {
    await rm(join(exports, name), { recursive: true, force: true })
  }
}

/**
 * Writes tables to files: Parquet (zstd) as `<layer>/symbol=<S>/month=<YYYY-MM>/part-0.parquet`, CSV as `<layer>-csv/<S>.csv`,
 * and `manifest.json` with rows, columns, types and hashes. Everything is written beside the target folder and renamed into
 * place at the end; a failed or cancelled export leaves nothing, and what one that was killed has left goes with the next.
 */
export async function exportFiles(options: ExportOptions): Promise<ExportResult> {
  const partial = `${options.folder}${PARTIAL}`
  await removePartial(dirname(options.folder))
  await mkdir(partial, { recursive: true })
  try {
    const layers: Record<string, ManifestLayer & Readonly<Record<string, unknown>>> = {}
    const total = options.tables.reduce((sum, { symbols }) => sum + symbols.length, 0)
    let done = 0
    for (const table of options.tables) {
      const written: WrittenFile[] = []
      let tableRows = 0
      for (const symbol of table.symbols) {
        options.signal.throwIfAborted()
        options.onProgress(done, total, `${table.table} ${symbol}`)
        const result = await exportSymbol(partial, table, symbol, options)
        tableRows += result.rows
        written.push(...result.files)
        done++
      }
      layers[table.layer] = {
        table: table.table,
        rows: tableRows,
        columns: [
          { name: 'session_date', type: 'date' },
          { name: 'ts', type: 'int64', unit: 'epoch seconds UTC, start of the bar' },
          { name: 'time', type: 'timestamp UTC', unit: 'the same instant as ts' },
          ...table.columns.map(({ name, type, unit }) => ({ name, type, ...(unit === undefined ? {} : { unit }) })),
        ],
        ...table.provenance(),
        files: written,
      }
    }
    await writeFile(
      join(partial, 'manifest.json'),
      `${JSON.stringify({ ...options.about, heldBack: options.heldBack, layers }, null, 2)}\n`,
    )
    await rename(partial, options.folder)
    options.onProgress(total, total, 'manifest.json')
    return resultOf(options.folder, layers, options.heldBack)
  } catch (thrown) {
    await rm(partial, { recursive: true, force: true })
    throw diskError(thrown, options.folder)
  }
}

/** What a finished export in `folder` consists of, read from its manifest. */
export async function readExport(folder: string): Promise<ExportResult> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    layers: Record<string, ManifestLayer>
    heldBack?: ExportResult['heldBack']
  }
  return resultOf(folder, manifest.layers, manifest.heldBack ?? [])
}

function resultOf(
  folder: string,
  layers: Readonly<Record<string, ManifestLayer>>,
  heldBack: ExportResult['heldBack'],
): ExportResult {
  const files = Object.values(layers).flatMap((layer) => layer.files)
  return {
    folder,
    manifest: join(folder, 'manifest.json'),
    files: files.length,
    rows: Object.fromEntries(Object.entries(layers).map(([layer, { rows }]) => [layer, rows])),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    heldBack,
  }
}

async function exportSymbol(
  partial: string,
  table: ExportTable,
  symbol: string,
  options: ExportOptions,
): Promise<{ rows: number; files: WrittenFile[] }> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  try {
    const rows = await TableFile.create(connection, table.columns)
    for (const block of table.blocks(symbol)) {
      options.signal.throwIfAborted()
      await rows.append(block)
    }
    const files: WrittenFile[] = []
    if (rows.rows === 0) return { rows: 0, files }
    if (options.formats.includes('parquet')) {
      for (const month of await rows.months()) {
        options.signal.throwIfAborted()
        const folder = posix.join(table.layer, `symbol=${symbol}`, `month=${month}`)
        await mkdir(join(partial, folder), { recursive: true })
        const path = posix.join(folder, 'part-0.parquet')
        files.push(await describe(partial, path, await rows.writeParquet(join(partial, path), month)))
      }
    }
    if (options.formats.includes('csv')) {
      const folder = `${table.layer}-csv`
      await mkdir(join(partial, folder), { recursive: true })
      const path = posix.join(folder, `${symbol}.csv`)
      files.push(await describe(partial, path, await rows.writeCsv(join(partial, path), symbol)))
    }
    return { rows: rows.rows, files }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function describe(base: string, path: string, rows: number): Promise<WrittenFile> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(join(base, path)) as AsyncIterable<Buffer>) hash.update(chunk)
  return { path, rows, bytes: (await stat(join(base, path))).size, sha256: hash.digest('hex') }
}

function diskError(thrown: unknown, folder: string): unknown {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  if (!/ENOSPC|no space left/i.test(text)) return thrown
  return new SwitchyardError('DISK_FULL', `The disk is full: the export to ${folder} was not written.`, {
    hint: 'Free some space and export again; nothing was left behind.',
    cause: thrown,
  })
}
