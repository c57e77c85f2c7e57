import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { SwitchyardError } from '#shared/errors.ts'
import { readOldBars } from '#main/legacy/read-old-bars.ts'
import { scanFile } from '#main/legacy/scan-file.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import type { JobDefinition } from '../job-definition.ts'
import type { JobServices } from '../job-services.ts'
import { selectedSymbols } from '../selection.ts'

/** The description of the old pipeline. Throws NOTHING_TO_DO when switchyard.yaml has none. */
export function requireOldPipeline(services: JobServices): NonNullable<JobServices['config']['oldPipeline']> {
  const { oldPipeline } = services.config
  if (oldPipeline === undefined) {
    throw new SwitchyardError('NOTHING_TO_DO', 'switchyard.yaml does not describe an old pipeline.', {
      hint: 'Add a section oldPipeline that says where its files are and what they look like; docs/configuration.md has an example.',
    })
  }
  return oldPipeline
}

export const legacyImportJob: JobDefinition<'legacy-import'> = {
  kind: 'legacy-import',
  title: 'Import old pipeline',
  lane: 'legacy',
  controls: [],
  steps: [{ title: 'Reading files', weight: 1 }],
  check: (params, services) => {
    requireOldPipeline(services)
    selectedSymbols(params, services)
  },
  run: async (params, { services, signal, report }) => {
    const { bars: description } = requireOldPipeline(services)
    const symbols = selectedSymbols(params, services)
    const result = { files: 0, filesUnchanged: 0, rows: 0, rejected: 0, sessions: 0, missingFiles: [] as string[] }
    for (const [i, symbol] of symbols.entries()) {
      signal.throwIfAborted()
      const pattern = description.files.replaceAll('{symbol}', symbol)
      const path = isAbsolute(pattern) ? pattern : join(services.folder, pattern)
      report(0, i / symbols.length, { detail: pattern, done: i, total: symbols.length, unit: 'files' })
      if (!existsSync(path)) {
        result.missingFiles.push(pattern)
        continue
      }
      const calendar = services.calendarOf(symbol)
      // Which rows have a place, and in which session, is for the calendar to say.
      const descriptionHash = hashJson([description, calendar.hash])
      const scanned = await scanFile(path)
      const known = services.stores.legacy.latestImport(symbol)
      if (known?.sha256 === scanned.sha256 && known.descriptionHash === descriptionHash) {
        result.filesUnchanged++
        continue
      }
      const { sessions, rows, rejects } = await readOldBars(path, scanned, description, calendar)
      signal.throwIfAborted()
      services.stores.legacy.replaceSymbol(
        { symbol, file: pattern, sha256: scanned.sha256, descriptionHash, rows, rejected: rejects.length },
        sessions,
        rejects,
        services.nowMs(),
      )
      services.publish({ kind: 'layer', layer: 'legacy' })
      result.files++
      result.rows += rows
      result.rejected += rejects.length
      result.sessions += sessions.length
    }
    if (result.missingFiles.length === symbols.length) {
      throw new SwitchyardError(
        'LEGACY_FILE',
        `The old pipeline left no file ${description.files} for any selected symbol.`,
        {
          hint: 'Check oldPipeline.bars.files in switchyard.yaml; a relative path starts at the workspace folder.',
        },
      )
    }
    return result
  },
  hasFindings: (result) => result.rejected > 0 || result.missingFiles.length > 0,
  summary: (result) =>
    `${result.rows} rows of ${result.files} files imported, ${result.rejected} rows refused, ${result.filesUnchanged} files were unchanged.`,
}
