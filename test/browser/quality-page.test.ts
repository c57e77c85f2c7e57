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

/** All but DJCO, which trades in about half of its minutes, trade in every minute. */
const SYMBOLS = ['SPY', 'AAPL', 'KO', 'AIG', 'DJCO', 'XOM']
/** XNYS was open on 23 days of October and 20 of November 2024; Friday the 29th, after Thanksgiving, ended at 13:00. */
const FETCHED = { from: '2024-10-01', to: '2024-11-29', sessions: 43 }
/** The market's one bad tick: KO on the 7th of November at 12:03 in New York. */
const BAD_TICK = { symbol: 'KO', sessionDate: '2024-11-07', ts: Date.parse('2024-11-07T17:03:00Z') / 1000 }

let browser: Browser
let desk: ConsoleWorkspace
let host: ConsoleHost
let fresh: ConsoleWorkspace
let freshHost: ConsoleHost
let client: EngineClient

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const renderer = await buildConsole('renderer-quality')
  browser = await launchChromium()
  desk = await makeWorkspace('desk-quality', {
    symbols: SYMBOLS,
    marketFrom: '2024-10-01',
    answerMs: 5,
    tws: '  verify: { retryDelayMs: 20 }\n',
  })
  host = await startConsoleHost(desk.folder, renderer)
  client = await host.client()
  const { simulator } = desk
  const { from, to } = FETCHED
  simulator.inject({ kind: 'repeatedBars', bars: 4, when: { symbol: 'AIG', request: 3 } })
  await succeeded(client, await client.ingest.start({ symbols: ['SPY', 'AAPL', 'KO', 'AIG', 'DJCO'], from, to }))
  await succeeded(client, await client.ingest.start({ symbols: ['XOM'], from: '2024-11-11', to }))
  simulator.inject({ kind: 'revisedHistory', share: 0.05 })
  const revised = { symbols: ['AAPL', 'SPY'], from: '2024-11-18', to: '2024-11-20', refetch: true }
  // Given out once before it is revised.
  await succeeded(client, await client.ingest.start(revised))
  await succeeded(client, await client.ingest.start(revised))
  await succeeded(client, await client.transform.start({}))
  const stale = { symbols: ['SPY', 'KO'], from: '2024-11-21', to: '2024-11-25', refetch: true }
  await succeeded(client, await client.ingest.start(stale))
  await succeeded(client, await client.ingest.start(stale))
  await succeeded(client, await client.ingest.start({ symbols: ['XOM'], from: '2024-11-06', to: '2024-11-08' }))
  fresh = await makeWorkspace('fresh')
  freshHost = await startConsoleHost(fresh.folder, renderer)
})

afterAll(async () => {
  await browser?.close()
  await host?.stop()
  await freshHost?.stop()
  await desk?.remove()
  await fresh?.remove()
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

const grid = (page: Page) => page.getByRole('application', { name: /^Quality grid/ })

async function openPage(page: Page, search = ''): Promise<void> {
  await goTo(page, `/quality${search}`, 'Data quality')
  await region(page, 'Sessions').getByText(/^6 symbols by 43 sessions/).waitFor()
  await region(page, 'Rules').getByRole('table').waitFor()
}

const SESSION = `?layer=findings&symbol=${BAD_TICK.symbol}&session=${BAD_TICK.sessionDate}`

describe('the quality page', () => {
  test('shows the state of all sessions, one session, and the origin of a bar', async () => {
    for (const scheme of SCHEMES) {
      for (const size of SIZES) {
        const name = (what: string): string => `quality-${what}-${scheme}-${size.width}`
        await onDesk(
          async (page) => {
            await openPage(page)
            await shoot(page, name('page'))
            await expectToFit(page)
            await openPage(page, SESSION)
            const session = region(page, `${BAD_TICK.symbol} ${BAD_TICK.sessionDate}`)
            await session.getByRole('list', { name: 'What can be done' }).waitFor()
            await shoot(page, name('session'))
            await expectToFit(page)
            await session.getByRole('list', { name: 'What can be done' }).scrollIntoViewIfNeeded()
            await shoot(page, name('session-lower'))
            await openPage(page, `${SESSION}&at=${BAD_TICK.ts}&rule=bad_tick`)
            await session.getByRole('list', { name: 'Responses that hold the minute' }).scrollIntoViewIfNeeded()
            await shoot(page, name('lineage'))
            await page.getByRole('table', { name: 'Findings', exact: true }).scrollIntoViewIfNeeded()
            await shoot(page, name('findings'))
            await expectToFit(page)
          },
          { scheme, ...size },
        )
      }
    }
  })
})
