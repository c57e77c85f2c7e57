import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BarColumns } from '#shared/bars.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { type LegacyBarsInput, oldPipelineConfigSchema } from '#shared/config/legacy-config.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { findCandidates, symbolOf } from '#main/legacy/find-candidates.ts'
import { type FileReport, importFiles, isUnchanged } from '#main/legacy/import-files.ts'
import { type RejectedRow, WritableLegacyStore } from '#main/stores/legacy-store.ts'

export const XNYS: TradingCalendar = loadCalendar('XNYS', [join(import.meta.dirname, '../../data/calendars')])

export interface OldBars {
  readonly sessions: readonly { readonly symbol: string; readonly sessionDate: string; readonly bars: BarColumns }[]
  readonly rows: number
  readonly rejects: readonly RejectedRow[]
  readonly reports: readonly FileReport[]
}

/** An old pipeline's folder with the store that it is imported into. */
export class OldFolder {
  readonly folder: string
  readonly store: WritableLegacyStore
  readonly symbols: readonly string[]
  /** Symbol whose turn ends an import, as the death of the engine would. */
  diesAt: string | undefined

  constructor(folder: string, symbols: readonly string[] = ['SPY']) {
    mkdirSync(folder, { recursive: true })
    this.folder = folder
    this.symbols = symbols
    this.store = new WritableLegacyStore(join(folder, '..', `${folder.split('/').at(-1)}.db`))
  }

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  /** Imports what has changed, as the job does. */
  async import(...sources: readonly LegacyBarsInput[]): Promise<OldBars> {
    this.store.forgetInterrupted()
    const oldPipeline = oldPipelineConfigSchema.parse({ name: 'old', sources })
    const hours = new Map(this.symbols.map((symbol) => [symbol, XNYS.hash]))
    const { files } = findCandidates(oldPipeline, this.folder, hours)
    const changed = []
    for (const file of files) if (!(await isUnchanged(file, this.store))) changed.push(file)
    const present = new Set(files.map(({ file }) => file))
    const vanished = this.store.knownFiles().filter(({ file }) => !present.has(file))
    const reports: FileReport[] = []
    for (const symbol of new Set([...changed, ...vanished].map((file) => file.symbol))) {
      const imported = await importFiles(
        changed.filter((file) => file.symbol === symbol),
        vanished.filter((file) => file.symbol === symbol).map(({ file }) => file),
        {
          store: this.store,
          scratchFile: join(this.folder, '..', 'import.tmp'),
          targetOf: ({ description }, oldName) => {
            const target = symbolOf(description, oldName, this.symbols)
            return target === undefined ? undefined : { symbol: target, calendar: XNYS }
          },
          calendarOf: (name) => {
            if (name === this.diesAt) throw new Error('the engine died')
            return XNYS
          },
          nowMs: () => 1,
          signal: new AbortController().signal,
          progress: () => undefined,
        },
      )
      reports.push(...imported.reports)
    }
    return {
      sessions: this.symbols.flatMap((symbol) => [...this.store.blocks(symbol, '0000-00-00', '9999-99-99')]),
      rows: reports.reduce((sum, { rows }) => sum + rows, 0),
      rejects: this.store.rejected({ limit: 1_000_000 }).map(({ line, reason, text }) => ({ line, reason, text })),
      reports,
    }
  }
}
