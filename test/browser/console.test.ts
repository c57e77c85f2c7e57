import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Page } from 'playwright'
import { type RuleId, RULES } from '#shared/quality/rule-catalogue.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildConsole, SCREENSHOTS } from './console-build.ts'
import { downloaded, lookAtPng } from './console-download.ts'
import type { ConsoleHost } from './console-host.ts'
import { startConsoleHost, succeeded } from './console-host.ts'
import type { PageOptions } from './console-page.ts'
import {
  cells,
  descriptionOf,
  eventually,
  expectToFit,
  fact,
  goTo,
  inConsole,
  markDocument,
  NETWORK_NOISE,
  region,
  SCHEMES,
  shoot,
  SIZES,
} from './console-page.ts'
import type { ConsoleWorkspace } from './console-workspace.ts'
import { fill, makeWorkspace, STORED, SYMBOLS } from './console-workspace.ts'
import { launchChromium } from './launch-chromium.ts'

let browser: Browser
/** Filled by the main job over `STORED`. */
let desk: ConsoleWorkspace
let deskHost: ConsoleHost
/** Configured, and holds nothing. */
let fresh: ConsoleWorkspace
let freshHost: ConsoleHost

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const renderer = await buildConsole('renderer')
  browser = await launchChromium()
  desk = await makeWorkspace('desk-1')
  deskHost = await startConsoleHost(desk.folder, renderer)
  await fill(deskHost)
  fresh = await makeWorkspace('fresh')
  freshHost = await startConsoleHost(fresh.folder, renderer)
})

afterAll(async () => {
  await browser?.close()
  await deskHost?.stop()
  await freshHost?.stop()
  await desk?.remove()
  await fresh?.remove()
})

const onDesk = (look: (page: Page) => Promise<void>, options?: PageOptions): Promise<void> =>
  inConsole(browser, deskHost.url, look, options)

const onFresh = (look: (page: Page) => Promise<void>, options?: PageOptions): Promise<void> =>
  inConsole(browser, freshHost.url, look, options)

