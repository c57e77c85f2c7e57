import { mkdirSync } from 'node:fs'
import { createEngine } from '#main/engine/create-engine.ts'
import { createWorkspace } from '#main/engine/workspace.ts'
import { importFiles, type Layout } from './import-files.ts'
import { writeOldCsv } from './write-old-csv.ts'

export interface ImportDataset {
  readonly symbols: readonly string[]
  readonly rows: number
  readonly sessions: number
  readonly bytes: number
}

const TEN = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF', 'GGG', 'HHH', 'III', 'JJJ']

/** Makes the file of a layout with at least `bars` rows, and a workspace that is to import it. */
export async function createImportDataset(folder: string, layout: Layout, bars: number): Promise<ImportDataset> {
  const files = importFiles(folder)
  mkdirSync(folder, { recursive: true })
  const symbols = layout === 'one-symbol' ? TEN.slice(0, 1) : TEN
  const written = writeOldCsv(files.csv, {
    symbols,
    order: 'minute',
    firstDate: layout === 'one-symbol' ? '2012-01-03' : '2022-01-03',
    isEnough: (rows) => rows >= bars,
  })
  const config = {
    version: 1,
    name: 'bench',
    symbols: symbols.map((symbol) => ({ symbol })),
    oldPipeline: { name: 'bench', bars: { files: files.csv, symbol: 'column' } },
  }
  createWorkspace(files.workspace, JSON.stringify(config))
  await createEngine({ workspace: files.workspace }).close()
  return { symbols, ...written }
}
