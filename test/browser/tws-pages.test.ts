import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineClient } from '#main/rpc/router.ts'
import { buildConsole, SCREENSHOTS } from './console-build.ts'
import type { ConsoleHost } from './console-host.ts'
import { startConsoleHost, succeeded } from './console-host.ts'
import type { PageOptions } from './console-page.ts'
import { eventually, goTo, inConsole, region } from './console-page.ts'
import type { ConsoleWorkspace } from './console-workspace.ts'
import { makeWorkspace } from './console-workspace.ts'
import { launchChromium } from './launch-chromium.ts'

/** SPY, AAPL, KO and AIG trade in every minute, DJCO in about half of them; the account may not see XOM. */
const SYMBOLS = ['SPY', 'AAPL', 'KO', 'AIG', 'DJCO', 'XOM']
/** XNYS was open on twenty days of November 2024; the 28th was Thanksgiving, the 29th ended at 13:00. */
const NOVEMBER = { from: '2024-11-01', to: '2024-11-29', sessions: 20 }
/** A broken farm, a lost TWS: the next attempt is far enough away to be read. */
const PATIENT = '  reconnect: { initialDelayMs: 60000 }\n  verify: { retryDelayMs: 20 }\n'

let browser: Browser
let desk: ConsoleWorkspace
let host: ConsoleHost
let client: EngineClient

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const renderer = await buildConsole('renderer-tws')
  browser = await launchChromium()
  desk = await makeWorkspace('desk-tws', { symbols: SYMBOLS, marketFrom: '2024-10-01', answerMs: 20, tws: PATIENT })
  host = await startConsoleHost(desk.folder, renderer)
  client = await host.client()
  const { simulator } = desk
  const range = { from: NOVEMBER.from, to: NOVEMBER.to }
  await succeeded(client, await client.ingest.start({ ...range, symbols: ['SPY', 'AAPL', 'DJCO'] }))
  await succeeded(client, await client.ingest.start({ symbols: ['KO'], from: '2024-11-11', to: '2024-11-22' }))
  simulator.inject({ kind: 'lots', on: true })
  const lots = { symbols: ['KO'], from: '2024-11-20', to: '2024-11-21', refetch: true }
  await succeeded(client, await client.ingest.start(lots))
  simulator.inject({ kind: 'lots', on: false })
  simulator.inject({ kind: 'revisedHistory', share: 0.05 })
  const revised = { symbols: ['AAPL'], from: '2024-11-25', to: '2024-11-26', refetch: true }
  await succeeded(client, await client.ingest.start(revised))
  simulator.setSymbolCondition('XOM', 'noPermission')
  await succeeded(client, await client.ingest.start({ symbols: ['DJCO', 'XOM'], from: '2024-10-21', to: '2024-10-25' }))
})

afterAll(async () => {
  await browser?.close()
  await host?.stop()
  await desk?.remove()
})

const onDesk = (look: (page: Page) => Promise<void>, options?: PageOptions): Promise<void> =>
  inConsole(browser, host.url, look, options)

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 700 },
] as const
const SCHEMES = ['light', 'dark'] as const

const shoot = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) })

/** Fails when something is wider than the page. */
async function expectToFit(page: Page): Promise<void> {
  const [content, room] = await page.evaluate(() => {
    const main = document.querySelector('main')!
    return [main.scrollWidth, main.clientWidth]
  })
  expect(content).toBeLessThanOrEqual(room)
}

const grid = (page: Page) => page.getByRole('application', { name: /^Coverage grid/ })

async function showSessions(page: Page, from: string, to: string): Promise<void> {
  await page.getByRole('textbox', { name: 'First session' }).fill(from)
  await page.getByRole('textbox', { name: 'Last session' }).fill(to)
}

/** The middle of a cell, counted from the first symbol and the first session. */
const cellPosition = (row: number, column: number) => ({ x: 76 + column * 14 + 6, y: 24 + row * 14 + 6 })

describe('the ingest page', () => {
  test('shows a paused run, the coverage, and what needs a look', async () => {
    desk.line.holdAfter(1)
    const job = await client.ingest.start({ symbols: ['SPY', 'AIG'], from: '2024-12-02', to: '2024-12-13' })
    await eventually(async () => (await client.ingest.activity()).requests.length).toBe(1)
    const live = await client.live.start({ symbols: ['SPY', 'DJCO'] })
    await client.jobs.pause({ id: job.id })
    for (const scheme of SCHEMES) {
      for (const size of SIZES) {
        await onDesk(
          async (page) => {
            await goTo(page, '/ingest', 'Ingest')
            await showSessions(page, '2024-10-14', '2024-12-20')
            await region(page, 'Paused').getByRole('button', { name: 'Resume Ingest' }).waitFor()
            await grid(page).waitFor()
            await page.waitForTimeout(600)
            // DJCO on the first of November.
            await grid(page).click({ position: cellPosition(4, 14) })
            await page.getByRole('list', { name: 'Requests made for this session' }).waitFor()
            await shoot(page, `ingest-paused-${scheme}-${size.width}`)
            await expectToFit(page)
            await grid(page).scrollIntoViewIfNeeded()
            await region(page, 'Revisions').getByRole('table').scrollIntoViewIfNeeded()
            await page.waitForTimeout(200)
            await shoot(page, `ingest-lower-${scheme}-${size.width}`)
          },
          { scheme, ...size },
        )
      }
    }
    desk.line.release()
    await client.jobs.resume({ id: job.id })
    await succeeded(client, await client.jobs.get({ id: job.id }))
    await client.jobs.cancel({ id: live.id })
  })
})

describe('the connection page', () => {
  test('shows limits, farms and log', async () => {
    for (const scheme of SCHEMES) {
      for (const size of SIZES) {
        await onDesk(
          async (page) => {
            await goTo(page, '/connection', 'Connection')
            await page.getByRole('table', { name: 'Event log' }).locator('tbody tr').first().waitFor()
            await page.waitForTimeout(300)
            await shoot(page, `connection-${scheme}-${size.width}`)
            await expectToFit(page)
          },
          { scheme, ...size },
        )
      }
    }
  })
})
