import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import Sqlite from 'better-sqlite3'
import { type WorkspaceConfig, workspaceConfigSchema } from '#shared/config/workspace-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { storeError } from '#main/stores/store-error.ts'
import { readYamlFile } from './yaml-file.ts'

/** Names inside a workspace folder. */
export const CONFIG_FILE = 'switchyard.yaml'
/** Says where the headless server of a workspace listens. It holds the token and is readable by its owner only. */
export const ENDPOINT_FILE = 'engine.json'
const FOLDERS = ['store', 'exports', 'snapshots', 'logs']

export const CONFIG_HINT = 'Correct the file; docs/configuration.md explains every key.'

/**
 * Reads `switchyard.yaml` of a workspace folder.
 *
 * @throws {SwitchyardError} WORKSPACE_NOT_FOUND when the folder has none; CONFIG_INVALID, naming line and key of every problem.
 */
export function readConfig(folder: string): WorkspaceConfig {
  const file = readYamlFile(join(folder, CONFIG_FILE), CONFIG_HINT)
  if (file === null) {
    throw new SwitchyardError(
      'WORKSPACE_NOT_FOUND',
      `${resolve(folder)} is not a workspace: it has no ${CONFIG_FILE}.`,
      {
        hint: `Create one with "switchyard init --workspace ${folder}", or name another folder with --workspace.`,
      },
    )
  }
  return file.parse(workspaceConfigSchema)
}

/**
 * Makes a workspace folder with a configuration, which the caller has checked; an existing one is never overwritten.
 *
 * @throws {SwitchyardError} WORKSPACE_EXISTS, or IO_ERROR, which can leave empty folders behind but no configuration.
 */
export function createWorkspace(folder: string, configText: string): void {
  const path = join(folder, CONFIG_FILE)
  if (existsSync(path)) {
    throw new SwitchyardError('WORKSPACE_EXISTS', `${resolve(folder)} is a workspace already.`, {
      hint: 'Use it, or choose another folder.',
    })
  }
  try {
    mkdirSync(folder, { recursive: true })
    for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true })
    writeNewFile(path, configText)
  } catch (thrown) {
    throw ioError(folder, thrown)
  }
}

/** Writes a file that is not there yet, whole or not at all. */
function writeNewFile(path: string, text: string): void {
  const file = openSync(path, 'wx')
  try {
    try {
      writeFileSync(file, text)
    } finally {
      closeSync(file)
    }
  } catch (thrown) {
    // What a full disk has left of it would pass for a workspace.
    rmSync(path, { force: true })
    throw thrown
  }
}

/** Makes the folders of a workspace that are missing. */
export function ensureFolders(folder: string): void {
  try {
    for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true })
  } catch (thrown) {
    throw ioError(folder, thrown)
  }
}

/**
 * Removes the note of a server that was killed. Nobody serves a workspace that has just been taken, and whoever has its port now
 * must not be sent the token.
 */
function forgetEndpoint(folder: string): void {
  try {
    rmSync(join(folder, ENDPOINT_FILE), { force: true })
  } catch {
    // Something else of this name is no note that anybody would follow.
  }
}

/**
 * Takes the workspace for this process. The lock is an exclusive SQLite transaction: the operating system lets go of it when
 * the process ends, however it ends.
 *
 * @throws {SwitchyardError} WORKSPACE_LOCKED when another engine has it; STORE_NOT_A_DATABASE, DISK_FULL or IO_ERROR when the
 *   lock's file cannot be used.
 */
export function lockWorkspace(folder: string): { release(): void } {
  const file = join(folder, 'store', 'engine.lock')
  let database: Sqlite.Database | undefined
  try {
    database = new Sqlite(file, { timeout: 0 })
    database.pragma('journal_mode = DELETE')
    database.exec('begin exclusive')
  } catch (thrown) {
    database?.close()
    const isTaken = thrown instanceof Sqlite.SqliteError && thrown.code.startsWith('SQLITE_BUSY')
    if (!isTaken) throw storeError(thrown, file)
    throw new SwitchyardError('WORKSPACE_LOCKED', `Another Switchyard works in ${resolve(folder)}.`, {
      hint: 'Use that one (its console or "switchyard serve"), or close it first.',
      cause: thrown,
    })
  }
  const held = database
  forgetEndpoint(folder)
  return { release: () => held.close() }
}

function ioError(folder: string, thrown: unknown): SwitchyardError {
  return new SwitchyardError(
    'IO_ERROR',
    `${resolve(folder)} cannot be written (${thrown instanceof Error ? thrown.message : String(thrown)}).`,
    {
      hint: 'Choose a folder in which you may write.',
      cause: thrown,
    },
  )
}
