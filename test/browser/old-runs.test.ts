import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import type { EngineClient } from '#main/rpc/router.ts'
import { commandOf, isRunning, pidsIn } from '../integration/old-command-fixtures.ts'
import { buildConsole, SCREENSHOTS } from './console-build.ts'
import type { ConsoleHost } from './console-host.ts'
import { startConsoleHost } from './console-host.ts'
import type { Scheme } from './console-page.ts'
import { cells, eventually, expectToFit, fact, goTo, inConsole, region, SCHEMES, shoot, SIZES } from './console-page.ts'
import type { ConsoleWorkspace } from './console-workspace.ts'
import { makeWorkspace, STORED, SYMBOLS } from './console-workspace.ts'
import { launchChromium } from './launch-chromium.ts'

/**
 * The console drives a real program in the place of the old pipeline. The tests follow one workspace from one state to the next: what
 * a command does is changed in switchyard.yaml, as an operator would.
 */

let browser: Browser
let desk: ConsoleWorkspace
let host: ConsoleHost
let client: EngineClient
/** Where the script counts its runs. */
const scratch = mkdtempSync(path.join(tmpdir(), 'switchyard-old-runs-'))

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const renderer = await buildConsole('renderer-old-runs')
  browser = await launchChromium()
  desk = await makeWorkspace('desk-runs')
  host = await startConsoleHost(desk.folder, renderer)
  client = await host.client()
})

afterAll(async () => {
  await browser?.close()
  await host?.stop()
  await desk?.remove()
  rmSync(scratch, { recursive: true, force: true })
})

/** Writes into switchyard.yaml how the old pipeline is run, and that what it left is read. */
function setCommand(argv: readonly string[], more: Readonly<Record<string, unknown>> = {}): void {
  const file = path.join(desk.folder, 'switchyard.yaml')
  const config = parseDocument(readFileSync(file, 'utf8'))
  config.setIn(['oldPipeline', 'bars', 'files'], '{out}/{symbol}.csv')
  config.setIn(['oldPipeline', 'command'], { argv, graceSeconds: 0.3, ...more })
  writeFileSync(file, config.toString())
}

/** Every close of a tenth of the minutes is 25 cents off; every second time 5 cents more. */
const COPY = commandOf(
  'copy',
  '--source',
  '../old-pipeline',
  '--offset',
  '0.25',
  '--shift',
  '0.05',
  '--counter',
  path.join(scratch, 'counter'),
)

const RUNS = 'Runs of the old pipeline'
const WINDOW = { from: '2024-11-26', to: '2024-11-27' }

const openRuns = (page: Page): Promise<void> => goTo(page, '/old-data?part=runs', 'Old data')
const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })

/** Opens a starter, chooses sessions, and confirms. */
async function startFor(
  page: Page,
  opener: string,
  confirm: string,
  window: { from: string; to: string },
): Promise<void> {
  await button(page, opener).click()
  await page.getByLabel('First session', { exact: true }).fill(window.from)
  await page.getByLabel('Last session', { exact: true }).fill(window.to)
  await button(page, confirm).click()
  await button(page, confirm).waitFor({ state: 'hidden' })
}

const newestState = async (page: Page): Promise<string> =>
  page.getByRole('table', { name: RUNS }).locator('tbody tr').first().locator('td').first().innerText()

/** Looks at a state of the console in both themes and sizes, and takes a picture of each. */
async function shots(name: string, look: (page: Page, scheme: Scheme, width: number) => Promise<void>): Promise<void> {
  for (const scheme of SCHEMES) {
    for (const size of SIZES) {
      await inConsole(
        browser,
        host.url,
        async (page) => {
          await look(page, scheme, size.width)
          await expectToFit(page)
          await shoot(page, `old-runs-${name}-${scheme}-${size.width}`)
        },
        { scheme, ...size },
      )
    }
  }
}

test('without a command the page says what to write, and nothing can be started', async () => {
  await shots('none', async (page) => {
    await openRuns(page)
    await page.getByText('switchyard.yaml does not say how the old pipeline is run', { exact: true }).waitFor()
    await expect.poll(() => page.getByLabel('Lines to add to switchyard.yaml').innerText()).toContain("'{out}'")
  })
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    await button(page, 'Run…').click()
    await page.getByText('Not possible now: switchyard.yaml does not say').waitFor()
    expect(await button(page, 'Run the command').isDisabled()).toBe(true)
  })
})

