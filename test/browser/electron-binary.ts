import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** The real Electron runtime, or why it cannot be used here. */
export type ElectronBinary =
  | { readonly kind: 'found'; readonly executable: string }
  | { readonly kind: 'absent'; readonly reason: string }

/**
 * Looks for the runtime that the `electron` package downloads on first use. Looking must not start that download, so the package
 * itself is not loaded. `ELECTRON_OVERRIDE_DIST_PATH` names the folder of a runtime that was put there by hand, as for the package.
 */
export function findElectron(environment: NodeJS.ProcessEnv = process.env): ElectronBinary {
  if (process.platform === 'linux' && !environment['DISPLAY'] && !environment['WAYLAND_DISPLAY']) {
    return { kind: 'absent', reason: 'there is no display; start the tests with xvfb-run to give them one' }
  }
  const folder = path.dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  const note = path.join(folder, 'path.txt')
  const override = environment['ELECTRON_OVERRIDE_DIST_PATH']
  if (override === undefined && !existsSync(note)) {
    return { kind: 'absent', reason: 'the Electron runtime is not installed; "npx install-electron" downloads it' }
  }
  const name = existsSync(note) ? readFileSync(note, 'utf8').trim() : 'electron'
  const executable = path.join(override ?? path.join(folder, 'dist'), name)
  return existsSync(executable)
    ? { kind: 'found', executable }
    : { kind: 'absent', reason: `${executable} is missing; "npx install-electron" downloads it` }
}
