import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright'
import { expect } from 'vitest'
import { SCREENSHOTS } from './console-build.ts'

export const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 700 },
] as const
export const SCHEMES = ['light', 'dark'] as const

/** Fails when something is wider than the page. */
export async function expectToFit(page: Page): Promise<void> {
  const [content, room] = await page.evaluate(() => {
    const main = document.querySelector('main')!
    return [main.scrollWidth, main.clientWidth]
  })
  expect(content).toBeLessThanOrEqual(room)
}

/** The middle of a cell of a grid of sessions, counted from the first symbol and the first session. */
export const cellPosition = (row: number, column: number) => ({ x: 76 + column * 14 + 6, y: 24 + row * 14 + 6 })

export type Scheme = (typeof SCHEMES)[number]

export interface PageOptions {
  readonly scheme?: Scheme
  readonly width?: number
  readonly height?: number
  /** Problems that the test itself brings about. */
  readonly allowed?: RegExp
}

/** What a browser itself says when a server is away or turns a page away; no script can keep it from that. */
export const NETWORK_NOISE = /^error: (WebSocket connection to|Failed to load resource)/

/**
 * Opens `url` in a browser context of its own, runs `look`, and fails on every console error or warning, thrown error and
 * unhandled rejection from the page's first moment on, but for what `allowed` matches.
 */
export async function inConsole(
  browser: Browser,
  url: string,
  look: (page: Page) => Promise<void>,
  options: PageOptions = {},
): Promise<void> {
  const { scheme = 'light', width = 1440, height = 900, allowed } = options
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    // A zone unlike the exchange's, so that a time in the wrong one is seen.
    timezoneId: 'Europe/Berlin',
    locale: 'en-US',
  })
  try {
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (message) => {
      const type = message.type()
      if (type === 'error' || type === 'warning') problems.push(`${type}: ${message.text()}`)
    })
    // Unhandled rejections are page errors, too.
    page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`))
    await page.goto(url)
    await look(page)
    expect(problems.filter((problem) => allowed?.test(problem) !== true)).toEqual([])
  } finally {
    await context.close()
  }
}

/** Goes to an address inside the console without loading it anew, and waits for the page's title. */
export async function goTo(page: Page, hash: string, title: string): Promise<void> {
  await page.evaluate((to) => {
    window.location.hash = to
  }, hash)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

/** Polls until `read` brings what the assertion wants. */
export function eventually<T>(read: () => Promise<T> | T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 20_000, interval: 50 })
}

/** The value of a labelled fact or figure (`dt` and `dd`) within `scope`. */
export function fact(scope: Locator, label: string): Locator {
  return scope.locator(`dl > div:has(> dt:text-is("${label}")) > dd`).first()
}

/** What a screen reader says about an element after its name. */
export function descriptionOf(element: Locator): Promise<string> {
  return element.evaluate((described) =>
    (described.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' '),
  )
}

/** The part of a page with this name. */
export function region(page: Page, name: string): Locator {
  return page.getByRole('region', { name, exact: true })
}

/** The cells of the row of a table that begins with `first`. */
export async function cells(page: Page, table: string, first: string): Promise<string[]> {
  const row = page.getByRole('table', { name: table, exact: true }).locator('tbody tr', {
    has: page.locator(`td:first-child:text-is("${first}"), td:first-child :text-is("${first}")`),
  })
  return row.first().locator('td').allInnerTexts()
}

/** Marks the loaded document, so that a test can tell whether the page was loaded anew since. */
export async function markDocument(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => {
    document.documentElement.dataset['marked'] = 'yes'
  })
  return () => page.evaluate(() => document.documentElement.dataset['marked'] === 'yes')
}

/** Saves a picture of what the window shows. */
export const shoot = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) })
