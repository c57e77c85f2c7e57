import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { descriptionsOf } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { JobParams, JobResult } from '#shared/jobs/job-kinds.ts'
import { findCandidates, symbolOf } from '#main/legacy/find-candidates.ts'
import { type CandidateFile, importFiles, isUnchanged } from '#main/legacy/import-files.ts'
import { WritableLegacyStore } from '#main/stores/legacy-store.ts'
import type { JobContext, JobDefinition } from '../job-definition.ts'
import type { JobServices } from '../job-services.ts'
import { hasOutFolder, isOfRun, requireNewestRun, withOutFolder } from '../old-runs.ts'
import { selectedSymbols } from '../selection.ts'
import { ImportProgress } from './import-progress.ts'

/** Reports of files that a result keeps. */
const MOST_REPORTS = 200

/** The description of the old pipeline. Throws NOTHING_TO_DO when switchyard.yaml has none. */
export function requireOldPipeline(services: JobServices): NonNullable<JobServices['config']['oldPipeline']> {
  const { oldPipeline } = services.config
  if (oldPipeline === undefined) {
    throw new SwitchyardError('NOTHING_TO_DO', 'switchyard.yaml does not describe an old pipeline.', {
      hint: 'Add a section oldPipeline that says where its files are and what they look like; docs/old-pipeline.md has examples, and "switchyard legacy sniff FILE" proposes one.',
    })
  }
  return oldPipeline
}

export const legacyImportJob: JobDefinition<'legacy-import'> = {
  kind: 'legacy-import',
  title: 'Import old pipeline',
  lane: 'legacy',
  controls: [],
  steps: [{ title: 'Importing files', weight: 1 }],
  check: (params, services) => {
    requireOldPipeline(services)
    selectedSymbols(params, services)
  },
  run: async (params, context) => {
    // A connection of its own: what is stored step by step must not be seen, nor added to, by others before it is whole.
    const store = new WritableLegacyStore(context.services.stores.legacy.file)
    try {
      return await importOld(params, context, store)
    } finally {
      store.close()
    }
  },
  hasFindings: (result) => result.rejected > 0 || result.duplicates > 0 || result.missingFiles.length > 0,
  summary: (result) =>
    `${result.rows} rows of ${result.files} files imported, ${result.rejected} rows refused, ${result.filesUnchanged} files were unchanged.${result.oldRun === null ? '' : ` They are of run ${result.oldRun}.`}`,
}