/** `12,480`, worked out without the console's own formatting. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

describe.each(SCHEMES)('in the %s theme', (scheme) => {
  test.each(SIZES)('every page is drawn without a problem and fits $width by $height', async (size) => {
    await onDesk(
      async (page) => {
        await page.getByRole('table', { name: 'Symbols' }).waitFor()
        await shoot(page, `overview-${scheme}-${size.width}`)
        await expectToFit(page)
        await goTo(page, '/ingest', 'Ingest')
        await page.getByRole('table', { name: 'Plan by symbol' }).waitFor()
        await shoot(page, `ingest-${scheme}-${size.width}`)
        await expectToFit(page)
        await goTo(page, '/compare', 'Compare')
        await page.getByRole('application', { name: /^Difference grid/ }).waitFor()
        await shoot(page, `compare-${scheme}-${size.width}`)
        await expectToFit(page)
      },
      { scheme, ...size },
    )
    await onFresh(
      async (page) => {
        await page.getByText('Nothing is stored yet').waitFor()
        await shoot(page, `overview-empty-${scheme}-${size.width}`)
        await goTo(page, '/compare', 'Compare')
        await page.getByText('Nothing has been compared yet').waitFor()
        await shoot(page, `compare-empty-${scheme}-${size.width}`)
      },
      { scheme, ...size },
    )
  })
})

describe('the overview', () => {
  test('shows what the workspace holds', async () => {
    const overview = await (await deskHost.client()).system.overview()
    await onDesk(async (page) => {
      await page.getByRole('table', { name: 'Symbols' }).waitFor()
      // SPY trades in every minute: five sessions of 390 minutes and one of 210.
      const spyBars = grouped(STORED.fullSessions * 390 + STORED.shortSessions * 210)
      expect(await cells(page, 'Symbols', 'SPY')).toEqual([
        'SPY',
        spyBars,
        spyBars,
        '6',
        '6',
        '6',
        '0',
        STORED.from,
        STORED.to,
      ])
      for (const [name, layer] of [
        ['Raw responses', 'raw'],
        ['Curated bars', 'curated'],
        ['Features', 'features'],
        ['Old bars', 'legacy'],
        ['Comparisons', 'comparisons'],
      ] as const) {
        const held = overview.layers.find((entry) => entry.layer === layer)
        expect([name, await fact(region(page, name), 'Rows').innerText()]).toEqual([name, grouped(held?.rows ?? -1)])
      }
      expect(await fact(region(page, 'Curated bars'), 'Sessions').innerText()).toBe(
        String(SYMBOLS.length * STORED.sessions),
      )
      const finding = overview.findings.find(({ severity }) => severity === 'warn')!
      expect((await cells(page, 'Findings by rule', 'Warning')).slice(1)).toEqual([
        RULES[finding.rule as RuleId].title,
        grouped(finding.count),
      ])
      expect(await page.title()).toBe('desk-1 · Switchyard')
      // Times of the operator's own clock say which zone they are in.
      await page
        .getByRole('table', { name: 'Last runs' })
        .getByRole('columnheader', { name: 'Started Berlin' })
        .waitFor()
    })
  })

  test('opens the findings of a rule on their own page', async () => {
    const [finding] = await (await deskHost.client()).quality.findings({ rule: 'low_coverage' })
    await onDesk(async (page) => {
      await page.getByRole('cell', { name: RULES.low_coverage.title }).click()
      await page.getByRole('heading', { name: 'Data quality' }).waitFor()
      const row = page.getByRole('table', { name: 'Findings', exact: true }).locator('tbody tr').first()
      await row.waitFor()
      expect(await row.innerText()).toContain(finding.message)
    })
  })

  test('says what a job will do, starts it when confirmed, and shows its result without being asked', async () => {
    await onDesk(async (page) => {
      await page.getByRole('button', { name: 'Verify…' }).click()
      const dialog = page.getByRole('dialog', { name: 'Verify…' })
      expect(await dialog.innerText()).toContain('all symbols, all sessions')
      await dialog.getByRole('button', { name: 'Verify', exact: true }).click()
      const first = page.getByRole('table', { name: 'Last runs' }).locator('tbody tr').first()
      await eventually(() => first.innerText()).toMatch(/Done\s+Verify\s/)
      expect(await first.innerText()).toContain('All hashes reproduced: 12 curated sessions, 12 feature sessions')
    })
  })

  test('narrows actions to the symbol chosen in a table, and remembers it', async () => {
    await onDesk(async (page) => {
      await page.getByRole('table', { name: 'Symbols' }).getByText('DJCO').click()
      await page.getByRole('button', { name: 'Curate…' }).click()
      expect(await page.getByRole('dialog').innerText()).toContain('DJCO, all sessions')
      await page.keyboard.press('Escape')
      await eventually(() => page.getByRole('dialog').count()).toBe(0)
      await page.reload()
      await eventually(() => page.getByRole('combobox', { name: 'Symbol' }).inputValue()).toBe('DJCO')
    })
  })

  test('of an empty workspace says what fills it and leads there', async () => {
    await onFresh(async (page) => {
      await page.getByText('Nothing is stored yet').waitFor()
      await page.getByRole('button', { name: 'Curate…' }).click()
      expect(await page.getByRole('dialog').innerText()).toContain('There are no raw responses yet.')
      expect(await page.getByRole('dialog').getByRole('button', { name: 'Curate' }).isDisabled()).toBe(true)
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Go to ingest' }).click()
      await page.getByRole('heading', { level: 1, name: 'Ingest' }).waitFor()
    })
  })
})

describe('an ingest', () => {
  const plan = (page: Page, label: string) => fact(region(page, 'Plan'), label).innerText()
  const choose = async (page: Page, from: string, to: string): Promise<void> => {
    await page.getByRole('textbox', { name: 'First session' }).fill(from)
    await page.getByRole('textbox', { name: 'Last session' }).fill(to)
  }

  test('is planned before it is started', async () => {
    await onDesk(async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      // The six stored sessions and three more, of two symbols, one request each.
      await choose(page, STORED.from, '2024-12-06')
      await eventually(() => plan(page, 'To fetch')).toBe('6 sessions')
      expect(await plan(page, 'Already stored')).toBe('12 sessions')
      expect(await plan(page, 'Requests')).toBe('2')
      expect(await plan(page, 'Bars, at most')).toBe(grouped(2 * 3 * 390))
      expect(await cells(page, 'Plan by symbol', 'SPY')).toEqual(['SPY', '3', '6', '1', `${STORED.from} ET`])
    })
  })

  test('of days without a session is refused in words, at the place where they were chosen', async () => {
    await onDesk(async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      await choose(page, '2024-11-28', '2024-11-28')
      const alert = region(page, 'Plan').getByRole('alert')
      await alert.waitFor()
      expect(await alert.innerText()).toMatch(/no trading session.*2024-11-28[\s\S]*Choose dates/)
      expect(await page.getByRole('button', { name: 'Fetch' }).isDisabled()).toBe(true)
    })
  })

  test('started by a click shows its progress, then its result, and the layers follow', async () => {
    desk.line.holdAfter(1)
    await onDesk(async (page) => {
      const isSameDocument = await markDocument(page)
      await goTo(page, '/ingest', 'Ingest')
      await choose(page, STORED.from, '2024-12-06')
      await page.getByRole('button', { name: 'Fetch 6 sessions' }).click()

      const running = region(page, 'Running now')
      await running.getByText('Fetching bars: 3 of 6 sessions').waitFor()
      // Connecting weighs 1 and fetching 50: (1 + 50 * 3 / 6) / 51 = 50.98 %, shown rounded down.
      expect(await running.getByRole('progressbar').getAttribute('value')).toBe('50')
      expect(await page.getByRole('button', { name: /^1 job/ }).innerText()).toContain('50 %')

      desk.line.release()
      const last = region(page, 'Last run')
      await last.waitFor()
      expect(await fact(last, 'Fetched').innerText()).toBe('6 sessions')
      expect(await fact(last, 'Failed').innerText()).toBe('0 sessions')
      await eventually(() => plan(page, 'To fetch')).toBe('0 sessions')
      await page.getByText('Every session of this range is stored.').waitFor()

      await page.getByRole('link', { name: 'Overview' }).click()
      const spyBars = grouped((STORED.fullSessions + 3) * 390 + STORED.shortSessions * 210)
      await eventually(async () => (await cells(page, 'Symbols', 'SPY'))[1]).toBe(spyBars)
      await page.getByText('Next: curate').waitFor()
      expect(await isSameDocument()).toBe(true)
    })
  })

  test('can be cancelled, and what was stored stays', async () => {
    desk.line.holdAfter(1)
    await onDesk(async (page) => {
      await goTo(page, '/ingest', 'Ingest')
      // Five sessions of two symbols, one request each.
      await choose(page, '2024-12-09', '2024-12-13')
      await page.getByRole('button', { name: 'Fetch 10 sessions' }).click()
      const running = region(page, 'Running now')
      await running.getByText('Fetching bars: 5 of 10 sessions').waitFor()
      await running.getByRole('button', { name: 'Cancel Ingest' }).click()

      await region(page, 'Last run').getByText('Cancelled').waitFor()
      await eventually(() => plan(page, 'To fetch')).toBe('5 sessions')
      expect(await plan(page, 'Already stored')).toBe('5 sessions')
    })
    desk.line.release()
  })

  test('that finds no TWS says so and what to do', async () => {
    await fresh.line.close()
    await onFresh(async (page) => {
      await page.getByRole('button', { name: /TWS not connected/ }).click()
      const dialog = page.getByRole('dialog', { name: /^TWS/ })
      await dialog.getByRole('button', { name: 'Connect to TWS' }).click()
      await dialog.getByRole('alert').getByText('Start TWS or IB Gateway').waitFor()
      await page.keyboard.press('Escape')
      await eventually(() => dialog.count()).toBe(0)

      await goTo(page, '/ingest', 'Ingest')
      await choose(page, STORED.from, STORED.from)
      await page.getByRole('button', { name: 'Fetch 2 sessions' }).click()
      const last = region(page, 'Last run')
      await last.waitFor()
      expect(await last.getByRole('alert').innerText()).toContain('Start TWS or IB Gateway')
      expect(await page.getByRole('main').innerText()).toContain('The last ingest failed')
    })
  })
})

describe('a comparison', () => {
  const comparison = async () => {
    const client = await deskHost.client()
    const [{ runId }] = await client.compare.runs()
    return { client, run: await client.compare.run({ runId }) }
  }

  test('begins with the verdict and shows every field and session', async () => {
    const { run } = await comparison()
    const { counts } = run
    const whole = counts.common + counts.oldOnly + counts.newOnly
    const share = (part: number): string => `${((part / whole) * 100).toFixed(2)} %`
    await onDesk(async (page) => {
      await goTo(page, '/compare', 'Compare')
      const verdict = (await region(page, 'Verdict').innerText()).replaceAll(/\s+/g, ' ')
      expect(verdict).toContain(`${share(counts.equal)} equal, `)
      expect(verdict).toContain(`${share(counts.withinTolerance)} within tolerance, `)
      expect(verdict).toContain(`${share(counts.different)} different, `)
      expect(verdict).toContain(`${share(counts.oldOnly)} only in old`)
      expect(verdict).toContain(`of ${grouped(whole)} minutes`)

      await goTo(page, '/compare?part=fields', 'Compare')
      await page.getByRole('table', { name: 'Counts by field' }).waitFor()
      const volume = await cells(page, 'Counts by field', 'volume')
      expect(volume[0]).toBe('volume ± 1 %')
      expect(volume[4]).toBe(grouped(counts.fields['volume'].different))
      await goTo(page, '/compare', 'Compare')
      await page.getByRole('radiogroup', { name: 'Sessions as' }).getByText('Table').click()
      const sessions = page.getByRole('table', { name: 'Sessions of the run' }).locator('tbody tr')
      await sessions.first().waitFor()
      expect(await sessions.count()).toBe(run.perSession.length)
    })
  })

  test('lays old and new of a session over each other with the exact values of a minute', async () => {
    const { client } = await comparison()
    const overlay = await client.compare.overlay({ symbol: 'SPY', sessionDate: '2024-11-27', field: 'close' })
    await onDesk(async (page) => {
      await goTo(page, '/compare', 'Compare')
      await page.getByRole('radiogroup', { name: 'Sessions as' }).getByText('Table').click()
      await page
        .getByRole('table', { name: 'Sessions of the run' })
        .locator('tbody tr', { hasText: 'SPY' })
        .filter({ hasText: '2024-11-27' })
        .click()
      await page.getByRole('button', { name: 'Show minutes' }).click()
      await page.getByRole('radiogroup', { name: 'Field' }).getByText('close').click()
      const chart = page.getByRole('application', { name: 'close of SPY on 2024-11-27, old and new' })
      await chart.waitFor()
      expect(await chart.locator('.recharts-line-curve').count()).toBe(2)

      // The fourth minute of the session in the exchange's zone, reached with the keyboard.
      await chart.focus()
      for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight')
      await eventually(() => page.locator('.recharts-tooltip-wrapper dl').first().innerText()).toContain('09:33')
      const values = await page.locator('.recharts-tooltip-wrapper dl').first().locator('dd').allInnerTexts()
      const [oldValue, newValue] = [overlay.old[3], overlay.new[3]]
      expect(overlay.ts[3] - overlay.openTs).toBe(180)
      expect(values.slice(0, 3)).toEqual(['09:33', oldValue?.toFixed(2), newValue?.toFixed(2)])
      expect(Number(values[3].replace('\u2212', '-'))).toBeCloseTo((newValue ?? 0) - (oldValue ?? 0), 8)
    })
  })

  test('shows the same minutes as a table', async () => {
    const { client, run } = await comparison()
    const overlay = await client.compare.overlay({ symbol: 'DJCO', sessionDate: STORED.to, field: 'volume' })
    const gap = overlay.new.indexOf(null)
    await onDesk(async (page) => {
      await goTo(
        page,
        `/compare/${run.runId}?part=session&symbol=DJCO&session=${STORED.to}&field=volume&at=${overlay.ts[gap]}`,
        'Compare',
      )
      await region(page, `DJCO ${STORED.to}`).getByRole('button', { name: 'As table' }).click()
      const table = page.getByRole('table', { name: `volume of DJCO, ${STORED.to}, minute by minute` })
      // A header and every minute of the session, of which only those in view are in the document.
      expect(await table.getAttribute('aria-rowcount')).toBe('391')
      expect(await table.locator('tbody tr').count()).toBeLessThan(100)
      // The marked minute is in view; what the new side does not have is a dash, not a zero.
      const marked = table.locator('tr[aria-current="true"] td')
      await marked.first().waitFor()
      expect((await marked.allInnerTexts()).slice(1)).toEqual([grouped(overlay.old[gap] ?? -1), '–', '–'])
    })
  })

  test('counts the differences by size and says how many are zero', async () => {
    const { client, run } = await comparison()
    const histogram = await client.compare.histogram({ runId: run.runId, field: 'volume' })
    await onDesk(async (page) => {
      await goTo(page, `/compare/${run.runId}?part=fields&field=volume`, 'Compare')
      const panel = region(page, 'Differences of volume')
      await panel
        .getByText(`${grouped(histogram.zeros)} of ${grouped(histogram.count)} minutes are exactly zero`)
        .waitFor()
      await panel.getByRole('button', { name: 'As table' }).click()
      const counts = panel.getByRole('table').locator('tbody tr td:nth-child(2)')
      await counts.first().waitFor()
      const shown = (await counts.allInnerTexts()).map((text) => Number(text.replaceAll(',', '')))
      expect(shown).toEqual(histogram.bins.map((bin) => bin.count))
    })
  })

  test('hands over the minutes of a session as CSV with exact values', async () => {
    const { client, run } = await comparison()
    const overlay = await client.compare.overlay({ symbol: 'DJCO', sessionDate: '2024-11-27', field: 'close' })
    // Winter time in New York.
    const minute = (ts: number): string => new Date((ts - 5 * 3600) * 1000).toISOString().slice(0, 19)
    const expected = Array.from({ length: 390 }, (_, index) => {
      const ts = overlay.openTs + index * 60
      const at = overlay.ts.indexOf(ts)
      const [oldValue, newValue] = at === -1 ? [null, null] : [overlay.old[at], overlay.new[at]]
      return [
        `${new Date(ts * 1000).toISOString().slice(0, 19)}Z`,
        `${minute(ts)}-05:00`,
        oldValue ?? '',
        newValue ?? '',
        oldValue === null || newValue === null ? '' : newValue - oldValue,
      ].join(',')
    })
    expect(minute(overlay.openTs)).toBe('2024-11-27T09:30:00')
    await onDesk(async (page) => {
      await goTo(page, `/compare/${run.runId}?part=session&symbol=DJCO&session=2024-11-27&field=close`, 'Compare')
      const button = region(page, 'DJCO 2024-11-27').getByRole('button', { name: 'Export CSV' })
      const file = await downloaded(page, () => button.press('Enter'))
      expect(file.name).toBe('DJCO_2024-11-27_close_old-and-new.csv')
      const lines = file.bytes.toString('utf8').split('\r\n')
      expect(lines[0]).toBe(
        'bar start (UTC),bar start (America/New_York),old close (price),new close (price),new - old close (price)',
      )
      expect(lines.slice(1)).toEqual([...expected, ''])
      // DJCO does not trade in every minute; the old pipeline filled those up, the new one leaves them out.
      expect(expected.some((line) => line.endsWith(',,'))).toBe(true)
    })
  })

  test('hands over the counts by size as CSV', async () => {
    const { client, run } = await comparison()
    const { bins, count } = await client.compare.histogram({ runId: run.runId, field: 'volume', symbol: 'SPY' })
    await onDesk(async (page) => {
      await goTo(page, `/compare/${run.runId}?part=fields&symbol=SPY&session=${STORED.from}&field=volume`, 'Compare')
      const panel = region(page, 'Differences of volume')
      await panel.getByRole('radiogroup', { name: 'Symbols counted' }).getByText('SPY').click()
      await panel.getByText(`of ${grouped(count)} minutes are exactly zero`).waitFor()
      const button = panel.getByRole('button', { name: 'Export CSV' })
      await eventually(() => button.getAttribute('aria-disabled')).toBe('false')
      const file = await downloaded(page, () => button.click())
      expect(file.name).toBe(`SPY_${STORED.from}-to-${STORED.to}_volume_differences.csv`)
      const rows = file.bytes.toString('utf8').trimEnd().split('\r\n').slice(1)
      expect(rows).toEqual(
        bins.map((bin, index) =>
          [
            index === 0 ? '' : bin.from,
            index === bins.length - 1 ? '' : bin.to,
            bin.count,
            (bin.count / count) * 100,
          ].join(','),
        ),
      )
    })
  })

  test.each([
    ['light', { ground: '#ffffff', old: '#e69f00', new: '#0072b2', difference: '#cc79a7' }],
    ['dark', { ground: '#171b1f', old: '#e69f00', new: '#56b4e9', difference: '#cc79a7' }],
  ] as const)(
    'hands over its charts as pictures in the %s theme, also while a table is shown',
    async (scheme, colours) => {
      const { run } = await comparison()
      await onDesk(
        async (page) => {
          await goTo(page, `/compare/${run.runId}?part=session&symbol=SPY&session=2024-11-27&field=volume`, 'Compare')
          const overlay = region(page, 'SPY 2024-11-27')
          const chart = page.getByRole('application', { name: 'volume of SPY on 2024-11-27, old and new' })
          await chart.waitFor()
          const width = await chart.evaluate((svg) => svg.getBoundingClientRect().width)
          const file = await downloaded(page, () => overlay.getByRole('button', { name: 'Export PNG' }).click())
          expect(file.name).toBe('SPY_2024-11-27_volume_old-and-new.png')
          writeFileSync(path.join(SCREENSHOTS, `export-overlay-${scheme}.png`), file.bytes)
          const picture = await lookAtPng(browser, file.bytes)
          expect(picture.width).toBe(width * 2)
          // Both charts, 428 pixels together, and the words above them.
          expect(picture.height).toBeGreaterThan((428 + 40) * 2)
          expect(picture.corner).toBe(colours.ground)
          for (const role of ['old', 'new', 'difference'] as const) {
            expect([role, picture.pixels(colours[role]) > 50]).toEqual([role, true])
          }

          await page.getByRole('radiogroup', { name: 'Part' }).getByText('Fields').click()
          const panel = region(page, 'Differences of volume')
          const toTable = panel.getByRole('button', { name: 'As table' })
          await toTable.click()
          expect(await toTable.getAttribute('aria-pressed')).toBe('true')
          await panel.getByRole('table').waitFor()
          const bins = await downloaded(page, () => panel.getByRole('button', { name: 'Export PNG' }).click())
          expect(bins.name).toBe(`${SYMBOLS.join('-')}_${STORED.from}-to-${STORED.to}_volume_differences.png`)
          writeFileSync(path.join(SCREENSHOTS, `export-histogram-${scheme}.png`), bins.bytes)
          const histogram = await lookAtPng(browser, bins.bytes)
          expect(histogram.corner).toBe(colours.ground)
          expect(histogram.pixels(colours.difference)).toBeGreaterThan(500)
          await page.screenshot({ path: path.join(SCREENSHOTS, `compare-table-${scheme}.png`) })
          await toTable.click()
          await panel.getByRole('application').waitFor()
          expect(await panel.getByRole('table').count()).toBe(0)
        },
        { scheme },
      )
    },
  )

  test('whose picture cannot be made says so at the chart', async () => {
    await onDesk(async (page) => {
      await goTo(page, '/compare?part=fields', 'Compare')
      const panel = page.getByRole('region', { name: /^Differences of / })
      await panel.getByRole('application').waitFor()
      await page.evaluate(() => {
        HTMLCanvasElement.prototype.toBlob = (done) => done(null)
      })
      await panel.getByRole('button', { name: 'Export PNG' }).click()
      await panel.getByRole('alert').getByText('The picture could not be made.').waitFor()
      await page.screenshot({ path: path.join(SCREENSHOTS, 'export-failed.png') })
      // What works is not held up by it, and takes the message away.
      await downloaded(page, () => panel.getByRole('button', { name: 'Export CSV' }).click())
      expect(await panel.getByRole('alert').count()).toBe(0)
    })
  })

  test('without differences in a field offers no file and says why', async () => {
    const { client, run } = await comparison()
    // The old pipeline got volumes wrong, and prices right.
    const field = 'close'
    const { zeros, count } = await client.compare.histogram({ runId: run.runId, field })
    expect(zeros).toBe(count)
    await onDesk(async (page) => {
      await goTo(page, `/compare/${run.runId}?part=fields&symbol=SPY&session=2024-11-27&field=${field}`, 'Compare')
      const panel = region(page, `Differences of ${field}`)
      await panel.getByText('No differences').waitFor()
      const reason = `Old and new have the same ${field} in every one of ${grouped(count)} minutes.`
      let downloads = 0
      page.on('download', () => downloads++)
      for (const name of ['As table', 'Export CSV', 'Export PNG']) {
        const button = panel.getByRole('button', { name })
        expect(await button.getAttribute('aria-disabled')).toBe('true')
        await button.focus()
        await page.keyboard.press('Enter')
        await page.getByRole('tooltip').getByText(reason).last().waitFor()
        expect(await descriptionOf(button)).toContain(reason)
      }
      await page.getByRole('heading', { level: 1 }).click()
      await eventually(() => page.getByRole('tooltip').count()).toBe(0)
      expect(await descriptionOf(panel.getByRole('button', { name: 'Export CSV' }))).toContain(reason)
      await page.screenshot({ path: path.join(SCREENSHOTS, 'export-blocked.png') })
      expect(await panel.getByRole('table').count()).toBe(0)
      expect(downloads).toBe(0)
    })
  })

  test('is restored by its address: run, session, field and minute', async () => {
    const { client, run } = await comparison()
    const { openTs } = await client.compare.overlay({ symbol: 'DJCO', sessionDate: '2024-11-27', field: 'volume' })
    const address = `/compare/${run.runId}?part=session&symbol=DJCO&session=2024-11-27&field=volume&at=${openTs + 60}`
    await onDesk(async (page) => {
      await goTo(page, address, 'Compare')
      await page.reload()
      await page.getByRole('heading', { level: 2, name: 'DJCO 2024-11-27', exact: true }).waitFor()
      const field = page.getByRole('radiogroup', { name: 'Field' })
      expect(await field.getByRole('radio', { name: 'volume' }).isChecked()).toBe(true)
      expect(await page.getByRole('combobox', { name: 'Symbol of the session' }).inputValue()).toBe('DJCO')
      expect(await page.getByRole('combobox', { name: 'Date of the session' }).inputValue()).toBe('2024-11-27')
      const chart = page.getByRole('application', { name: 'volume of DJCO on 2024-11-27, old and new' })
      await chart.waitFor()
      // The marked minute is the only line drawn across the upper chart.
      expect(await chart.locator('.recharts-reference-line-line').count()).toBe(1)
    })
  })

  test('that is not there says so and offers those that are', async () => {
    await onDesk(async (page) => {
      await goTo(page, '/compare/no-such-run', 'Compare')
      await page.getByRole('alert').getByText('no-such-run').waitFor()
      await page.getByRole('combobox', { name: 'Comparison run' }).click()
      await page.getByRole('option').first().click()
      await region(page, 'Verdict').waitFor()
      expect(page.url()).not.toContain('no-such-run')
    })
  })
})

describe('the frame', () => {
  test('lets the keyboard skip to the page and shows where it is', async () => {
    await onDesk(async (page) => {
      await page.getByRole('table', { name: 'Symbols' }).waitFor()
      await page.keyboard.press('Tab')
      const skip = page.getByRole('link', { name: 'Skip to the page' })
      expect(await skip.evaluate((link) => link === document.activeElement)).toBe(true)
      expect(await skip.evaluate((link) => link.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0)
      await page.keyboard.press('Enter')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
      await page.keyboard.press('Tab')
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
      expect(outline).toBe('solid')
    })
  })

  test('changes the theme and keeps it', async () => {
    await onDesk(async (page) => {
      await page.getByRole('button', { name: 'Theme: Like the system' }).click()
      await page.getByRole('menuitem', { name: 'Dark' }).click()
      const scheme = () => page.evaluate(() => document.documentElement.dataset['mantineColorScheme'])
      await eventually(scheme).toBe('dark')
      await page.reload()
      await page.getByRole('button', { name: 'Theme: Dark' }).waitFor()
      expect(await scheme()).toBe('dark')
    })
  })

  test('turns a browser without the token away with the way in', async () => {
    await inConsole(
      browser,
      deskHost.wrongUrl,
      async (page) => {
        await page.getByRole('heading', { name: 'This page needs the link with the token' }).waitFor()
        await page.screenshot({ path: path.join(SCREENSHOTS, 'refused.png') })
        expect(page.url()).not.toContain('token')
        // Another tab of the same browser opens the right link; this page then goes on by itself.
        const other = await page.context().newPage()
        await other.goto(deskHost.url)
        await other.getByRole('table', { name: 'Symbols' }).waitFor()
        await other.close()
        await page.getByRole('button', { name: 'Try again' }).click()
        await page.getByRole('table', { name: 'Symbols' }).waitFor()
      },
      { allowed: NETWORK_NOISE },
    )
  })

  test('keeps the view when the engine is killed, says so, and goes on when it is back', async () => {
    await onDesk(
      async (page) => {
        await goTo(page, '/compare', 'Compare')
        // Nothing is being loaded any more: the last part of the verdict is there.
        await region(page, 'Verdict')
          .getByText(/^of [\d,]+ differences$/)
          .waitFor()
        const isSameDocument = await markDocument(page)
        const verdict = await region(page, 'Verdict').innerText()

        await deskHost.kill()
        await page.getByText('Connection lost.').waitFor()
        expect(await region(page, 'Verdict').innerText()).toBe(verdict)
        await page.getByRole('button', { name: 'TWS unknown' }).waitFor()
        await page.screenshot({ path: path.join(SCREENSHOTS, 'connection-lost.png') })
        await page.getByRole('button', { name: 'Compare…' }).click()
        expect(await page.getByRole('dialog').innerText()).toContain('The engine cannot be reached right now.')
        await page.keyboard.press('Escape')

        await deskHost.start()
        await eventually(() => page.getByText('Connection lost.').count()).toBe(0)
        expect(await isSameDocument()).toBe(true)
        // What happens from now on is pushed again.
        const client = await deskHost.client()
        await succeeded(client, await client.compare.start({ symbols: ['SPY'] }))
        await eventually(() => page.getByRole('combobox', { name: 'Comparison run' }).inputValue()).toContain(
          '1 symbol',
        )
      },
      { allowed: NETWORK_NOISE },
    )
  })
})
