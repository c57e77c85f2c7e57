import { readdirSync, type Stats, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { FolderListing } from '#shared/contract/old-data.ts'
import { SwitchyardError } from '#shared/errors.ts'

const MOST_ENTRIES = 1_000
/** Folders of which that many names are looked at: the rest is counted only. */
const MOST_NAMES = 20_000

/**
 * Lists a folder so that a file can be chosen in it: folders first, then files with their sizes. Nothing is opened.
 *
 * @throws {SwitchyardError} NOT_FOUND when there is no such folder, IO_ERROR when it may not be read.
 */
export function listFolder(folder: string): FolderListing {
  const path = resolve(folder)
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new SwitchyardError('NOT_FOUND', `There is no folder ${path}.`, {
        hint: 'A path that does not begin with a slash starts at the workspace folder.',
        cause: thrown,
      })
    }
    throw new SwitchyardError('IO_ERROR', `${path} cannot be read (${String(code ?? thrown)}).`, {
      hint: 'Check the rights on the folder.',
      cause: thrown,
    })
  }
  const visible = names.filter((name) => !name.startsWith('.')).sort()
  const entries = visible.slice(0, MOST_NAMES).flatMap((name): FolderListing['entries'] => {
    const stats = statsOf(join(path, name))
    if (stats === undefined) return []
    if (stats.isDirectory()) return [{ name, kind: 'folder', bytes: null, modifiedAtMs: stats.mtimeMs }]
    return stats.isFile() ? [{ name, kind: 'file', bytes: stats.size, modifiedAtMs: stats.mtimeMs }] : []
  })
  const ordered = [...entries.filter(({ kind }) => kind === 'folder'), ...entries.filter(({ kind }) => kind === 'file')]
  const parent = dirname(path)
  return {
    folder: path,
    parent: parent === path ? null : parent,
    entries: ordered.slice(0, MOST_ENTRIES),
    more: Math.max(0, ordered.length - MOST_ENTRIES) + Math.max(0, visible.length - MOST_NAMES),
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    // A link that leads nowhere, a file that has gone since, or one that may not be looked at: nothing that can be chosen.
    return undefined
  }
}
