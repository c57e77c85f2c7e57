import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BUILT_IN_CALENDARS } from '#main/engine/data-folder.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { buildConsole, SCREENSHOTS } from './console-build.ts'
import { downloaded } from './console-download.ts'
import type { ConsoleHost } from './console-host.ts'
import { startConsoleHost, succeeded } from './console-host.ts'
import type { PageOptions } from './console-page.ts'
import {
  cellPosition,
  eventually,
  expectToFit,
  goTo,
  inConsole,
  region,
  SCHEMES,
  shoot,
  SIZES,
} from './console-page.ts'
import type { ConsoleWorkspace } from './console-workspace.ts'
import { makeWorkspace } from './console-workspace.ts'
import { launchChromium } from './launch-chromium.ts'

/** All but DJCO, which trades in about half of its minutes, trade in every minute. */
const SYMBOLS = ['SPY', 'AAPL', 'KO', 'AIG', 'DJCO', 'XOM']
/** XNYS was open on 23 days of October and 20 of November 2024; Friday the 29th, after Thanksgiving, ended at 13:00. */
const FETCHED = { from: '2024-10-01', to: '2024-11-29', sessions: 43 }
/** The market's one bad tick: KO on the 7th of November at 12:03 in New York. */
const BAD_TICK = { symbol: 'KO', sessionDate: '2024-11-07', ts: Date.parse('2024-11-07T17:03:00Z') / 1000 }

/** The calendar of this desk, and not the broker, ends this session at 15:00. */
const OTHER_HOURS = '2024-11-14'

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
  writeCalendar(desk.folder)
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

/** XNYS with an early close that it does not have. */
function writeCalendar(folder: string): void {
  const builtIn = readFileSync(path.join(BUILT_IN_CALENDARS, 'XNYS.yaml'), 'utf8')
  const entry = `\n  - date: '${OTHER_HOURS}'\n    close: '15:00'\n    reason: Only here\n`
  mkdirSync(path.join(folder, 'calendars'), { recursive: true })
  writeFileSync(
    path.join(folder, 'calendars', 'XNYS.yaml'),
    builtIn.replace('specialEarlyCloses:\n', (line) => `${line.trimEnd()}${entry}`),
  )
}

const onDesk = (look: (page: Page) => Promise<void>, options?: PageOptions): Promise<void> =>
  inConsole(browser, host.url, look, options)

const grid = (page: Page) => page.getByRole('application', { name: /^Quality grid/ })

async function openPage(page: Page, search = ''): Promise<void> {
  await goTo(page, `/quality${search}`, 'Data quality')
  await region(page, 'Sessions')
    .getByText(/^6 symbols by 43 sessions/)
    // In narrow windows it is not shown.
    .waitFor({ state: 'attached' })
  await region(page, 'Rules').getByRole('table').waitFor()
}

const SESSION = `?layer=findings&symbol=${BAD_TICK.symbol}&session=${BAD_TICK.sessionDate}`

const addressOf = (page: Page): Promise<URLSearchParams> =>
  page.evaluate(() => window.location.hash).then((hash) => new URLSearchParams(hash.split('?')[1] ?? ''))

/** `SYMBOL SESSION` in the address, or `FROM to TO` of a range. */
async function selected(page: Page): Promise<string> {
  const search = await addressOf(page)
  const from = `${search.get('symbol')} ${search.get('session')}`
  return search.has('to-symbol') ? `${from} to ${search.get('to-symbol')} ${search.get('to-session')}` : from
}

