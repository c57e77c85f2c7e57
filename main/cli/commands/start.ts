import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CONFIG_FILE } from '#main/engine/workspace.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { type Command, ExitCode } from '../command.ts'
import { textOption } from '../options.ts'
import { serve } from './serve.ts'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

/** `switchyard start`: the console as a desktop program where Electron is, else in a browser. */
export const start: Command = {
  name: 'start',
  summary: 'Open the console: as a desktop program, or in a browser where Electron is not installed',
  usage: '[--workspace DIR] [--port N]',
  options: serve.options,
  run: async (input) => {
    const workspace = findWorkspace(textOption(input, 'workspace'))
    const electron = electronBinary()
    if (electron === undefined) {
      input.say('The Electron runtime is not installed here, so the console opens in a browser.')
      return serve.run({
        ...input,
        workspace,
        announce: (line) => {
          input.announce(line)
          const url = /https?:\S+/.exec(line)?.[0]
          if (url !== undefined) openBrowser(url, input.say)
        },
      })
    }
    const child = spawn(electron, [PROJECT, '--workspace', workspace], { stdio: 'inherit' })
    input.signal.addEventListener('abort', () => child.kill(), { once: true })
    const [code] = (await once(child, 'exit')) as [number | null]
    return { exitCode: code === 0 ? ExitCode.Done : ExitCode.Failed, json: undefined, text: [] }
  },
}

/** The named workspace, else the current folder, else the demo's. */
function findWorkspace(named: string | undefined): string {
  if (named !== undefined) return resolve(named)
  const found = [process.env['SWITCHYARD_WORKSPACE'] ?? '.', 'demo-workspace'].find((folder) =>
    existsSync(join(folder, CONFIG_FILE)),
  )
  if (found === undefined) {
    throw new SwitchyardError('WORKSPACE_NOT_FOUND', 'There is no workspace here.', {
      hint: 'Run "npm run demo" to make one to look at, or "npm run -s switchyard -- init --workspace DIR" to make your own and "npm start -- --workspace DIR" to open it.',
    })
  }
  return resolve(found)
}

/** Path of Electron's executable; undefined when only its npm package is there, without the runtime. */
function electronBinary(): string | undefined {
  const folder = join(PROJECT, 'node_modules', 'electron')
  const note = join(folder, 'path.txt')
  if (!existsSync(note)) return undefined
  const binary = join(folder, 'dist', readFileSync(note, 'utf8').trim())
  return existsSync(binary) ? binary : undefined
}

function openBrowser(url: string, say: (line: string) => void): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['explorer.exe', url]
        : ['xdg-open', url]
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => say('Open the address above in a browser on this machine.'))
    .unref()
}
