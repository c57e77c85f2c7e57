import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BAR_COLUMNS } from '#shared/bars.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { withoutSecrets } from '#shared/config/workspace-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { type ExportParams, type ExportResult, exportResultSchema } from '#shared/jobs/job-kinds.ts'
import { findingKeyText } from '#shared/quality/finding-key.ts'
import { ROW_CLASS_NAMES } from '#main/compare/compare-session.ts'
import { exportFiles, type ExportTable, readExport } from '#main/export/export-files.ts'
import type { ExportBlock, ExportColumn } from '#main/export/table-file.ts'
import { ComparisonStore } from '#main/stores/comparison-store.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'
import { FeatureStore } from '#main/stores/feature-store.ts'
import type { JobDefinition } from '../job-definition.ts'
import type { JobServices } from '../job-services.ts'
import { checkSelection, selectedDates, selectedSymbols } from '../selection.ts'
import { featureRowsTable } from './export-feature-rows.ts'
import { defaultFeatureSet } from './features.ts'

export const exportJob: JobDefinition<'export'> = {
  kind: 'export',
  title: 'Export',
  lane: 'exports',
  controls: [],
  steps: [{ title: 'Writing files', weight: 1 }],
  check: checkSelection,
  run: async (params, { services, signal, report, jobId }) => {
    const createdAt = new Date(services.nowMs()).toISOString()
    const folder = join(services.folder, 'exports', jobId)
    // The engine may have died between putting the files into place and noting that the job is done.
    if (existsSync(folder)) return readExport(folder)
    // Connections of its own: a half-read table would keep the writers from writing.
    const stores = {
      curated: new CuratedStore(services.stores.curated.file),
      features: new FeatureStore(services.stores.features.file),
      comparisons: new ComparisonStore(services.stores.comparisons.file),
    }
    try {
      // A build that ends meanwhile must not put a session into the files that nobody has looked at for what holds it back.
      stores.curated.holdStill()
      const heldBack = heldBackSessions(params, services, stores.curated)
      const held = new Set(heldBack.map(({ symbol, sessionDate }) => `${symbol} ${sessionDate}`))
      const isHeldBack = (symbol: string, date: string): boolean => held.has(`${symbol} ${date}`)
      const tables = params.layers.flatMap((layer) => TABLES[layer](params, services, { ...stores, isHeldBack }))
      if (tables.every(({ symbols }) => symbols.length === 0)) {
        throw new SwitchyardError('NOTHING_TO_DO', 'There is nothing to export in this selection.', {
          hint: 'Curate bars, build features or compare first, or choose other symbols and dates.',
        })
      }
      const result = await exportFiles({
        folder,
        tables,
        formats: params.formats,
        about: {
          manifestVersion: 1,
          createdAt,
          switchyard: services.version,
          workspace: services.config.name,
          selection: params,
          configurationHash: services.configHash,
          configuration: withoutSecrets(services.config),
        },
        heldBack,
        signal,
        onProgress: (done, total, detail) => report(0, done / total, { detail, done, total, unit: 'tables' }),
      })
      return exportResultSchema.parse(result)
    } finally {
      for (const store of Object.values(stores)) store.close()
    }
  },
  hasFindings: (result) => result.heldBack.length > 0,
  summary: (result) => {
    const rows = Object.values(result.rows).reduce((sum, count) => sum + count, 0)
    const held = result.heldBack.length
    const words =
      held === 0 ? '' : ` ${held} ${held === 1 ? 'session is' : 'sessions are'} held back by the quality rules.`
    return `${rows} rows in ${result.files} files.${words}`
  },
}

/** Sessions in quarantine, and those with a finding of a blocking rule that nobody has acknowledged. */
function heldBackSessions(
  params: ExportParams,
  services: JobServices,
  curated: CuratedStore,
): ExportResult['heldBack'] {
  const { ops } = services.stores
  const symbols = selectedSymbols(params, services)
  const selection = { symbols, ...selectedDates(params) }
  const acknowledged = new Set(ops.acknowledgements(selection).map(findingKeyText))
  const held = new Map<string, ExportResult['heldBack'][number]>()
  for (const { symbol, sessionDate, quarantined } of curated.qualities(selection)) {
    if (quarantined)
      held.set(`${symbol} ${sessionDate}`, { symbol, sessionDate, reason: 'The session is in quarantine.' })
  }
  for (const finding of curated.blockingFindings(selection)) {
    const { symbol, sessionDate, rule, message } = finding
    const key = `${symbol} ${sessionDate}`
    if (held.has(key) || acknowledged.has(findingKeyText(finding))) continue
    held.set(key, { symbol, sessionDate, reason: `${rule}: ${message}` })
  }
  return [...held.values()].sort((a, b) => (a.symbol + a.sessionDate < b.symbol + b.sessionDate ? -1 : 1))
}

interface Sources {
  readonly curated: CuratedStore
  readonly features: FeatureStore
  readonly comparisons: ComparisonStore
  readonly isHeldBack: (symbol: string, sessionDate: string) => boolean
}

type TableOf = (params: ExportParams, services: JobServices, stores: Sources) => readonly ExportTable[]

