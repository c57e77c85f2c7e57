import { chromium } from 'playwright'
import type { BrowserContext } from 'playwright'
import { config } from './control.ts'

let context: Promise<BrowserContext> | undefined

/** The browser profile of this application run, in the Chromium that the tests share. */
export function browserContext(): Promise<BrowserContext> {
  context ??= chromium.connect(config.browser).then((browser) => browser.newContext({ viewport: null }))
  return context
}
