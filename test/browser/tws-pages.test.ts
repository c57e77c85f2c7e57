import { mkdirSync } from 'node:fs'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineClient } from '#main/rpc/router.ts'
import { buildConsole, SCREENSHOTS } from './console-build.ts'
import type { ConsoleHost } from './console-host.ts'
import { startConsoleHost, succeeded } from './console-host.ts'
import type { PageOptions } from './console-page.ts'
import {
  cellPosition,
  eventually,
  expectToFit,
  fact,
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

/** SPY, AAPL, KO and AIG trade in every minute, DJCO in about half of them; the account may not see XOM. */
const SYMBOLS = ['SPY', 'AAPL', 'KO', 'AIG', 'DJCO', 'XOM']
/** XNYS was open on twenty days of November 2024; the 28th was Thanksgiving, the 29th ended at 13:00. */
const NOVEMBER = { from: '2024-11-01', to: '2024-11-29', sessions: 20 }
/** The exchange is closed, whenever the test runs: what follows live bars waits. */
const SUNDAY = '2026-01-11T17:00:00Z'
/** A broken farm, a lost TWS: the next attempt is far enough away to be read. */
const PATIENT = '  reconnect: { initialDelayMs: 60000 }\n  verify: { retryDelayMs: 20 }\n'

let browser: Browser
let renderer: string
let desk: ConsoleWorkspace
let host: ConsoleHost
let client: EngineClient

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  renderer = await buildConsole('renderer-tws')
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

const row = (page: Page, table: string) =>
  page.getByRole('table', { name: table, exact: true }).locator('tbody tr').first()

const grid = (page: Page) => page.getByRole('application', { name: /^Coverage grid/ })

async function showSessions(page: Page, from: string, to: string): Promise<void> {
  await page.getByRole('textbox', { name: 'First session' }).fill(from)
  await page.getByRole('textbox', { name: 'Last session' }).fill(to)
}

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
            await region(page, 'Coverage').getByText('6 symbols by 49 sessions').waitFor()
            await row(page, 'Revisions').waitFor()
            await row(page, 'Plan by symbol').waitFor()
            // DJCO on the first of November.
            await grid(page).click({ position: cellPosition(4, 14) })
            await page.getByRole('list', { name: 'Requests made for this session' }).waitFor()
            await shoot(page, `ingest-paused-${scheme}-${size.width}`)
            await expectToFit(page)
            await grid(page).scrollIntoViewIfNeeded()
            await region(page, 'Revisions').getByRole('table').scrollIntoViewIfNeeded()
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

  test('pauses a run, resumes it, and shows that it is done', async () => {
    desk.line.holdAfter(1)
    const job = await client.ingest.start({ symbols: ['KO', 'AIG'], from: '2024-12-16', to: '2024-12-20' })
    await onDesk(async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      await page.getByRole('button', { name: 'Pause Ingest' }).click()
      await region(page, 'Paused').getByText('Goes on where it was paused.').waitFor()
      expect((await client.jobs.get({ id: job.id })).control).toBe('pause')
      desk.line.release()
      await page.getByRole('button', { name: 'Resume Ingest' }).click()
      await eventually(async () => (await client.jobs.get({ id: job.id })).state).toBe('succeeded')
      // Two symbols, five full sessions each.
      await eventually(() => fact(region(page, 'Last run'), 'Fetched').innerText()).toMatch(/^10\s*sessions$/)
    })
  })

  test('shows what was asked for a selected session, and moves with the arrow keys', async () => {
    await onDesk(async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      await showSessions(page, '2024-10-14', '2024-12-20')
      await region(page, 'Coverage').getByText('6 symbols by 49 sessions').waitFor()
      await grid(page).click({ position: cellPosition(4, 14) })
      // Half of the minutes are without a trade, so it was asked for twice.
      const requests = region(page, 'DJCO 2024-11-01').getByRole('list', { name: 'Requests made for this session' })
      await eventually(() => requests.getByRole('listitem').count()).toBe(2)
      expect(await requests.getByRole('listitem').allInnerTexts()).toEqual([
        expect.stringContaining('Confirm, was short'),
        expect.stringContaining('First fetch'),
      ])
      await grid(page).press('ArrowRight')
      await region(page, 'DJCO 2024-11-04').waitFor()
      await grid(page).press('ArrowUp')
      await region(page, 'AIG 2024-11-04').getByText('Nobody has asked TWS for it yet.').waitFor()
      await grid(page).press('Escape')
      await region(page, 'Selected').waitFor()
    })
  })

  test('drains a run: what is under way is finished, the rest is left and can be fetched', async () => {
    desk.line.holdAfter(1)
    const job = await client.ingest.start({ symbols: ['SPY', 'AAPL'], from: '2024-10-14', to: '2024-10-25' })
    await onDesk(async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      await row(page, 'Requests under way').waitFor()
      expect(await row(page, 'Requests under way').innerText()).toMatch(
        /^(SPY|AAPL)\s+2024-10-\d\d to 2024-10-\d\d\s+First fetch/,
      )
      await shoot(page, 'ingest-running')
      await page.getByRole('button', { name: 'Drain Ingest' }).click()
      await eventually(async () => (await client.jobs.get({ id: job.id })).control).toBe('drain')
      desk.line.release()
      const last = region(page, 'Last run')
      await eventually(async () => (await client.jobs.get({ id: job.id })).state).toBe('succeeded')
      await last.getByText(/^Drained: \d+ sessions left\./).waitFor()
      await page.getByText('Nothing is being asked for at the moment.').waitFor()
    })
    const drained = await client.jobs.get({ id: job.id })
    expect((drained.result as { sessionsLeft: number }).sessionsLeft).toBeGreaterThan(0)
    await succeeded(
      client,
      await client.ingest.start({ symbols: ['SPY', 'AAPL'], from: '2024-10-14', to: '2024-10-25' }),
    )
  })

  test('asks again for what is there, and shows the coverage as a table', async () => {
    await onDesk(async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      await showSessions(page, '2024-11-11', '2024-11-12')
      await page.getByRole('combobox', { name: 'Symbols' }).fill('KO')
      await page.getByRole('option', { name: 'KO', exact: true }).click()
      await page.getByText('Every session of this range is stored.').waitFor()
      await page.getByRole('checkbox', { name: 'Ask again for what is there' }).check()
      await page.getByRole('button', { name: 'Ask again for 2 sessions' }).click()
      await eventually(async () => {
        const { requests } = await client.ingest.session({ symbol: 'KO', sessionDate: '2024-11-11' })
        return requests.map(({ purpose }) => purpose)
      }).toEqual(['refetch', 'fetch'])
      await region(page, 'Coverage').getByText('Table').click()
      const cells = await page.getByRole('table', { name: 'Coverage', exact: true }).locator('tbody tr').allInnerTexts()
      expect(cells.map((text) => text.split(/\s+/))).toEqual([
        ['KO', '2024-11-11', 'Complete', '390', '390', '100.00'],
        ['KO', '2024-11-12', 'Complete', '390', '390', '100.00'],
      ])
      await shoot(page, 'ingest-coverage-table')
    })
  })

  test('waits for a TWS that is not there when it is told to', async () => {
    await client.connection.disconnect()
    desk.simulator.inject({ kind: 'stopListening', forMs: 500 })
    const job = await client.ingest.start({ symbols: ['AIG'], from: '2024-11-04', to: '2024-11-04', waitForTws: true })
    await eventually(async () => (await client.connection.get()).state).toBe('reconnecting')
    await eventually(() => Promise.resolve(desk.simulator.isListening)).toBe(true)
    expect((await client.jobs.get({ id: job.id })).state).toBe('running')
    // The next attempt by itself is a minute away here.
    await client.connection.connect()
    await succeeded(client, job)
  })

  test('follows live bars until they are stopped', async () => {
    const sunday = await makeWorkspace('desk-sunday', { symbols: ['SPY'] })
    const closed = await startConsoleHost(sunday.folder, renderer, { now: SUNDAY })
    await inConsole(browser, closed.url, async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      const live = region(page, 'Live bars')
      await live.getByRole('button', { name: 'Follow live…' }).click()
      await page.getByRole('button', { name: 'Follow live bars' }).click()
      await live.getByRole('button', { name: /^Stop/ }).waitFor()
      await eventually(() => row(page, 'Live symbols').innerText()).toContain('Waiting for the session of')
      await live.getByRole('button', { name: /^Stop/ }).click()
      await live.getByRole('button', { name: 'Follow live…' }).waitFor()
      await eventually(() => row(page, 'Live symbols').innerText()).toContain('No longer followed.')
    })
    const [newest] = (await (await closed.client()).jobs.list({ limit: 50 })).filter(({ kind }) => kind === 'live')
    expect(newest.state).toBe('cancelled')
    await closed.stop()
    await sunday.remove()
  })

  test('lists what failed and fetches it when it is tried again', async () => {
    const again = await client.ingest.start({ symbols: ['XOM'], from: '2024-10-21', to: '2024-10-25' })
    await succeeded(client, again)
    await onDesk(async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      const failures = region(page, 'What needs a look')
      await failures.getByText('No market data permissions').waitFor()
      desk.simulator.setSymbolCondition('XOM', null)
      await failures.getByRole('button', { name: 'Retry' }).click()
      await failures.getByText('No session failed.').waitFor()
      const { state } = await client.ingest.session({ symbol: 'XOM', sessionDate: '2024-10-23' })
      expect(state).toBe('complete')
    })
  })
})

