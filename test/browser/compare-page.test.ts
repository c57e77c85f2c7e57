import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ComparisonRun } from '#shared/contract/contract.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { COMPARED, DESK_SYMBOLS, fillCompareDesk, LOST_ROWS, makeCompareDesk, WRONG_CLOSE } from './compare-desk.ts'
import { buildConsole, SCREENSHOTS } from './console-build.ts'
import { downloaded } from './console-download.ts'
import type { ConsoleHost } from './console-host.ts'
import { startConsoleHost, succeeded } from './console-host.ts'
import type { PageOptions } from './console-page.ts'
import {
  cellPosition,
  cells,
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

let browser: Browser
let desk: ConsoleWorkspace
let host: ConsoleHost
let fresh: ConsoleWorkspace
let freshHost: ConsoleHost
let client: EngineClient
/** The whole, one whose causes were not looked for, and a sample. */
let whole: ComparisonRun
let unsearched: ComparisonRun
let sample: ComparisonRun

const SHIFT = 'time_shift:60'
const LOTS = 'scale:0.01:volume'

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const renderer = await buildConsole('renderer-compare')
  browser = await launchChromium()
  desk = await makeCompareDesk()
  host = await startConsoleHost(desk.folder, renderer)
  client = await host.client()
  await fillCompareDesk(client)
  ;[whole, unsearched, sample] = await client.compare.runs()
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

/** `12,480`, worked out without the console's own formatting. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

const wholeRun = (search = ''): string => `/compare/${whole.runId}${search}`

const open = (page: Page, address: string): Promise<void> => goTo(page, address, 'Compare')

const addressOf = (page: Page): Promise<URLSearchParams> =>
  page.evaluate(() => window.location.hash).then((hash) => new URLSearchParams(hash.split('?')[1] ?? ''))

const grid = (page: Page) => page.getByRole('application', { name: /^Difference grid/ })

const verdictOf = async (page: Page): Promise<string> =>
  (await region(page, 'Verdict').innerText()).replaceAll(/\s+/g, ' ')

const rowOf = (page: Page, table: string, words: string | RegExp) =>
  page.getByRole('table', { name: table, exact: true }).locator('tbody tr', { hasText: words }).first()

/** The start of the minute that ends at a label of the old files, epoch seconds; New York is five hours behind UTC then. */
const minuteOf = (label: string): number => Date.parse(`${label.replace(' ', 'T')}Z`) / 1000 + 5 * 3600 - 60

describe('the compare page', () => {
  /** Each part and state: its name, its address, and something that is there when it is complete. */
  const views = (): readonly (readonly [name: string, address: string, ready: (page: Page) => Promise<void>])[] => [
    ['causes', wholeRun(), (page) => page.getByRole('list', { name: 'Evidence' }).waitFor()],
    ['open', wholeRun('?cause=open'), (page) => rowOf(page, 'Open differences by kind', 'only in new').waitFor()],
    [
      'sessions',
      wholeRun(
        `?layer=open&symbol=${LOST_ROWS.symbol}&session=${LOST_ROWS.sessionDate}&to-symbol=SPY&to-session=2024-11-20`,
      ),
      (page) => region(page, 'Selected sessions').getByRole('button', { name: 'Show rows' }).waitFor(),
    ],
    [
      'minutes',
      wholeRun(
        `?part=session&symbol=${WRONG_CLOSE.symbol}&session=${WRONG_CLOSE.sessionDate}&field=close&at=${minuteOf(WRONG_CLOSE.label) + 60}`,
      ),
      (page) => page.getByRole('list', { name: 'Rows of the old file' }).waitFor(),
    ],
    ['fields', wholeRun('?part=fields&field=volume'), (page) => page.getByText(/^Drawn: /).waitFor()],
    [
      'rows',
      wholeRun(
        `?part=rows&row-state=open&row=${WRONG_CLOSE.symbol}+${WRONG_CLOSE.sessionDate}+${minuteOf(WRONG_CLOSE.label)}`,
      ),
      (page) => page.getByRole('table', { name: 'Values of the minute' }).waitFor(),
    ],
    [
      'tolerances',
      wholeRun('?part=tolerances&tolerances=close%3D0.5'),
      (page) => page.getByRole('table', { name: 'Counts before and after' }).waitFor(),
    ],
    ['runs', wholeRun('?part=runs'), (page) => page.getByText('No run is the reference').waitFor()],
    ['sample', `/compare/${sample.runId}`, (page) => grid(page).waitFor()],
    ['unsearched', `/compare/${unsearched.runId}`, (page) => grid(page).waitFor()],
  ]

  test.each(SCHEMES)('draws every part and state without a problem, in the %s theme', async (scheme) => {
    for (const size of SIZES) {
      await onDesk(
        async (page) => {
          for (const [name, address, ready] of views()) {
            await open(page, address)
            await ready(page)
            await shoot(page, `compare-${name}-${scheme}-${size.width}`)
            await expectToFit(page)
          }
          // What is beneath the fold.
          await open(page, wholeRun('?part=fields&field=volume'))
          await page.getByText(/^Drawn: /).waitFor()
          await page.getByRole('table', { name: 'Counts by feature' }).scrollIntoViewIfNeeded()
          await shoot(page, `compare-fields-lower-${scheme}-${size.width}`)
          await open(page, wholeRun())
          await page.getByRole('button', { name: 'Accept…' }).click()
          await page.getByRole('dialog').getByText('never counted as equal').waitFor()
          await shoot(page, `compare-accept-${scheme}-${size.width}`)
          await page.keyboard.press('Escape')
          await page.getByRole('button', { name: 'Compare…' }).click()
          await shoot(page, `compare-start-${scheme}-${size.width}`)
        },
        { scheme, ...size },
      )
      await inConsole(
        browser,
        freshHost.url,
        async (page) => {
          await open(page, '/compare')
          await page.getByText('Nothing has been compared yet').waitFor()
          await shoot(page, `compare-nothing-${scheme}-${size.width}`)
        },
        { scheme, ...size },
      )
    }
  })

  test('answers first whether new is as good as old, in counts that the engine gives', async () => {
    const { differences } = await client.compare.causes({ runId: whole.runId })
    const { total, waiting, open: unexplained } = differences
    expect(waiting).toBeGreaterThan(100_000)
    expect(unexplained).toBeGreaterThan(0)
    await onDesk(async (page) => {
      await open(page, '/compare')
      await page.getByRole('table', { name: 'Causes', exact: true }).waitFor()
      const verdict = await verdictOf(page)
      expect(verdict).toContain('Not yet')
      expect(verdict).toContain(`Nothing explains ${grouped(unexplained)} of ${grouped(total)} differences`)
      expect(verdict).toContain(`${grouped(waiting)} have a known cause and wait for a decision about 4 causes.`)
      expect(verdict).toContain(`A gate counts ${grouped(total)} differences as unexplained.`)
      expect(verdict).toContain(`${grouped(waiting)} waiting for a decision`)
      expect(verdict).toContain(`${grouped(unexplained)} open`)
      expect(verdict).toContain('Next: accept each cause below')
      // In another part it is the way back.
      await page.getByRole('radiogroup', { name: 'Part' }).getByText('Rows').click()
      await page.getByRole('button', { name: 'Go to the causes' }).click()
      await page.getByRole('table', { name: 'Causes', exact: true }).waitFor()
    })
  })

  test('says everywhere that a run is of a sample, and never that it is as good', async () => {
    await onDesk(async (page) => {
      await open(page, `/compare/${sample.runId}`)
      await region(page, 'Verdict').getByText('Of a sample of 10 % of the minutes').waitFor()
      expect(await verdictOf(page)).toContain('Cannot be said')
      expect(await page.getByRole('combobox', { name: 'Comparison run' }).inputValue()).toContain('sample of 10 %')
      await page.getByText('Causes show in minutes that follow each other').waitFor()
      await page.getByRole('button', { name: 'Export…' }).click()
      expect(await page.getByRole('dialog').innerText()).toContain('of a sample of 10 % of the minutes')
      await page.keyboard.press('Escape')
      await open(page, `/compare/${sample.runId}?part=runs`)
      await rowOf(page, 'Comparison runs', 'Sample, 10 %').waitFor()
      await page.getByText('1 run of a sample: hollow.').waitFor()
      await open(page, `/compare/${sample.runId}?part=rows`)
      await region(page, 'Rows').getByText('in the sample').waitFor()
    })
  })

  test('tells what a run was made from', async () => {
    const run = await client.compare.run({ runId: whole.runId })
    await onDesk(async (page) => {
      await open(page, wholeRun())
      await page.getByText('About this run').click()
      const facts = await region(page, 'Verdict').innerText()
      for (const value of [run.runId, run.inputs.oldHash, run.inputs.newHash, run.inputs.codeVersion]) {
        expect(facts).toContain(value ?? 'nothing')
      }
      expect(facts).toContain('tolerances.volume')
    })
  })
})

describe('the causes', () => {
  test('are ranked, and show a row of old as it is, as it would be without the cause, and of new', async () => {
    const { causes } = await client.compare.causes({ runId: whole.runId })
    expect(causes.map(({ causeKey }) => causeKey).slice(0, 2)).toEqual([SHIFT, LOTS])
    await onDesk(async (page) => {
      await open(page, wholeRun())
      const rows = page.getByRole('table', { name: 'Causes', exact: true }).locator('tbody tr')
      await rows.first().waitFor()
      const words = await rows.allInnerTexts()
      expect(words.length).toBe(causes.length + 1)
      causes.forEach((cause, index) => {
        expect(words[index]).toContain(cause.words)
        expect(words[index]).toContain(grouped(cause.explained))
        expect(words[index]).toContain('Waiting')
      })
      expect(words.at(-1)).toContain('No cause found')

      // The first row of AIG's first session: the old file says 09:31 of the minute that begins at 09:30.
      const { old, fresh } = causes[0].samples[0]
      expect((old?.ts ?? 0) - (fresh?.ts ?? 0)).toBe(60)
      const evidence = page.getByRole('list', { name: 'Evidence' }).getByRole('table').locator('tbody tr')
      const cellsOf = (index: number) => evidence.nth(index).locator('th, td').allInnerTexts()
      expect((await cellsOf(0)).slice(0, 2)).toEqual(['Old', '≠ 09:31'])
      expect((await cellsOf(1)).slice(0, 2)).toEqual(['Old, undone', '09:30'])
      expect((await cellsOf(2)).slice(0, 2)).toEqual(['New', '09:30'])
      // The volume is still unlike: that needs another cause, which stands above.
      expect((await cellsOf(1)).at(-1)).toMatch(/^≠ /)
      const together = await page.getByRole('list', { name: 'Needed together with' }).innerText()
      expect(together).toContain('lots of 100')
    })
  })

  test('that is chosen is in the address and lets its rows be listed', async () => {
    const { total } = await client.compare.rows({ runId: whole.runId, causeKey: LOTS, limit: 1 })
    await onDesk(async (page) => {
      await open(page, wholeRun())
      await rowOf(page, 'Causes', 'lots of 100').click()
      await eventually(() => addressOf(page).then((search) => search.get('cause'))).toBe(LOTS)
      await page.reload()
      const panel = region(page, 'Cause')
      await panel.getByText('lots of 100').first().waitFor()
      await panel.getByRole('button', { name: 'Show its rows' }).click()
      await region(page, 'Rows')
        .getByText(`${grouped(total)} minutes not plainly equal`)
        .waitFor()
      expect((await addressOf(page)).get('row-cause')).toBe(LOTS)
      await page.goBack()
      await panel.waitFor()
      expect((await addressOf(page)).has('row-cause')).toBe(false)
    })
  })

  test('is accepted with a reason, counts as explained and not as equal, and can be withdrawn', async () => {
    const before = await client.compare.causes({ runId: whole.runId })
    const shift = before.causes[0]
    const equal = `${((whole.counts.equal / 43_072) * 100).toFixed(2)} % equal`
    await onDesk(async (page) => {
      await open(page, wholeRun())
      const panel = region(page, 'Cause')
      await panel.getByRole('button', { name: 'Accept…' }).click()
      const dialog = page.getByRole('dialog')
      const accept = dialog.getByRole('button', { name: 'Accept cause' })
      expect(await accept.isDisabled()).toBe(true)
      const preview = dialog.locator('output')
      await preview
        .getByText(`Up to ${grouped(shift.explained)} differences become explained; they are never counted as equal.`)
        .waitFor()
      await preview.getByText('It holds until it is withdrawn.').waitFor()
      await dialog.getByLabel('Ends on', { exact: true }).fill('2099-01-31')
      await preview.getByText('It ends on 2099-01-31.').waitFor()
      await dialog.getByLabel('Reason').fill('download.py labels bars with their end')
      await dialog.getByLabel('Signed by').fill('Ada')
      await accept.click()
      await panel.getByText('download.py labels bars with their end').waitFor()
      // Part of its differences needs other causes, which nobody accepted.
      await rowOf(page, 'Causes', 'Accepted in part').waitFor()
      await shoot(page, 'compare-accepted')
      const { differences } = await client.compare.causes({ runId: whole.runId })
      expect(differences.explained).toBeGreaterThan(0)
      expect(differences.explained + differences.waiting).toBe(before.differences.waiting)
      const verdict = await verdictOf(page)
      expect(verdict).toContain(`${grouped(differences.explained)} explained`)
      expect(verdict).toContain(equal)
      const [acceptance] = await client.compare.acceptances()
      expect(acceptance).toMatchObject({ causeKey: SHIFT, author: 'Ada', state: 'active', scope: {} })
      // The end of the day in the operator's zone, which is an hour ahead of UTC then.
      expect(acceptance.expiresAtMs).toBe(Date.parse('2099-01-31T23:00:00Z'))
      await panel.getByText('Ends on 2099-01-31').waitFor()

      await panel.getByRole('button', { name: 'Withdraw the acceptance of Ada…' }).click()
      await dialog.getByLabel('Reason').fill('It was mended')
      await dialog.getByRole('button', { name: 'Withdraw acceptance' }).click()
      await panel.getByText('Withdrawn by Ada').waitFor()
      await panel.getByText('accepted by Ada').waitFor()
      await rowOf(page, 'Causes', 'bars are labelled with their end').getByText('Waiting').waitFor()
      expect((await client.compare.causes({ runId: whole.runId })).differences).toEqual(before.differences)
    })
  })

  test('is accepted for a symbol only, with what that covers said before', async () => {
    const { causes } = await client.compare.causes({ runId: whole.runId })
    const lots = causes[1]
    const ofKo = lots.symbols.find(({ symbol }) => symbol === 'KO')?.explained ?? 0
    await onDesk(async (page) => {
      await open(page, wholeRun(`?cause=${encodeURIComponent(LOTS)}`))
      const panel = region(page, 'Cause')
      await panel.getByRole('button', { name: 'Accept…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('combobox', { name: 'Symbols' }).click()
      await page.getByRole('option', { name: 'KO' }).click()
      await dialog
        .locator('output')
        .getByText(`Up to ${grouped(ofKo)} differences become explained`)
        .waitFor()
      // What was chosen is still there when it is opened again.
      await dialog.getByRole('button', { name: 'Close' }).click()
      await panel.getByRole('button', { name: 'Accept…' }).click()
      await dialog.getByLabel('First session', { exact: true }).fill('2024-11-20')
      const { total } = await client.compare.rows({
        runId: whole.runId,
        causeKey: LOTS,
        symbols: ['KO'],
        from: '2024-11-20',
        limit: 1,
      })
      await dialog
        .locator('output')
        .getByText(`Differences in up to ${grouped(total)} minutes`)
        .waitFor()
      await dialog.getByLabel('Reason').fill('Volume in lots')
      await dialog.getByLabel('Signed by').fill('Ada')
      await dialog.getByRole('button', { name: 'Accept cause' }).click()
      await panel.getByText('Covers KO, 2024-11-20 to the last.').waitFor()
      const [acceptance] = await client.compare.acceptances()
      expect(acceptance.scope).toEqual({ symbols: ['KO'], from: '2024-11-20' })
      await client.compare.withdrawAcceptance({ id: acceptance.id, reason: 'A test is over', author: 'Ada' })
      await panel.getByText('A test is over').waitFor()
    })
  })
})

describe('the grid of sessions', () => {
  test('reads, selects by pointer and keys, and leads to the minutes of a session', async () => {
    const counted = await client.compare.grid({ runId: whole.runId })
    expect([counted.symbols, counted.sessionDates.length]).toEqual([[...DESK_SYMBOLS].sort(), COMPARED.sessions])
    const column = counted.sessionDates.indexOf(LOST_ROWS.sessionDate)
    await onDesk(async (page) => {
      await open(page, wholeRun('?layer=open'))
      await grid(page).waitFor()
      // AIG is the first row.
      await grid(page).hover({ position: cellPosition(0, column) })
      const index = column
      const unexplained = counted.total[index] - counted.explained[index] - counted.waiting[index]
      const reading = `${LOST_ROWS.symbol} ${LOST_ROWS.sessionDate}: `
      await page
        .locator('output', { hasText: reading })
        .getByText(`${grouped(unexplained)} open`)
        .waitFor()
      await grid(page).click({ position: cellPosition(0, column) })
      await eventually(() => addressOf(page).then((search) => search.get('session'))).toBe(LOST_ROWS.sessionDate)
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('Shift+ArrowDown')
      await eventually(() => addressOf(page).then((search) => search.get('to-symbol'))).toBe('DJCO')
      await page.keyboard.press('ArrowLeft')
      await page.keyboard.press('ArrowUp')
      await region(page, `${LOST_ROWS.symbol} ${LOST_ROWS.sessionDate}`)
        .getByRole('button', { name: 'Show minutes' })
        .click()
      await page
        .getByRole('application', { name: new RegExp(`of ${LOST_ROWS.symbol} on ${LOST_ROWS.sessionDate}`) })
        .waitFor()
    })
  })
})

describe('the minutes of a session', () => {
  const address = (): string =>
    wholeRun(`?part=session&symbol=${WRONG_CLOSE.symbol}&session=${WRONG_CLOSE.sessionDate}&field=close`)
  const zoomOf = (page: Page) =>
    addressOf(page).then((search) => search.get('zoom')?.split('-').map(Number) ?? ([] as number[]))

  test('are zoomed into by dragging, with keys and with buttons, and back', async () => {
    const { openTs } = await client.compare.overlay({
      symbol: WRONG_CLOSE.symbol,
      sessionDate: WRONG_CLOSE.sessionDate,
      field: 'close',
    })
    await onDesk(async (page) => {
      await open(page, address())
      const chart = page.getByRole('application', { name: /^close of KO on 2024-11-20/ })
      const box = await chart.boundingBox().then((found) => found!)
      // The plot begins after 88 pixels and ends 44 before the right edge: a quarter to a half of the session.
      const plot = { left: box.x + 88, width: box.width - 88 - 44 }
      const drag = async (from: number, to: number): Promise<void> => {
        await page.mouse.move(plot.left + plot.width * from, box.y + 100)
        await page.mouse.down()
        await page.mouse.move(plot.left + plot.width * to, box.y + 120, { steps: 4 })
        await page.mouse.up()
      }
      await drag(0.5, 0.25)
      await eventually(() => zoomOf(page).then((zoom) => zoom.length)).toBe(2)
      const [from, to] = await zoomOf(page)
      // Of 390 minutes; a pixel is about a third of one.
      expect(Math.abs(from - (openTs + 97.5 * 60))).toBeLessThanOrEqual(120)
      expect(Math.abs(to - (openTs + 195 * 60))).toBeLessThanOrEqual(120)
      await region(page, `${WRONG_CLOSE.symbol} ${WRONG_CLOSE.sessionDate}`)
        .getByText(/minutes of 391\.$/)
        .waitFor()
      await shoot(page, 'compare-zoomed')
      await page.reload()
      await chart.waitFor()
      expect(await zoomOf(page)).toEqual([from, to])

      await chart.focus()
      await page.keyboard.press('+')
      await eventually(() => zoomOf(page).then(([a, b]) => b - a)).toBeLessThan((to - from) * 0.6)
      await page.keyboard.press('PageDown')
      await eventually(() => zoomOf(page).then(([a]) => a)).toBeGreaterThan(from)
      await page.keyboard.press('0')
      await eventually(() => zoomOf(page)).toEqual([])
      await page.getByRole('button', { name: 'Zoom in' }).click()
      await eventually(() => zoomOf(page).then((zoom) => zoom.length)).toBe(2)
      await page.getByRole('button', { name: 'Whole session' }).click()
      await eventually(() => zoomOf(page)).toEqual([])
    })
  })

  test('are never more points than pixels and keep a spike of one minute', async () => {
    await onDesk(
      async (page) => {
        await open(page, address())
        const chart = page.getByRole('application', { name: /^close of KO on 2024-11-20/ })
        await chart.waitFor()
        const width = await chart.evaluate((svg) => svg.getBoundingClientRect().width)
        // One number of a path's points each, and the height of its highest one.
        const [points, top] = await chart
          .locator('.recharts-line-curve')
          .first()
          .evaluate((curve) => {
            const at = (curve.getAttribute('d') ?? '').match(/[ML]\s*[\d.]+,[\d.]+/g) ?? []
            return [at.length, Math.min(...at.map((point) => Number(point.split(',')[1])))] as const
          })
        expect(points).toBeLessThanOrEqual(width - 88 - 44)
        // The wrong close stands far above all others.
        expect(top).toBeLessThan(60)
        await page.getByText('More minutes than pixels').waitFor()
      },
      { width: 600, height: 700 },
    )
  })

  test('that is clicked shows its values and the line of the old file', async () => {
    await onDesk(async (page) => {
      // Labelled 11:01, described as a bar that begins then.
      const ts = minuteOf(WRONG_CLOSE.label) + 60
      await open(page, `${address()}&at=${ts}`)
      const file = path.join(desk.folder, 'old-pipeline', `${WRONG_CLOSE.symbol}.csv`)
      const lines = readFileSync(file, 'utf8').split('\n')
      const line = lines.findIndex((text) => text.startsWith(WRONG_CLOSE.label)) + 1
      const sources = page.getByRole('list', { name: 'Rows of the old file' })
      await sources.getByText(`line ${grouped(line)}`).waitFor()
      expect(await sources.locator('pre').innerText()).toBe(lines[line - 1])
      const close = await page
        .getByRole('table', { name: 'Values of the minute' })
        .locator('tr', { hasText: 'close' })
        .locator('td')
        .allInnerTexts()
      expect(close[0]).toBe(`≠ ${lines[line - 1].split(',')[4]}`)
      await page.getByRole('button', { name: 'Where it comes from' }).click()
      await page.getByRole('heading', { level: 1, name: 'Data quality' }).waitFor()
      await page.getByRole('region', { name: /^Origin of the bar 11:01/ }).waitFor()
    })
  })
})

describe('the rows', () => {
  test('are in the document only as far as they are seen, and fetched where one scrolls to', async () => {
    const { total } = await client.compare.rows({ runId: whole.runId, limit: 1 })
    const { rows } = await client.compare.rows({
      runId: whole.runId,
      order: 'time',
      offset: total - 1,
      limit: 1,
    })
    const [last] = rows
    await onDesk(async (page) => {
      await open(page, wholeRun('?part=rows&row-order=time'))
      const table = page.getByRole('table', { name: 'Rows of the run' })
      await table.locator('tbody tr[data-index="0"] td').first().getByText(/./).waitFor()
      expect(await table.getAttribute('aria-rowcount')).toBe(String(total + 1))
      expect(await table.locator('tbody tr').count()).toBeLessThan(100)
      await table.evaluate((element) => {
        element.parentElement!.scrollTop = element.parentElement!.scrollHeight
      })
      const row = table.locator(`tbody tr[data-index="${total - 1}"]`)
      await row.getByText(last.sessionDate).waitFor()
      expect(await row.locator('td').first().innerText()).toBe(last.symbol)
      expect(await table.locator('tbody tr').count()).toBeLessThan(100)
    })
  })

  test('are filtered by the form, which the address keeps', async () => {
    const filter = { runId: whole.runId, symbols: ['AIG'], classes: ['new_only' as const], state: 'open' as const }
    const { total } = await client.compare.rows({ ...filter, limit: 1 })
    // The rows that were lost, of which the first minute is one that the shift leaves open in any case.
    expect(total).toBeGreaterThanOrEqual(39)
    await onDesk(async (page) => {
      await open(page, wholeRun('?part=rows'))
      const panel = region(page, 'Rows')
      const choose = async (label: string, option: string): Promise<void> => {
        await panel.getByRole('combobox', { name: label, exact: true }).click()
        await page.getByRole('option', { name: option, exact: true }).click()
        await page.keyboard.press('Escape')
      }
      await choose('Symbols', 'AIG')
      await choose('Class', 'Only in new')
      await choose('State', 'open')
      await panel.getByText(`${grouped(total)} minutes not plainly equal`).waitFor()
      const search = await addressOf(page)
      expect([search.get('row-symbols'), search.get('row-class'), search.get('row-state')]).toEqual([
        'AIG',
        'new_only',
        'open',
      ])
      await page.reload()
      await panel.getByText(`${grouped(total)} minutes not plainly equal`).waitFor()
      await panel.getByRole('button', { name: 'All rows' }).click()
      await eventually(() => addressOf(page).then((now) => now.has('row-class'))).toBe(false)
    })
  })

  test('are filtered by a field and a least difference, and chosen with the keyboard', async () => {
    const { total, rows } = await client.compare.rows({
      runId: whole.runId,
      field: 'close',
      leastDifference: 5,
      limit: 10,
    })
    expect(total).toBeGreaterThan(0)
    await onDesk(async (page) => {
      await open(page, wholeRun('?part=rows&row-field=close'))
      const panel = region(page, 'Rows')
      await panel.getByLabel('Least difference').fill('5')
      await panel.getByLabel('Least difference').press('Enter')
      await panel.getByText(`${grouped(total)} minute`).waitFor()
      const table = page.getByRole('table', { name: 'Rows of the run' })
      const first = table.locator('tbody tr[data-index="0"]')
      await first.getByText(rows[0].sessionDate).waitFor()
      await first.focus()
      await page.keyboard.press('Enter')
      await page.getByRole('table', { name: 'Values of the minute' }).waitFor()
      expect((await addressOf(page)).get('row')).toBe(`${rows[0].symbol} ${rows[0].sessionDate} ${rows[0].ts}`)
      await page.getByRole('button', { name: 'Show its session' }).click()
      await page
        .getByRole('heading', { level: 2, name: `${rows[0].symbol} ${rows[0].sessionDate}`, exact: true })
        .waitFor()
      expect((await addressOf(page)).get('at')).toBe(String(rows[0].ts))
    })
  })
})

describe('the fields', () => {
  test('have their quantiles, tests in words, and old against new', async () => {
    const report = await client.compare.report({ runId: whole.runId })
    const { counts, errors } = report
    const { total } = await client.compare.rows({
      runId: whole.runId,
      field: 'volume',
      classes: ['different', 'within_tolerance'],
      limit: 1,
    })
    await onDesk(async (page) => {
      await open(page, wholeRun('?part=fields&field=volume'))
      await page.getByText(`Drawn: 5,000 of ${grouped(total)} unequal minutes`).waitFor()
      await page.getByText(`${grouped(counts.fields['volume'].equal)} equal minutes lie on the diagonal`).waitFor()
      const volume = await cells(page, 'Counts by field', 'volume')
      expect(Number(volume[8].replaceAll(',', ''))).toBeCloseTo(errors['volume'].rmse ?? 0, -3)
      expect(Number(volume.at(-1))).toBeCloseTo(errors['volume'].correlation ?? 0, 4)
      await rowOf(page, 'Distribution tests of volume', 'SPY').getByText('Apart', { exact: true }).waitFor()
      await region(page, 'Where volume differs').getByText('Symbol').click()
      await region(page, 'Where volume differs').getByRole('button', { name: 'As table' }).click()
      const profiles = await client.compare.profiles({ runId: whole.runId, field: 'volume', dimension: 'symbol' })
      const [largest] = profiles.toSorted((a, b) => (b.mae ?? 0) - (a.mae ?? 0))
      const rows = page.getByRole('table', { name: 'Size of the differences of volume by symbol' }).locator('tbody tr')
      await eventually(() => rows.first().innerText()).toContain(largest.key)
      expect(await rows.count()).toBe(profiles.length)
      const feature = await cells(page, 'Counts by feature', 'log_return_1')
      const { different } = report.features?.counts.byFeature['log_return_1'] ?? { different: 0 }
      expect(different).toBeGreaterThan(0)
      expect(feature[4]).toBe(grouped(different))
      await rowOf(page, 'Counts by field', 'close').click()
      await region(page, 'Are the values of close distributed alike?').waitFor()
      expect((await addressOf(page)).get('field')).toBe('close')
    })
  })
})

describe('other tolerances', () => {
  test('are counted from the stored rows and kept in the address', async () => {
    const counted = await client.compare.whatIf({ runId: whole.runId, tolerances: { close: { abs: 0.5 } } })
    const { before, after } = counted
    expect(after.fields['close'].different).toBeLessThan(before.fields['close'].different)
    await onDesk(async (page) => {
      await open(page, wholeRun('?part=tolerances'))
      await page.getByText('Nothing is tried out').waitFor()
      const form = region(page, 'Other tolerances')
      const count = form.getByRole('button', { name: 'Count again' })
      expect(await count.isDisabled()).toBe(true)
      await form.getByLabel('close', { exact: true }).fill('half')
      await form.getByText('Write 0.02, 2ticks, 5bp, 1% or a sum.').waitFor()
      expect(await count.isDisabled()).toBe(true)
      await form.getByLabel('close', { exact: true }).fill('0.5')
      await count.click()
      const numbers = async (): Promise<string[]> => cells(page, 'Counts before and after', 'close')
      await page.getByRole('table', { name: 'Counts before and after' }).waitFor()
      const bare = (await numbers()).map((text) => text.replaceAll(/[^\d]/g, ''))
      expect(bare.slice(4)).toEqual([String(before.fields['close'].different), String(after.fields['close'].different)])
      expect((await addressOf(page)).get('tolerances')).toBe('close=0.5')
      await page.reload()
      await page.getByRole('table', { name: 'Counts before and after' }).waitFor()
      expect(await form.getByLabel('close', { exact: true }).inputValue()).toBe('0.5')
      await page.getByText('Keep these tolerances').click()
      expect(await page.locator('pre').innerText()).toContain('close: { abs: 0.5 }')
      await form.getByRole('button', { name: 'As in the run' }).click()
      await page.getByText('Nothing is tried out').waitFor()
    })
  })
})

describe('the runs', () => {
  test('are listed with their marks, one of them as the reference by which others are measured', async () => {
    await onDesk(async (page) => {
      await open(page, wholeRun('?part=runs'))
      const table = page.getByRole('table', { name: 'Comparison runs' })
      await table.waitFor()
      expect(await table.locator('tbody tr').count()).toBe((await client.compare.runs()).length)
      await page.getByRole('button', { name: 'Make this run the reference…' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Make it the reference' }).click()
      await rowOf(page, 'Comparison runs', 'Reference').waitFor()
      await page.getByText('This run is the reference').waitFor()
      expect((await client.compare.reference())?.runId).toBe(whole.runId)

      await table.locator('tbody tr', { hasText: 'Sample, 10 %' }).click()
      const { fields } = await client.compare.drift({ runId: sample.runId })
      const drift = page.getByRole('table', { name: 'Drift from the reference' }).locator('tbody tr')
      await eventually(() => drift.count()).toBe(fields.length)
      await shoot(page, 'compare-drift')
      expect(page.url()).toContain(sample.runId)

      await page.getByRole('button', { name: 'Mark none…' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Mark none' }).click()
      await page.getByText('No run is the reference').waitFor()
      expect(await client.compare.reference()).toBeNull()
    })
  })

  test('leave the console as a report, as data, and as all of their differences', async () => {
    await onDesk(async (page) => {
      await open(page, wholeRun())
      const html = await downloaded(page, () => page.getByRole('button', { name: 'HTML report' }).click())
      expect(html.name).toBe(`comparison_${whole.runId}.html`)
      expect(html.bytes.length).toBeLessThan(2_000_000)
      expect(html.bytes.toString('utf8')).toContain(whole.runId)
      const json = await downloaded(page, () => page.getByRole('button', { name: 'JSON' }).click())
      expect(JSON.parse(json.bytes.toString('utf8'))).toEqual(
        JSON.parse(JSON.stringify(await client.compare.report({ runId: whole.runId }))),
      )
      await page.getByRole('button', { name: 'Export…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('checkbox', { name: 'CSV' }).check()
      await dialog.getByRole('button', { name: 'Export differences' }).click()
      await eventually(() => client.jobs.list({ limit: 1 }).then(([job]) => job.kind)).toBe('export')
      const [job] = await client.jobs.list({ limit: 1 })
      expect(job.params).toMatchObject({ layers: ['comparison'], formats: ['parquet', 'csv'], runId: whole.runId })
      await succeeded(client, job)
    })
  })

  test('begin here, show how far they are, and appear when they are done', async () => {
    await onDesk(async (page) => {
      await open(page, '/compare')
      await page.getByRole('table', { name: 'Causes', exact: true }).waitFor()
      const before = await client.compare.runs()
      // A comparison of a few sessions is over soon: what is shown of it is noted as it appears.
      await page.evaluate(() => {
        new MutationObserver(() => {
          const heading = [...document.querySelectorAll('main h2')].find(({ textContent }) => textContent === 'Compare')
          if (heading !== undefined) {
            document.documentElement.dataset['work'] = heading.closest('section')?.textContent ?? ''
          }
        }).observe(document.body, { subtree: true, childList: true, characterData: true })
      })
      await page.getByRole('button', { name: 'Compare…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('radiogroup', { name: 'Minutes to compare' }).getByText('1 %', { exact: true }).click()
      await dialog.getByText('is marked as a sample everywhere').waitFor()
      await dialog.getByRole('button', { name: 'Compare', exact: true }).click()
      await eventually(() => client.compare.runs().then((runs) => runs.length)).toBe(before.length + 1)
      await eventually(() => page.getByRole('combobox', { name: 'Comparison run' }).inputValue()).toContain(
        'sample of 1 %',
      )
      const work = await page.evaluate(() => document.documentElement.dataset['work'])
      expect(work).toContain('all symbols, all sessions')
      expect(work).toContain('Cancel')
      await eventually(() => region(page, 'Compare').count()).toBe(0)
    })
  })
})