test('a command is shown as configured, says what it will do, runs, and its run is read by imports', async () => {
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    setCommand([...COPY, 'two words'], { folder: 'old-pipeline', environment: { TOKEN: 'secret-value-1623' } })
    await button(page, 'Read it again').click()
    const panel = region(page, 'Old pipeline’s command')
    await eventually(() => fact(panel, 'Command').innerText()).toContain('copy --from {from} --to {to}')
    expect(await fact(panel, 'Command').innerText()).toContain('"two words"')
    expect(await fact(panel, 'Working folder').innerText()).toBe(path.join(desk.folder, 'old-pipeline'))
    expect(await fact(panel, 'Time limit').innerText()).toContain('6h 00m')
    expect(await fact(panel, 'Read by').innerText()).toContain('oldPipeline.bars')
    expect(await fact(panel, 'Variables').innerText()).toContain('TOKEN')
    expect(await page.content()).not.toContain('secret-value-1623')

    await button(page, 'Run…').click()
    await page.getByLabel('First session', { exact: true }).fill(WINDOW.from)
    await page.getByLabel('Last session', { exact: true }).fill(WINDOW.to)
    const popover = page.getByRole('dialog')
    await eventually(() => fact(popover, 'Command').innerText()).toContain(
      `--from ${WINDOW.from} --to ${WINDOW.to} --symbols SPY,DJCO --out ${desk.folder}/old-runs/…/out`,
    )
    expect(await fact(popover, 'Writes to').innerText()).toContain(`${desk.folder}/old-runs/…/out`)
    // What confirms is in view, however long the command is.
    expect((await button(page, 'Run the command').boundingBox())?.y).toBeLessThan(800)
    await shoot(page, 'old-runs-start-light-1440')
    await button(page, 'Run the command').click()
    await eventually(() => newestState(page)).toBe('Done')
    const row = page.getByRole('table', { name: RUNS }).locator('tbody tr').first()
    expect(await row.innerText()).toMatch(
      /2024-11-26 to 2024-11-27.*all symbols.*Import.*\b0\b.*By itself.*2.*Read it/s,
    )
    const opened = region(page, 'Run of 2024-11-26 to 2024-11-27')
    await eventually(() => opened.getByRole('region', { name: /^Standard output/ }).innerText()).toContain('wrote DJCO')
    expect(await fact(opened, 'Ended').innerText()).toContain('By itself, exit code 0')
    expect(await fact(opened, 'Left').innerText()).toContain('2 files')
  })
  const [run] = await client.legacy.runs()
  expect(run).toMatchObject({ state: 'succeeded', isRead: true, params: WINDOW })
  await shots('done', async (page) => {
    await openRuns(page)
    await page.getByText('wrote DJCO').waitFor()
  })
})

test('a run that fails shows its exit code and what it said on standard error', async () => {
  setCommand(commandOf('fail'))
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    await startFor(page, 'Run…', 'Run the command', WINDOW)
    await eventually(() => newestState(page)).toBe('Failed')
  })
  await shots('failed', async (page) => {
    await openRuns(page)
    const opened = region(page, 'Run of 2024-11-26 to 2024-11-27')
    await opened.getByText('The old pipeline failed with exit code 7: no connection to the broker').waitFor()
    await opened
      .getByRole('region', { name: /^Standard error/ })
      .getByText('no connection to the broker')
      .waitFor()
    expect(await fact(opened, 'Ended').innerText()).toContain('Failed by itself, exit code 7')
    expect(await page.getByRole('table', { name: RUNS }).locator('tbody tr').first().innerText()).toContain('7')
    // The one before is still the one that imports read.
    expect(await page.getByRole('table', { name: RUNS }).locator('tbody tr').nth(1).innerText()).toContain('Read it')
  })
})

test('of a long output the beginning and the end are shown, and how much is cut', async () => {
  setCommand(commandOf('print', '--bytes', '3000000'))
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    await startFor(page, 'Run…', 'Run the command', WINDOW)
    await eventually(() => newestState(page)).toBe('Done, look')
  })
  await shots('cut', async (page) => {
    await openRuns(page)
    const printed = page.getByRole('region', { name: /^Standard output/ })
    await printed.getByText('2.9 MB in between are not shown').waitFor()
    const text = await printed.innerText()
    expect(text).toContain('the first line')
    expect(text).toContain('the last line')
    // It begins at its end, where a program says what went wrong.
    const room = await printed.locator('pre').evaluate((pre) => pre.scrollHeight - pre.clientHeight - pre.scrollTop)
    expect(room).toBeLessThan(4)
    await printed.getByText('the last line').scrollIntoViewIfNeeded()
  })
})

test('a long run shows its last line and is stopped with everything that it started', async () => {
  setCommand(commandOf('stubborn'))
  let pids: number[] = []
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    await startFor(page, 'Run…', 'Run the command', WINDOW)
    const opened = region(page, 'Run of 2024-11-26 to 2024-11-27')
    await eventually(() => fact(opened, 'Last line').innerText()).toMatch(/^ready \d+ \d+$/)
    pids = pidsIn(await fact(opened, 'Last line').innerText())
    expect(pids.map(isRunning)).toEqual([true, true])
  })
  await shots('running', async (page) => {
    await openRuns(page)
    const opened = region(page, 'Run of 2024-11-26 to 2024-11-27')
    await eventually(() => opened.getByRole('region', { name: /^Standard output/ }).innerText()).toContain('ready')
  })
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    const stop = button(page, 'Stop Run old pipeline')
    await stop.focus()
    await page.keyboard.press('Enter')
    await eventually(() => newestState(page)).toBe('Cancelled')
    const opened = region(page, 'Run of 2024-11-26 to 2024-11-27')
    await eventually(() => fact(opened, 'Ended').innerText()).toContain('Stopped by the operator, signal SIGKILL')
  })
  expect(pids.map(isRunning)).toEqual([false, false])
})

