import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { descriptionsOf } from '#shared/config/legacy-config.ts'
import { type WorkspaceConfig, workspaceConfigSchema } from '#shared/config/workspace-config.ts'
import type { DescriptionChange, PlannedChange } from '#shared/contract/old-data.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { findCandidates } from '#main/legacy/find-candidates.ts'
import { diffLines } from './diff-lines.ts'
import { deleteInYaml, type KeyPath, setInYaml } from './edit-yaml.ts'
import type { RunningConfig } from './running-config.ts'
import { CONFIG_FILE } from './workspace.ts'
import { changedDescription, newDescription } from './written-description.ts'
import { YamlFile } from './yaml-file.ts'

const NOTHING_WRITTEN = 'Nothing was written. Correct what is named; docs/configuration.md explains every key.'

interface Prepared {
  readonly plan: PlannedChange
  readonly text: string
}

/**
 * What a change of the descriptions would do to switchyard.yaml, without doing it. The whole configuration that would come of
 * it is checked.
 *
 * @throws {SwitchyardError} CONFIG_INVALID when it would not be valid; LEGACY_FILE when two descriptions would name the same
 *   file; NOT_FOUND when there is no description under the key; IO_ERROR when the file cannot be read.
 */
export function planDescriptionChange(
  folder: string,
  running: RunningConfig,
  change: DescriptionChange,
): PlannedChange {
  return prepare(folder, running, change).plan
}

/**
 * Makes the change, whole or not at all: comments and other keys stay, and the file is replaced in one step.
 *
 * @param fileHash of the text that the change was planned on.
 * @throws {SwitchyardError} CONFIG_CHANGED when the file has another text by now, DISK_FULL or IO_ERROR when it cannot be
 *   written, and as {@link planDescriptionChange}; nothing is written then.
 */
export function saveDescriptionChange(
  folder: string,
  running: RunningConfig,
  change: DescriptionChange,
  fileHash: string,
): PlannedChange {
  const { plan, text } = prepare(folder, running, change)
  if (plan.fileHash !== fileHash) throw changedSince(plan.file)
  replaceFile(plan.file, text, fileHash)
  return plan
}

function prepare(folder: string, running: RunningConfig, change: DescriptionChange): Prepared {
  const file = join(folder, CONFIG_FILE)
  const before = readText(file)
  const yaml = new YamlFile(file, before, NOTHING_WRITTEN)
  const config = yaml.parse(workspaceConfigSchema)
  const { key, after } = changedText(before, yaml.content, config, change)
  const changed = new YamlFile(file, after, NOTHING_WRITTEN).parse(workspaceConfigSchema)
  if (changed.oldPipeline !== undefined) {
    // Throws where an import would: two descriptions of one file.
    findCandidates(changed.oldPipeline, folder, new Map(changed.symbols.map(({ symbol }) => [symbol, ''])))
  }
  return {
    text: after,
    plan: {
      file,
      key,
      fileHash: hashText(before),
      diff: diffLines(before, after),
      waitingForRestart: running.waitingForRestart(changed),
    },
  }
}

function changedText(
  text: string,
  content: unknown,
  { oldPipeline }: WorkspaceConfig,
  change: DescriptionChange,
): { readonly key: string; readonly after: string } {
  if (change.kind === 'add') {
    const description = newDescription(change.description)
    if (oldPipeline === undefined) {
      const section = { name: change.name, bars: description }
      return { key: 'oldPipeline.bars', after: setInYaml(text, ['oldPipeline'], section) }
    }
    if (oldPipeline.bars === undefined && oldPipeline.sources.length === 0) {
      return { key: 'oldPipeline.bars', after: setInYaml(text, ['oldPipeline', 'bars'], description) }
    }
    const place = oldPipeline.sources.length
    const after =
      place === 0
        ? setInYaml(text, ['oldPipeline', 'sources'], [description])
        : setInYaml(text, ['oldPipeline', 'sources', place], description)
    return { key: `oldPipeline.sources[${place}]`, after }
  }
  const { key } = change
  const before = oldPipeline && descriptionsOf(oldPipeline).find((entry) => entry.key === key)?.description
  if (oldPipeline === undefined || before === undefined) {
    throw new SwitchyardError('NOT_FOUND', `${CONFIG_FILE} has no ${key}.`, {
      hint: 'It was taken out since; look at what is described now.',
    })
  }
  const path = pathOf(key)
  if (change.kind === 'replace') {
    const written = valueAt(content, path) as Readonly<Record<string, unknown>>
    return { key, after: setInYaml(text, path, changedDescription(written, before, change.description)) }
  }
  const left = descriptionsOf(oldPipeline).length - 1
  const others = Object.keys(oldPipeline).filter((name) => !['name', 'bars', 'sources'].includes(name))
  if (left === 0 && others.length === 0) return { key, after: deleteInYaml(text, ['oldPipeline']) }
  const isLastSource = path.length === 3 && oldPipeline.sources.length === 1
  return { key, after: deleteInYaml(text, isLastSource ? path.slice(0, 2) : path) }
}

/** `['oldPipeline', 'sources', 0]` for `oldPipeline.sources[0]`. */
function pathOf(key: string): KeyPath {
  const place = /\[(\d+)\]$/.exec(key)
  return place === null ? ['oldPipeline', 'bars'] : ['oldPipeline', 'sources', Number(place[1])]
}

function valueAt(content: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], content)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new SwitchyardError('IO_ERROR', `${file} cannot be read (${reasonOf(thrown)}).`, {
      hint: 'Check that it is a file and that you may read it.',
      cause: thrown,
    })
  }
}

/** Puts a text in the place of a file's in one step, so that there is no moment at which half of it stands there. */
function replaceFile(file: string, text: string, fileHash: string): void {
  let temporary: string | undefined
  try {
    // A link stays a link: what it leads to is replaced.
    const target = realpathSync(file)
    const { mode } = statSync(target)
    temporary = `${target}.${process.pid}.new`
    const handle = openSync(temporary, 'wx', mode)
    try {
      writeFileSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    if (hashText(readText(target)) !== fileHash) throw changedSince(file)
    renameSync(temporary, target)
    temporary = undefined
    syncFolder(dirname(target))
  } catch (thrown) {
    if (thrown instanceof SwitchyardError) throw thrown
    const isFull = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC'
    throw new SwitchyardError(
      isFull ? 'DISK_FULL' : 'IO_ERROR',
      isFull
        ? `The disk is full: ${file} could not be written. It is as it was.`
        : `${file} cannot be written (${reasonOf(thrown)}). It is as it was.`,
      {
        hint: isFull ? 'Free some space and save again.' : 'Check the rights on the file and its folder.',
        cause: thrown,
      },
    )
  } finally {
    if (temporary !== undefined) rmSync(temporary, { force: true })
  }
}

/** Makes the new name last over a loss of power, where the system knows how. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function changedSince(file: string): SwitchyardError {
  return new SwitchyardError('CONFIG_CHANGED', `${file} was changed since it was read. Nothing was written.`, {
    hint: 'Look at the change again on what the file says now, then save.',
  })
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
