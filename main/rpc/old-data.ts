import { statSync } from 'node:fs'
import type { z } from 'zod'
import { descriptionsOf, type LegacyBarsConfig, readsOutFolder } from '#shared/config/legacy-config.ts'
import type {
  Described,
  findFilesInputSchema,
  FoundFiles,
  Preview,
  previewInputSchema,
} from '#shared/contract/old-data.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { newestRun, requireNewestRun } from '#main/jobs/old-runs.ts'
import { symbolOf } from '#main/legacy/find-candidates.ts'
import { findFiles, type FoundFile } from '#main/legacy/find-files.ts'
import { previewOldFile } from '#main/legacy/preview-file.ts'
import { oldCommandOf } from './old-runs.ts'

/** Files that are listed one by one. */
const MOST_FILES = 500
const MOST_NAMES = 100_000

/** The files that a pattern names, with the symbols that they are of. */
export function filesOf(engine: Engine, input: z.output<typeof findFilesInputSchema>): FoundFiles {
  const names = engine.config.symbols.map(({ symbol }) => symbol)
  const files = matches(engine, input).map(({ file, path, oldName }) => ({
    file,
    bytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0,
    oldName: oldName ?? null,
    symbol: oldName === undefined ? null : (symbolOf(input, oldName, names) ?? null),
  }))
  const isByPath = input.files.includes('{symbol}')
  return {
    files: files.slice(0, MOST_FILES),
    count: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    otherFiles: isByPath ? files.filter(({ symbol }) => symbol === null).length : 0,
    missing: isByPath ? names.filter((name) => files.every(({ symbol }) => symbol !== name)) : [],
  }
}

/** The first rows of one of the files that a description names. Throws LEGACY_FILE when it names none, or not that one. */
export async function previewOf(
  engine: Engine,
  { description, file }: z.output<typeof previewInputSchema>,
  signal: AbortSignal | undefined,
): Promise<Preview> {
  const { config, services } = engine
  // Says what is missing, where files are those of a run.
  if (readsOutFolder(description)) requireNewestRun(services)
  const names = config.symbols.map(({ symbol }) => symbol)
  const found = matches(engine, description)
  const ours = found.find(({ oldName }) => oldName !== undefined && symbolOf(description, oldName, names) !== undefined)
  const shown = file === undefined ? (ours ?? found.at(0)) : found.find((one) => one.file === file)
  if (shown === undefined) {
    throw new SwitchyardError(
      'LEGACY_FILE',
      file === undefined
        ? `There is no file ${description.files}.`
        : `${description.files} does not name the file ${file}.`,
      { hint: 'Correct files: a relative path starts at the workspace folder, {symbol} stands for the symbol.' },
    )
  }
  return previewOldFile(
    { path: shown.path, key: 'oldPipeline.bars', description, oldName: shown.oldName, isOurs: () => true },
    shown.file,
    {
      targetOf: (oldName) => {
        const symbol = symbolOf(description, oldName, names)
        // Rows that no symbol of the workspace has are shown by the hours of its first one.
        return {
          symbol: symbol ?? oldName,
          calendar: services.calendarOf(symbol ?? names[0]),
          isOurs: symbol !== undefined,
        }
      },
      ...(signal === undefined ? {} : { signal }),
    },
  )
}

/** What is described by now. What switchyard.yaml says is taken up first, so that this is also what the next import reads. */
export function describedOf(engine: Engine): Described {
  engine.takeUpOldPipeline()
  const { oldPipeline } = engine.config
  return {
    file: engine.configFile,
    name: oldPipeline?.name ?? null,
    descriptions:
      oldPipeline === undefined
        ? []
        : descriptionsOf(oldPipeline).map(({ key, description }) => {
            const { files: _files, ...found } = filesOf(engine, description)
            return { key, description, files: found }
          }),
    command: oldCommandOf(engine),
  }
}

function matches(
  { config, folder, services }: Engine,
  { files, symbolMap }: Pick<LegacyBarsConfig, 'files' | 'symbolMap'>,
): readonly FoundFile[] {
  const run = readsOutFolder({ files }) ? newestRun(services) : undefined
  const pattern = run === undefined ? files : files.replace('{out}', () => run.out)
  const mapped = Object.keys(symbolMap)
  const names = config.symbols.map(({ symbol }) => symbol)
  // A pattern is tried while it is being typed: one that goes through a whole disk must not hold up the engine.
  return findFiles(pattern, folder, [...mapped, ...names.filter((name) => !mapped.includes(name))], MOST_NAMES)
}