test('a dual run that fails says at which step, and leads to what the old pipeline printed', async () => {
  setCommand(commandOf('fail'))
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    await startFor(page, 'Dual run…', 'Start the dual run', { from: STORED.from, to: STORED.to })
    const panel = region(page, 'Last dual run')
    await panel.getByText(/^Stopped at "Run old pipeline"/).waitFor()
  })
  await shots('dual-failed', async (page) => {
    await openRuns(page)
    const states = page.getByRole('table', { name: 'Steps of the dual run' }).locator('tbody tr td:first-child')
    await eventually(() => states.allInnerTexts()).toEqual([
      expect.stringMatching(/^Done/),
      expect.stringMatching(/^Done/),
      expect.stringMatching(/^Done/),
      'Failed',
      'Not begun',
      'Not begun',
    ])
  })
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    await button(page, 'Show what the old pipeline printed').click()
    const opened = region(page, 'Run of 2024-11-25 to 2024-12-03')
    await opened.getByText(/for a dual run/).waitFor()
    // It stands further down the page, and is brought into view.
    const said = opened.getByRole('region', { name: /^Standard error/ }).getByText('no connection to the broker')
    await eventually(async () => (await said.boundingBox())?.y ?? Infinity).toBeLessThan(900)
  })
})

test('a dual run goes step by step to its comparison', async () => {
  setCommand(COPY, { folder: 'old-pipeline' })
  writeFileSync(path.join(scratch, 'counter'), '0')
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    await startFor(page, 'Dual run…', 'Start the dual run', { from: STORED.from, to: STORED.to })
    await region(page, 'Dual run under way').waitFor()
    await button(page, 'See the comparison').waitFor({ timeout: 60_000 })
    const states = page.getByRole('table', { name: 'Steps of the dual run' }).locator('tbody tr td:first-child')
    expect((await states.allInnerTexts()).every((state) => state.startsWith('Done'))).toBe(true)
  })
  await shots('dual-done', async (page) => {
    await openRuns(page)
    await button(page, 'See the comparison').waitFor()
  })
  const [run] = await client.compare.runs()
  await inConsole(browser, host.url, async (page) => {
    await openRuns(page)
    await button(page, 'See the comparison').click()
    await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor()
    expect(page.url()).toContain(`/compare/${run.runId}`)
  })
}, 120_000)

test('the old pipeline’s own noise is measured, and the run is told in multiples of it', async () => {
  const [run] = await client.compare.runs()
  const address = `/compare/${run.runId}?part=runs`
  await shots('noise-none', async (page) => {
    await goTo(page, address, 'Compare')
    const panel = region(page, 'The old pipeline’s own noise')
    await panel.getByText('It is not known how far the old pipeline is from itself').waitFor()
    await panel.scrollIntoViewIfNeeded()
  })
  await inConsole(browser, host.url, async (page) => {
    await goTo(page, address, 'Compare')
    await button(page, 'Measure…').click()
    const popover = page.getByRole('dialog')
    // Unless others are chosen, it is measured over what the run has.
    expect(await fact(popover, 'Works on').innerText()).toBe(`all symbols, ${STORED.from} to ${STORED.to}`)
    expect(await fact(popover, 'Command').innerText()).toContain('copy')
    await button(page, 'Run it twice').click()
    await page.getByRole('table', { name: 'Noise of the old pipeline by field' }).waitFor({ timeout: 60_000 })
  })
  const [floor] = await client.compare.noiseFloors()
  expect(floor).toMatchObject({ from: STORED.from, to: STORED.to, symbols: SYMBOLS })
  await shots('noise', async (page) => {
    await goTo(page, address, 'Compare')
    const panel = region(page, 'The old pipeline’s own noise')
    await panel.scrollIntoViewIfNeeded()
    // 25 cents in a tenth of the minutes, beside 5 cents in the same.
    const close = await cells(page, 'Noise of the old pipeline by field', 'close')
    expect(close.at(-1)).toBe('5 times the old pipeline’s own noise')
    expect(Number(close[2])).toBeCloseTo(0.05, 2)
    expect(Number(close[1])).toBeCloseTo(10, 0)
  })
  await inConsole(browser, host.url, async (page) => {
    await goTo(page, address, 'Compare')
    await button(page, 'Old against old').click()
    await region(page, 'Verdict').getByText('Old against old').waitFor()
    expect(page.url()).toContain(`/compare/${floor.runId}`)
    expect(await page.getByRole('combobox', { name: 'Comparison run' }).inputValue()).toContain('old against old')
    await goTo(page, `/compare/${floor.runId}?part=runs`, 'Compare')
    await page.getByText('The run that is shown is itself one of old against old.').waitFor()
    expect(await page.getByRole('columnheader').allInnerTexts()).not.toContain('The p99 of this run is')
    await shoot(page, 'old-runs-noise-itself-light-1440')
  })
}, 120_000)
