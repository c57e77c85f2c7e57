import { accessSync, constants, existsSync } from 'node:fs'
import { chromium } from 'playwright'
import type { Browser, BrowserServer } from 'playwright'

/** Where Debian's package puts its Chromium. */
const DEBIAN_CHROMIUM = '/usr/bin/chromium'

/**
 * The Chromium to test with: `CHROMIUM_PATH` if set, else the one that Playwright downloaded, else Debian's package.
 * Throws, saying how to get one, when there is none, and when `CHROMIUM_PATH` names no executable file.
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['CHROMIUM_PATH']
  if (chosen !== undefined && chosen !== '') {
    accessSync(chosen, constants.X_OK)
    return chosen
  }
  for (const candidate of [chromium.executablePath(), DEBIAN_CHROMIUM]) {
    if (existsSync(candidate)) return candidate
  }
  throw new Error(
    'No Chromium was found. Run "npx playwright install chromium", or install the package "chromium", ' +
      'or set CHROMIUM_PATH to an executable.',
  )
}

/** Switches that keep a browser under test quiet and off the network. As root Chromium's own sandbox cannot work. */
function switches(): string[] {
  const quiet = [
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ]
  return process.getuid?.() === 0 ? ['--no-sandbox', ...quiet] : quiet
}

/** Starts a headless Chromium for this process. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: switches() })
}

/** Starts a headless Chromium that other processes can use through its `wsEndpoint()`; `more` are further switches. */
export function serveChromium(more: readonly string[] = []): Promise<BrowserServer> {
  return chromium.launchServer({ executablePath: findChromium(), args: [...switches(), ...more] })
}