const rowOf = (page: Page, table: string, words: string | RegExp) =>
  page.getByRole('table', { name: table, exact: true }).locator('tbody tr', { hasText: words }).first()

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
            await session.getByText('Around bar').click()
            await session.getByRole('list', { name: 'Responses that hold the minute' }).waitFor()
            await shoot(page, name('lineage'))
            await expectToFit(page)
            await session.getByRole('button', { name: /^Acknowledge “Bad tick”/ }).click()
            await page.getByRole('textbox', { name: 'Reason' }).waitFor()
            await shoot(page, name('acknowledge'))
            await page.keyboard.press('Escape')
          },
          { scheme, ...size },
        )
      }
    }
  })

  test('shows fills, what is stale, and a session with gaps', async () => {
    await onDesk(async (page) => {
      await openPage(page, '?layer=fills&symbol=DJCO&session=2024-11-08')
      const session = region(page, 'DJCO 2024-11-08')
      await session.getByRole('list', { name: 'What can be done' }).waitFor()
      await shoot(page, 'quality-fills')
      // A run of more minutes than are filled is left out, and the reason is known.
      const { bars, openTs } = await client.quality.session({ symbol: 'DJCO', sessionDate: '2024-11-08' })
      const there = new Set(bars.ts)
      const missing = Array.from({ length: 390 }, (_, minute) => openTs + minute * 60).find((ts) => !there.has(ts))
      await openPage(page, `?layer=fills&symbol=DJCO&session=2024-11-08&at=${missing}`)
      await session.getByText('No stored response holds this minute.').waitFor()
      await shoot(page, 'quality-no-bar')
      await openPage(page, '?layer=staleness&symbol=SPY&session=2024-11-21&to-symbol=AIG&to-session=2024-11-27')
      await region(page, 'Selected range').getByRole('list', { name: 'What can be done' }).waitFor()
      await shoot(page, 'quality-range')
      await region(page, 'Sessions').getByText('Table', { exact: true }).click()
      // A thin market is covered by less than the 99 % that the configuration asks for.
      await rowOf(page, 'Sessions', 'DJCO').getByText('Missed').waitFor()
      await expectToFit(page)
      await shoot(page, 'quality-table')
    })
  })

  test('says what fills it where nothing is stored', async () => {
    await inConsole(browser, freshHost.url, async (page) => {
      await goTo(page, '/quality', 'Data quality')
      await page.getByText('Nothing to check yet').waitFor()
      await shoot(page, 'quality-empty')
      await page.getByRole('button', { name: 'Go to ingest' }).click()
      await page.getByRole('heading', { level: 1, name: 'Ingest' }).waitFor()
      expect(await page.evaluate(() => window.location.hash)).toBe('#/ingest')
    })
  })

  test('moves in the grid with the keys, selects a range by dragging, and goes back', async () => {
    await onDesk(async (page) => {
      await openPage(page)
      await grid(page).click({ position: cellPosition(0, 10) })
      // The eleventh session of October 2024.
      await region(page, 'SPY 2024-10-15').waitFor()
      await grid(page).press('ArrowDown')
      await grid(page).press('ArrowRight')
      await region(page, 'AAPL 2024-10-16').waitFor()
      await grid(page).press('End')
      await region(page, 'AAPL 2024-11-29').getByText('09:30 to 13:00 ET, early close').waitFor()
      await grid(page).press('Home')
      await grid(page).press('PageDown')
      await eventually(() => selected(page)).toBe('XOM 2024-10-01')
      await grid(page).press('PageUp')
      await grid(page).press('Shift+ArrowRight')
      await grid(page).press('Shift+ArrowDown')
      await eventually(() => selected(page)).toBe('SPY 2024-10-01 to AAPL 2024-10-02')
      await region(page, 'Selected range').getByText('Sessions built').waitFor()
      await grid(page).press('Escape')
      await region(page, 'Selected').waitFor()

      const bounds = (await grid(page).boundingBox())!
      const at = (row: number, column: number): [number, number] => {
        const { x, y } = cellPosition(row, column)
        return [bounds.x + x, bounds.y + y]
      }
      await page.mouse.move(...at(1, 34))
      await page.mouse.down()
      await page.mouse.move(...at(2, 36))
      await page.mouse.move(...at(3, 38))
      await page.mouse.up()
      await eventually(() => selected(page)).toBe('AAPL 2024-11-18 to AIG 2024-11-22')
      // Three symbols by five sessions, of which three were revised: those of AAPL from the 18th to the 20th.
      const counts = region(page, 'Selected range').locator('dl')
      await eventually(() => counts.innerText()).toMatch(/Sessions built\s+15/)
      expect(await counts.innerText()).toMatch(/Sessions at worst\s+Warning\s+3/)
      // A click is a step; what was dragged over is none.
      await page.mouse.click(...at(0, 0))
      await eventually(() => selected(page)).toBe('SPY 2024-10-01')
      await page.goBack()
      await eventually(() => selected(page)).toBe('AAPL 2024-11-18 to AIG 2024-11-22')
      await page.goForward()
      await region(page, 'SPY 2024-10-01').waitFor()
    })
  })

  test('opens a link to a bar, moves from bar to bar, and says where each comes from', async () => {
    await onDesk(async (page) => {
      await openPage(page, `${SESSION}&at=${BAD_TICK.ts}`)
      const session = region(page, `${BAD_TICK.symbol} ${BAD_TICK.sessionDate}`)
      const origin = session.getByRole('region', { name: 'Origin of the bar 12:03 ET' })
      await origin.getByRole('list', { name: 'Responses that hold the minute' }).waitFor()
      const { bar } = await client.quality.explain({ symbol: BAD_TICK.symbol, at: '2024-11-07T12:03' })
      await origin
        .getByRole('table', { name: 'Versions of the bar' })
        .getByText(bar!.close!.toFixed(2))
        .first()
        .waitFor()
      await session.getByRole('application', { name: /^Bars of KO/ }).press('ArrowRight')
      await session.getByRole('region', { name: 'Origin of the bar 12:04 ET' }).waitFor()
      // A click in the chart chooses the bar under the pointer: one of the last ones at its right end.
      const chart = session.getByRole('application', { name: /^Bars of KO/ })
      const { width } = (await chart.boundingBox())!
      await chart.click({ position: { x: width - 14, y: 60 } })
      await session.getByRole('region', { name: /^Origin of the bar 15:5\d ET$/ }).waitFor()
      await session.getByRole('button', { name: 'As table' }).click()
      await openPage(page, `${SESSION}&at=${BAD_TICK.ts + 60}`)
      await rowOf(page, 'Bars of KO, 2024-11-07', '12:04').press('ArrowUp')
      await origin.waitFor()
      expect((await addressOf(page)).get('at')).toBe(String(BAD_TICK.ts))
      const picture = await downloaded(page, () => session.getByRole('button', { name: 'Export PNG' }).click())
      writeFileSync(path.join(SCREENSHOTS, 'quality-exported.png'), picture.bytes)
      expect(picture.name).toBe('KO_2024-11-07_curated.png')
      const { bytes, name } = await downloaded(page, () => session.getByRole('button', { name: 'Export CSV' }).click())
      expect(name).toBe('KO_2024-11-07_curated.csv')
      const lines = bytes.toString('utf8').trimEnd().split('\r\n')
      expect(lines).toHaveLength(1 + 390)
      const line = lines.find((text) => text.startsWith('2024-11-07T17:03:00Z'))
      expect(line?.split(',')).toEqual([
        '2024-11-07T17:03:00Z',
        '2024-11-07T12:03:00-05:00',
        ...[bar!.open, bar!.high, bar!.low, bar!.close, bar!.volume].map(String),
        'suspect',
      ])
    })
  })

  test('shows every answer that had a revised bar, and the bars around a finding', async () => {
    const [revision] = await client.quality.findings({ symbols: ['AAPL'], rule: 'revised_prices' })
    const { symbol, sessionDate, ts } = revision
    const { origins } = await client.quality.explain({ symbol, at: new Date(ts * 1000).toISOString() })
    await onDesk(async (page) => {
      await openPage(page, `?layer=findings&symbol=${symbol}&session=${sessionDate}&at=${ts}`)
      const session = region(page, `${symbol} ${sessionDate}`)
      const responses = session.getByRole('list', { name: 'Responses that hold the minute' })
      await eventually(() => responses.getByRole('listitem').count()).toBe(origins.length)
      // Of several answers the newest counts.
      expect(
        (await responses.getByRole('listitem').allInnerTexts()).filter((text) => /^Used$/m.test(text)),
      ).toHaveLength(1)
      for (const title of ['Build', 'What the request log proves', 'The symbol’s normal', 'Configuration and rules']) {
        await session.locator('summary', { hasText: title }).click()
      }
      await shoot(page, 'quality-lineage-unfolded')
      await session.locator('summary', { hasText: 'The symbol’s normal' }).scrollIntoViewIfNeeded()
      await shoot(page, 'quality-lineage-normal')
      await openPage(page, SESSION)
      const bad = region(page, `${BAD_TICK.symbol} ${BAD_TICK.sessionDate}`)
      await bad.getByRole('button', { name: 'Bars around 12:03 ET' }).click()
      await bad.getByRole('table', { name: 'Bars around 12:03 ET, as received' }).getByText('Found 12:03').waitFor()
      await bad.getByRole('application', { name: /^Bars of KO/ }).hover({ position: { x: 240, y: 60 } })
      await page.locator('.recharts-tooltip-wrapper dl').first().waitFor()
      await shoot(page, 'quality-context')
    })
  })

  test('chooses a rule and shows its findings, and the session of one of them', async () => {
    await onDesk(async (page) => {
      await openPage(page, '?layer=findings')
      await rowOf(page, 'Rules', 'Prices revised').click()
      const findings = page.getByRole('table', { name: 'Findings', exact: true }).locator('tbody tr')
      // Two symbols, three sessions.
      await eventually(() => findings.count()).toBe(6)
      await region(page, 'Rules').getByText('A later answer has other prices for the same minute.').waitFor()
      await findings.filter({ hasText: '2024-11-19' }).filter({ hasText: 'SPY' }).click()
      await region(page, 'SPY 2024-11-19')
        .getByRole('list', { name: 'Findings of the session' })
        .getByText('Prices revised', { exact: true })
        .waitFor()
      await rowOf(page, 'Rules', 'Prices revised').click()
      await eventually(() => findings.count()).toBeGreaterThan(6)
      await region(page, 'Findings').getByText('Errors', { exact: true }).click()
      await eventually(() => findings.allInnerTexts()).toEqual([expect.stringContaining('Bad tick')])
    })
  })

  test('acknowledges a finding, which stays counted, and reopens it', async () => {
    await onDesk(async (page) => {
      await openPage(page, SESSION)
      const session = region(page, `${BAD_TICK.symbol} ${BAD_TICK.sessionDate}`)
      const badge = page.getByRole('navigation').getByTitle('Open errors and warnings')
      const open = Number(await badge.innerText())
      await session.getByRole('button', { name: /^Acknowledge “Bad tick”/ }).click()
      await page.getByText('Not possible now: Write the reason first.').waitFor()
      await page.getByRole('textbox', { name: 'Reason' }).fill('Seen on the tape: a bad print, corrected at 12:04.')
      await page.getByRole('textbox', { name: 'Signed by' }).fill('desk')
      await page.getByRole('button', { name: 'Acknowledge 1 finding', exact: true }).click()
      await session.getByText('by desk').waitFor()
      await session.getByRole('button', { name: /^Reopen “Bad tick”/ }).waitFor()
      await eventually(() => badge.innerText()).toBe(String(open - 1))
      // Still one finding of the rule, none of it open, one signed.
      await eventually(async () =>
        (await rowOf(page, 'Rules', 'Bad tick').innerText()).split(/\s+/).slice(3, 6),
      ).toEqual(['1', '0', '1'])
      await shoot(page, 'quality-acknowledged')
      const [finding] = await client.quality.findings({ rule: 'bad_tick' })
      expect(finding.acknowledgement).toMatchObject({ author: 'desk' })
      await session.getByRole('button', { name: /^Reopen “Bad tick”/ }).click()
      const again = session.getByRole('button', { name: /^Acknowledge “Bad tick”/ })
      await again.click()
      // The name is remembered, the reason is not.
      expect(await page.getByRole('textbox', { name: 'Signed by' }).inputValue()).toBe('desk')
      expect(await page.getByRole('textbox', { name: 'Reason' }).inputValue()).toBe('')
      await eventually(() => badge.innerText()).toBe(String(open))
    })
  })

  test('acknowledges everything that is open in a range', async () => {
    const range = { symbols: ['AAPL'], from: '2024-11-18', to: '2024-11-20' }
    const before = await client.quality.findings(range)
    expect(before.length).toBeGreaterThan(0)
    await onDesk(async (page) => {
      await openPage(page, '?layer=findings&symbol=AAPL&session=2024-11-18&to-symbol=AAPL&to-session=2024-11-20')
      await region(page, 'Selected range').getByRole('button', { name: 'Acknowledge all…' }).click()
      await page.getByRole('textbox', { name: 'Reason' }).fill('The broker corrected these days.')
      await page.getByRole('textbox', { name: 'Signed by' }).fill('desk')
      await page.getByRole('button', { name: `Acknowledge ${before.length} findings`, exact: true }).click()
      await region(page, 'Selected range')
        .getByRole('button', { name: 'Acknowledge all…' })
        .waitFor({ state: 'detached' })
      await shoot(page, 'quality-range-acknowledged')
    })
    expect(await client.quality.findings({ ...range, open: true })).toEqual([])
    expect(await client.quality.findings(range)).toHaveLength(before.length)
  })

  test('asks again for a session after a preview, and rebuilds it', async () => {
    await onDesk(async (page) => {
      await openPage(page, '?layer=staleness&symbol=AIG&session=2024-11-12')
      const session = region(page, 'AIG 2024-11-12')
      await session.getByRole('button', { name: 'Ask again…' }).click()
      await eventually(() => page.getByRole('list', { name: 'What it would take' }).innerText()).toMatch(
        /1\s*session\s*1\s*request,.*\s*390\s*bars at most/s,
      )
      await shoot(page, 'quality-refetch')
      desk.line.holdAfter(0)
      await page.getByRole('button', { name: 'Ask again', exact: true }).click()
      await region(page, 'Ingest').getByRole('button', { name: 'Cancel Ingest' }).waitFor()
      await shoot(page, 'quality-running')
      desk.line.release()
      await session.getByText(/^Stale: /).waitFor()
      const { requests } = await client.ingest.session({ symbol: 'AIG', sessionDate: '2024-11-12' })
      expect(requests.some(({ purpose }) => purpose === 'refetch')).toBe(true)
      await session.getByRole('button', { name: 'Rebuild…' }).click()
      await eventually(() => page.getByRole('list', { name: 'Sessions to build, by cause' }).innerText()).toMatch(
        /^1\s*New responses\./,
      )
      await shoot(page, 'quality-rebuild')
      await page.getByRole('button', { name: 'Rebuild', exact: true }).click()
      await session.getByText(/^Stale: /).waitFor({ state: 'detached' })
      expect((await client.quality.session({ symbol: 'AIG', sessionDate: '2024-11-12' })).stale).toBeUndefined()
    })
  })

  test('decides whose hours hold where calendar and broker differ', async () => {
    await onDesk(async (page) => {
      await openPage(page, `?layer=findings&symbol=AIG&session=${OTHER_HOURS}`)
      const session = region(page, `AIG ${OTHER_HOURS}`)
      await session.getByText('Built for 09:30 to 15:00 ET. The broker has 09:30 to 16:00 ET.').waitFor()
      await session
        .getByRole('button', { name: /^Bars around|^Acknowledge “Calendar/ })
        .first()
        .waitFor()
      await session.getByRole('button', { name: 'Decide whose hours hold…' }).click()
      await page.getByRole('radiogroup', { name: 'Whose hours hold' }).getByText('Broker').click()
      await page.getByRole('textbox', { name: 'Reason' }).fill('The exchange was open until 16:00.')
      await page.getByRole('textbox', { name: 'Signed by' }).fill('desk')
      await shoot(page, 'quality-hours')
      await page.getByRole('button', { name: 'Let the broker hold' }).click()
      await session.getByText('The broker’s hours hold').waitFor()
      await session.getByText('Stale: hours changed').waitFor()
      await session.getByRole('button', { name: 'Rebuild…' }).click()
      await page.getByRole('button', { name: 'Rebuild', exact: true }).click()
      await session.getByText('09:30 to 16:00 ET', { exact: true }).waitFor()
      await session.getByText('390 bars, no gap.').waitFor()
      const { hoursDecision, closeTs } = await client.quality.session({ symbol: 'AIG', sessionDate: OTHER_HOURS })
      expect(hoursDecision).toMatchObject({ holds: 'broker', author: 'desk' })
      expect(closeTs).toBe(Date.parse('2024-11-14T21:00:00Z') / 1000)
      await shoot(page, 'quality-hours-decided')
    })
  })

  test('rebuilds all that is stale after a preview', async () => {
    await onDesk(async (page) => {
      await openPage(page, '?layer=staleness')
      const before = await client.transform.plan({})
      await page.getByRole('button', { name: 'Rebuild all stale…' }).click()
      const causes = page.getByRole('list', { name: 'Sessions to build, by cause' })
      await eventually(() => causes.innerText()).toContain('Not built.')
      await shoot(page, 'quality-rebuild-all')
      await page.getByRole('button', { name: 'Rebuild stale sessions' }).click()
      await eventually(async () => (await client.transform.plan({})).sessionsToBuild).toBe(0)
      expect(before.sessionsToBuild).toBeGreaterThan(0)
      const state = region(page, 'State')
      await state.getByText('Up to date').waitFor()
      await page.getByRole('button', { name: 'Rebuild all stale…' }).click()
      await page.getByText('Not possible now: Nothing is stale.').waitFor()
    })
  })
})
