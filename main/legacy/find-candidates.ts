import { descriptionsOf, type LegacyBarsConfig, type OldPipelineConfig } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import { findFiles } from './find-files.ts'
import type { CandidateFile } from './import-files.ts'

export interface Candidates {
  readonly files: readonly CandidateFile[]
  /** Files of symbols that the workspace does not have. */
  readonly otherFiles: readonly string[]
  /** Where a file of a symbol should be that has none. */
  readonly missing: readonly { readonly symbol: string; readonly file: string }[]
}

/** The symbol of the workspace that a name of the old pipeline means. */
export function symbolOf(
  { symbolMap }: Pick<LegacyBarsConfig, 'symbolMap'>,
  oldName: string,
  symbols: readonly string[],
): string | undefined {
  const mapped = Object.hasOwn(symbolMap, oldName) ? symbolMap[oldName] : oldName
  return symbols.includes(mapped) ? mapped : undefined
}

/**
 * The files that an old pipeline left, as its descriptions name them.
 *
 * @param symbols of the workspace, with the hash of what says which sessions they have.
 * @throws {SwitchyardError} LEGACY_FILE when two descriptions name the same file.
 */
export function findCandidates(
  oldPipeline: OldPipelineConfig,
  folder: string,
  symbols: ReadonlyMap<string, string>,
): Candidates {
  const names = [...symbols.keys()]
  const files: CandidateFile[] = []
  const otherFiles: string[] = []
  const describedBy = new Map<string, string>()
  const descriptions = descriptionsOf(oldPipeline)
  for (const { key, description } of descriptions) {
    const mapped = Object.keys(description.symbolMap)
    const oldNames = [...mapped, ...names.filter((name) => !mapped.includes(name))]
    for (const { file, path, oldName } of findFiles(description.files, folder, oldNames)) {
      const other = describedBy.get(path)
      if (other !== undefined) {
        throw new SwitchyardError('LEGACY_FILE', `${file} is described by ${other} and by ${key}.`, {
          hint: 'Make the patterns in switchyard.yaml so that every file belongs to one description.',
        })
      }
      describedBy.set(path, key)
      const symbol = oldName === undefined ? null : symbolOf(description, oldName, names)
      if (symbol === undefined) {
        otherFiles.push(file)
        continue
      }
      // Which rows have a place, and in which session, is for the calendars to say.
      const hours = symbol === null ? [...symbols] : [symbol, symbols.get(symbol)]
      files.push({
        file,
        path,
        key,
        description,
        oldName,
        symbol,
        descriptionHash: hashJson([description, hours]),
        isOurs: (name) => symbolOf(description, name, names) !== undefined,
      })
    }
  }
  const byPath = descriptions.find(({ description }) => description.symbol === 'path')?.description
  const holdsMany = files.some(({ symbol }) => symbol === null)
  const missing =
    byPath === undefined || holdsMany
      ? []
      : names
          .filter((symbol) => files.every((file) => file.symbol !== symbol))
          .map((symbol) => ({ symbol, file: byPath.files.replaceAll('{symbol}', symbol) }))
  return { files, otherFiles, missing }
}
