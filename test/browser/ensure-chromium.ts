import { spawnSync } from 'node:child_process'
import { findChromium } from './launch-chromium.ts'

/**
 * Makes sure that there is a Chromium for the browser tests: one that is there, else Playwright's download, else Debian's
 * package. Run before the tests.
 */

function found(): string | undefined {
  try {
    return findChromium()
  } catch {
    return undefined
  }
}

function run(command: string, ...args: string[]): boolean {
  console.log(`$ ${command} ${args.join(' ')}`)
  return spawnSync(command, args, { stdio: 'inherit', timeout: 300_000 }).status === 0
}

const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']

function apt(...args: string[]): boolean {
  const [command, ...rest] = [...asRoot, 'apt-get', ...args]
  return run(command, ...rest)
}

const attempts = [
  () => run(process.execPath, 'node_modules/playwright/cli.js', 'install', 'chromium'),
  () => apt('update') && apt('install', '-y', '--no-install-recommends', 'chromium'),
]

for (const attempt of attempts) {
  if (found() !== undefined) break
  attempt()
}
const path = found()
if (path === undefined) {
  console.error('No Chromium could be had. Install one and set CHROMIUM_PATH to it, then run the tests again.')
  process.exitCode = 1
} else console.log(`Browser tests use ${path}`)