const curatedTable: TableOf = (params, services, { curated, isHeldBack }) => {
  const { from, to } = selectedDates(params)
  const symbols = selectedSymbols(params, services).filter((symbol) => curated.sessions(symbol, from, to).length > 0)
  const columns: ExportColumn[] = [
    ...BAR_COLUMNS.slice(1).map((name): ExportColumn => ({ name: COLUMN_NAMES[name] ?? name, type: 'double' })),
    { name: 'flags', type: 'integer', unit: FLAG_WORDS },
  ]
  const sessions = new Map<string, object[]>()
  return [
    {
      layer: 'curated',
      table: 'curated_tws_1m_bars',
      columns,
      symbols,
      blocks: function* (symbol): Generator<ExportBlock> {
        const read: object[] = []
        sessions.set(symbol, read)
        for (const { session, bars, contentHash, configHash } of curated.blocks(symbol, from, to)) {
          if (isHeldBack(symbol, session.date)) continue
          const values = [...BAR_COLUMNS.slice(1).map((name) => bars[name]), bars.flags]
          read.push({ session: session.date, contentHash, configHash })
          yield { sessionDate: session.date, ts: bars.ts, values }
        }
      },
      provenance: () => ({ sessions: Object.fromEntries(sessions) }),
    },
  ]
}

const featureTable: TableOf = (params, services, { features, isHeldBack }) => {
  const { from, to } = selectedDates(params)
  const set = features.set(params.featureSet ?? defaultFeatureSet(services))
  if (set === undefined) {
    if (params.featureSet === undefined) return []
    throw new SwitchyardError('NOT_FOUND', `There are no features of a set ${params.featureSet}.`, {
      hint: 'Build the set first, or name another one.',
    })
  }
  const sessions = new Map<string, object[]>()
  const symbols = selectedSymbols(params, services).filter(
    (symbol) => features.sessions(set, symbol, from, to).length > 0,
  )
  return [
    {
      layer: 'features',
      table: set.name,
      columns: set.columns.map((name): ExportColumn => ({ name, type: 'double' })),
      symbols,
      blocks: function* (symbol): Generator<ExportBlock> {
        const read: object[] = []
        sessions.set(symbol, read)
        for (const block of features.blocks(set, symbol, from, to)) {
          const { sessionDate, ts, columns, contentHash, inputsHash } = block
          if (isHeldBack(symbol, sessionDate)) continue
          read.push({ session: sessionDate, contentHash, inputsHash })
          yield { sessionDate, ts, values: columns }
        }
      },
      provenance: () => ({
        availableAt: 'ts + 60 s',
        definitionHash: set.definitionHash,
        definition: JSON.parse(set.definition) as unknown,
        sessions: Object.fromEntries(sessions),
      }),
    },
  ]
}

const comparisonTable: TableOf = (params, services, { comparisons }) => {
  const run = params.runId === undefined ? comparisons.runs(1)[0] : comparisons.run(params.runId)
  if (run === undefined) return []
  const { from, to } = selectedDates(params)
  const wanted = new Set(selectedSymbols(params, services))
  const columns: ExportColumn[] = [
    { name: 'class', type: 'text' },
    ...COMPARED_FIELDS.flatMap((field): ExportColumn[] => [
      { name: `old_${field}`, type: 'double' },
      { name: `new_${field}`, type: 'double' },
    ]),
  ]
  return [
    {
      layer: 'comparison',
      table: 'comparison_rows',
      columns,
      symbols: run.symbols.filter((symbol) => wanted.has(symbol)),
      blocks: function* (symbol): Generator<ExportBlock> {
        for (const { sessionDate, ts, class: classes, oldValues, newValues } of comparisons.rows(run.runId, symbol)) {
          if (sessionDate < from || sessionDate > to || ts.length === 0) continue
          const rows = ts.length
          yield {
            sessionDate,
            ts,
            values: [
              Array.from(classes, (code) => ROW_CLASS_NAMES[code]),
              ...COMPARED_FIELDS.flatMap((_field, f) => [
                oldValues.subarray(f * rows, (f + 1) * rows),
                newValues.subarray(f * rows, (f + 1) * rows),
              ]),
            ],
          }
        }
      },
      provenance: () => ({
        note: 'Minutes that are equal on both sides in every field are counted in the run and not repeated here.',
        runId: run.runId,
        oldPipeline: run.oldPipeline,
        ...(run.oldRuns === null
          ? {}
          : { oldRuns: run.oldRuns, sides: 'old is the first of these runs, new the second' }),
        sample: run.sample,
        inputs: { oldHash: run.oldHash, newHash: run.newHash, codeVersion: run.codeVersion },
        settings: JSON.parse(run.settings) as unknown,
        counts: run.summary.counts,
      }),
    },
    ...featureRowsTable(run, comparisons, { wanted, from, to }),
  ]
}

const TABLES: Record<ExportParams['layers'][number], TableOf> = {
  curated: curatedTable,
  features: featureTable,
  comparison: comparisonTable,
}

const FLAG_WORDS =
  'bit set: 1 repaired high/low, 2 conflicting duplicate, 4 volume unknown, 8 filled (no trade), 16 second source, 32 suspect, 64 quarantined, 128 adjusted'

const COLUMN_NAMES: Partial<Record<string, string>> = { tradeCount: 'trade_count' }