describe('the connection page', () => {
  test('shows limits, farms and log', async () => {
    for (const scheme of SCHEMES) {
      for (const size of SIZES) {
        await onDesk(
          async (page) => {
            await goTo(page, '/connection', 'Connection')
            await row(page, 'Event log').waitFor()
            await region(page, 'The last hour').locator('.recharts-bar-rectangle').first().waitFor()
            await shoot(page, `connection-${scheme}-${size.width}`)
            await expectToFit(page)
          },
          { scheme, ...size },
        )
      }
    }
  })

  test('counts down to the next attempt, tries at once, disconnects and connects', async () => {
    await onDesk(async (page) => {
      await goTo(page, '/connection', 'Connection')
      const tws = region(page, 'TWS')
      const state = (): Promise<string> => fact(tws, 'State').innerText()
      await eventually(state).toMatch(/^Ready/)
      desk.simulator.inject({ kind: 'disconnect' })
      await eventually(state).toMatch(/^Reconnecting/)
      await tws.getByText(/^next in \d+ s$/).waitFor()
      await page.getByRole('banner').getByText('TWS reconnecting').waitFor()
      await shoot(page, 'connection-reconnecting')
      await tws.getByRole('button', { name: 'Try now' }).click()
      await eventually(state).toMatch(/^Ready/)
      await tws.getByRole('button', { name: 'Disconnect' }).click()
      await eventually(state).toMatch(/^Not connected/)
      await page.getByRole('banner').getByText('TWS not connected').waitFor()
      await shoot(page, 'connection-disconnected')
      expect((await client.connection.get()).state).toBe('disconnected')
      await tws.getByRole('button', { name: 'Connect to TWS' }).click()
      await eventually(state).toMatch(/^Ready/)
    })
  })

  test('says what a lost line and a broken farm mean, and when they are over', async () => {
    await client.connection.connect()
    await onDesk(async (page) => {
      await goTo(page, '/connection', 'Connection')
      const state = (): Promise<string> => fact(region(page, 'TWS'), 'State').innerText()
      await eventually(state).toMatch(/^Ready/)
      desk.simulator.inject({ kind: 'connectivityLost', forMs: 1_500, restored: 1102 })
      await eventually(state).toMatch(/^Degraded/)
      await page.getByText('TWS has lost its connection to the broker. Requests wait.').waitFor()
      await page.getByRole('banner').getByText('TWS degraded').waitFor()
      expect(await state()).toMatch(/^Degraded/)
      await shoot(page, 'connection-degraded-line')
      await eventually(state).toMatch(/^Ready/)
      desk.simulator.inject({ kind: 'farmDown', farm: 'history', forMs: 1_500, requests: 'hang' })
      await page.getByText("The broker's data farm ushmds is not connected.").first().waitFor()
      await region(page, 'Data farms').getByText('Not connected').waitFor()
      await shoot(page, 'connection-degraded-farm')
      await eventually(state).toMatch(/^Ready/)
    })
  })

  test('filters its log by severity and by text', async () => {
    await onDesk(async (page) => {
      await goTo(page, '/connection', 'Connection')
      await row(page, 'Event log').waitFor()
      const texts = (): Promise<string[]> =>
        page.getByRole('table', { name: 'Event log', exact: true }).locator('tbody tr').allInnerTexts()
      const everything = (await texts()).length
      await region(page, 'Event log').getByText('Warnings and errors').click()
      await eventually(async () => (await texts()).length).toBeLessThan(everything)
      expect((await texts()).filter((text) => text.includes('Info'))).toEqual([])
      await page.getByRole('textbox', { name: 'Only entries with this text or code' }).fill('permissions')
      await eventually(async () => (await texts()).every((text) => text.includes('permissions'))).toBe(true)
      expect((await texts()).length).toBeGreaterThan(0)
      await page.getByRole('textbox', { name: 'Only entries with this text or code' }).fill('no such words')
      await region(page, 'Event log').getByText('No entry is like that.').waitFor()
    })
  })
})
