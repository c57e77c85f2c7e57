/**
 * Runs a main process under the emulated Electron: `node run.ts ENTRY [ARGUMENTS]`. Like Electron it loads the entry whole, then
 * becomes ready. `electron` resolves to this host for everything that is loaded.
 */
import { registerHooks } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const host = new URL('./electron.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === 'electron' ? { url: host, shortCircuit: true } : nextResolve(specifier, context),
})

const [entry, ...args] = process.argv.slice(2)
const { config } = await import('./control.ts')
// What a started application sees: its executable, its folder, its arguments.
process.argv = [process.execPath, config.appPath, ...args]

const { openHost } = await import('./open-host.ts')
const becomeReady = await openHost()
await import(pathToFileURL(path.resolve(entry)).href)
becomeReady()