async function importOld(
  params: JobParams<'legacy-import'>,
  { services, signal, report }: JobContext,
  store: WritableLegacyStore,
): Promise<JobResult<'legacy-import'>> {
  const described = requireOldPipeline(services)
  const newest = hasOutFolder(described) ? requireNewestRun(services) : undefined
  const oldPipeline = newest === undefined ? described : withOutFolder(described, newest.runId)
  const all = services.config.symbols.map(({ symbol }) => symbol)
  const selected = new Set(selectedSymbols(params, services))
  const hours = new Map(all.map((symbol) => [symbol, services.calendarOf(symbol).hash]))
  const found = findCandidates(oldPipeline, services.folder, hours)
  // A file that holds many symbols is always read for all of them, since it is known to be unchanged as a whole.
  const isSelected = ({ symbol }: { readonly symbol: string | null }): boolean =>
    symbol === null || selected.has(symbol)
  const candidates = found.files.filter(isSelected)
  if (candidates.length === 0) {
    const patterns = descriptionsOf(oldPipeline).map(({ description }) => description.files)
    throw new SwitchyardError(
      'LEGACY_FILE',
      `The old pipeline left no file ${patterns.join(', ')} for any selected symbol.`,
      {
        // A disk that is not there must not look like files that were taken away.
        hint: `Check ${descriptionsOf(oldPipeline)[0].key}.files in switchyard.yaml; a relative path starts at the workspace folder. Nothing was changed.`,
      },
    )
  }
  store.forgetInterrupted()
  const present = new Set(found.files.map(({ file }) => file))
  // A run says nothing of symbols that it was not asked for: what an earlier one left of them stays.
  const asked = new Set([
    ...(newest?.symbols ?? all),
    ...candidates.filter(({ file }) => isOfRun(file)).map(({ symbol }) => symbol),
  ])
  const isAsked = ({ file, symbol }: { readonly file: string; readonly symbol: string | null }): boolean =>
    !isOfRun(file) || symbol === null || asked.has(symbol)
  const vanished = store.knownFiles().filter((known) => isSelected(known) && isAsked(known) && !present.has(known.file))
  const changed: CandidateFile[] = []
  for (const [i, candidate] of candidates.entries()) {
    signal.throwIfAborted()
    report(0, 0, { detail: `checking ${candidate.file}`, done: i, total: candidates.length, unit: 'files' })
    if (!(await isUnchanged(candidate, store, signal))) changed.push(candidate)
  }

  const groups = [...new Set([...changed, ...vanished].map((file) => file.symbol))].map((symbol) => {
    const files = changed.filter((file) => file.symbol === symbol)
    const sizes = files.map(({ file, path }) => [file, statSync(path, { throwIfNoEntry: false })?.size ?? 0] as const)
    const gone = vanished.filter((file) => file.symbol === symbol).map(({ file }) => file)
    return { files, sizes: new Map(sizes), gone }
  })
  const progress = new ImportProgress(
    report,
    groups.map(({ sizes }) => sizes),
  )
  const result = {
    files: 0,
    filesUnchanged: candidates.length - changed.length,
    rows: 0,
    rejected: 0,
    duplicates: 0,
    otherSymbols: 0,
    otherFiles: found.otherFiles.length,
    sessions: 0,
    overlappingMinutes: 0,
    missingFiles: found.missing.filter((one) => isSelected(one) && isAsked(one)).map(({ file }) => file),
    // What a newer run takes the place of has not gone astray.
    vanishedFiles: vanished.map(({ file }) => file).filter((file) => newest === undefined || !isOfRun(file)),
    oldRun: newest?.runId ?? null,
    fileReports: [] as (typeof reports)[number][],
  }
  let reports: Awaited<ReturnType<typeof importFiles>>['reports'][number][] = []
  const failures: SwitchyardError[] = []
  for (const { files, sizes, gone } of groups) {
    signal.throwIfAborted()
    progress.begin(sizes)
    try {
      const imported = await importFiles(files, gone, {
        store,
        scratchFile: join(dirname(store.file), 'legacy-import.tmp'),
        targetOf: ({ description }, oldName) => {
          const target = symbolOf(description, oldName, all)
          return target === undefined ? undefined : { symbol: target, calendar: services.calendarOf(target) }
        },
        calendarOf: services.calendarOf,
        nowMs: services.nowMs,
        signal,
        progress: (file, read, stored) => progress.set(file, read, stored),
      })
      result.sessions += imported.sessions
      reports = [...reports, ...imported.reports]
      services.publish({ kind: 'layer', layer: 'legacy' })
    } catch (thrown) {
      // One file that cannot be read keeps its symbol as it was, and no other.
      if (!(thrown instanceof SwitchyardError) || thrown.code !== 'LEGACY_FILE') throw thrown
      failures.push(thrown)
    }
  }
  if (failures.length > 0) throw summed(failures)
  for (const one of reports) {
    result.files++
    result.rows += one.rows
    result.rejected += one.rejected
    result.duplicates += one.duplicates
    result.otherSymbols += one.otherSymbols
  }
  result.fileReports = reports.slice(0, MOST_REPORTS)
  result.overlappingMinutes = [...selected].reduce((sum, symbol) => sum + store.overlaps(symbol), 0)
  return {
    ...result,
    fileReports: result.fileReports.map((one) => ({
      ...one,
      clockChanges: { ...one.clockChanges },
      doubts: [...one.doubts],
    })),
  }
}

function summed(failures: readonly SwitchyardError[]): SwitchyardError {
  const [first] = failures
  if (failures.length === 1) return first
  return new SwitchyardError(
    'LEGACY_FILE',
    failures
      .map(({ message }) => message)
      .slice(0, 10)
      .join('\n'),
    {
      hint: `${failures.length} symbols were left as they were; the others were imported. ${first.hint ?? ''}`.trim(),
      cause: first,
    },
  )
}
