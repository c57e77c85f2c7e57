import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { isoLocal } from '#shared/time.ts'
import { BUILT_IN_CALENDARS } from '#main/engine/data-folder.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { buildConsole, SCREENSHOTS } from './console-build.ts'
import type { ConsoleHost } from './console-host.ts'
import { startConsoleHost } from './console-host.ts'
import type { Scheme } from './console-page.ts'
import { cells, eventually, expectToFit, goTo, inConsole, SCHEMES, shoot, SIZES } from './console-page.ts'
import { launchChromium } from './launch-chromium.ts'

const XNYS = loadCalendar('XNYS', [BUILT_IN_CALENDARS])
const CONFIG = `# The desk of the third floor
version: 1
name: desk-old   # as on the door
symbols:
  - symbol: SPY # the main one
  - symbol: KO
  - symbol: AIG
`

/**
 * Five sessions as a German spreadsheet leaves them: two lines before the header, times at the end of bars, decimal commas, lots,
 * an indicator, a broken cell a session, and the last minute of all twice.
 */
function spreadsheet(): string {
  const rows = XNYS.sessionsBetween('2024-06-24', '2024-06-28').flatMap(({ openTs, closeTs }) =>
    Array.from({ length: (closeTs - openTs) / 60 }, (_, i) => {
      const time = isoLocal(openTs + 60 * (i + 1), XNYS.zone).slice(0, 16)
      const date = `${time.slice(8, 10)}.${time.slice(5, 7)}.${time.slice(0, 4)} ${time.slice(11)}`
      const price = (540 + (i % 50) / 100).toFixed(2).replace('.', ',')
      const high = i === 4 ? '#NAME?' : (541 + (i % 50) / 100).toFixed(2).replace('.', ',')
      return `${date};${price};${high};${price};${price};${200 + Math.max(0, 900 - 3 * i)};${40 + (i % 20)}`
    }),
  )
  return `Export of the desk;;;;;;\nmade by hand;;;;;;\nZeit;Open;High;Low;Close;Lots;RSI\n${[...rows, rows.at(-1)].join('\n')}\n`
}

const folders: string[] = []
let browser: Browser
let renderer: string
const hosts: ConsoleHost[] = []

/** A workspace with the files of an old pipeline beside it, served. */
async function desk(config = CONFIG): Promise<{ folder: string; host: ConsoleHost; yaml: () => string }> {
  const parent = mkdtempSync(path.join(tmpdir(), 'switchyard-old-'))
  folders.push(parent)
  const folder = path.join(parent, 'workspace')
  mkdirSync(folder)
  mkdirSync(path.join(parent, 'old', '2023'), { recursive: true })
  for (const symbol of ['SPY', 'KO', 'QQQ']) writeFileSync(path.join(parent, 'old', `${symbol}.csv`), spreadsheet())
  writeFileSync(path.join(parent, 'old', 'notes.txt'), 'Remember to ask about the splits.\n')
  const file = path.join(folder, 'switchyard.yaml')
  writeFileSync(file, config)
  const host = await startConsoleHost(folder, renderer)
  hosts.push(host)
  return { folder, host, yaml: () => readFileSync(file, 'utf8') }
}

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  renderer = await buildConsole('renderer-old-data')
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  for (const host of hosts) await host.stop()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const field = (page: Page, name: string): Locator => page.getByRole('textbox', { name, exact: true })

const pathField = (page: Page): Locator => page.getByRole('combobox', { name: 'File or pattern' })

/** Chooses in a list of the form. */
async function choose(page: Page, name: string, option: string): Promise<void> {
  await page.getByRole('form', { name: 'Description' }).getByLabel(name, { exact: true }).first().click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

const imported = (page: Page): Locator => page.getByRole('table', { name: 'Rows as they are imported' })

/** The row of the preview's right side that belongs to a line of the file, its line number aside. */
async function barOf(page: Page, line: string): Promise<string> {
  const row = imported(page).locator('tbody tr', { has: page.locator(`td:first-child:text-is("${line}")`) })
  return (await row.locator('td').allInnerTexts()).slice(1).join(' ').replaceAll(/\s+/g, ' ').trim()
}

async function lookAtSpy(page: Page): Promise<void> {
  await goTo(page, '/old-data/describe', 'Describe old files')
  await pathField(page).fill('../old/SPY.csv')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Look at it' }).click()
  await imported(page).waitFor()
}

/** Looks at the console in both sizes and the given themes; `name` names a picture of it. */
async function shots(
  url: string,
  look: (page: Page, name: (what: string) => string) => Promise<void>,
  schemes: readonly Scheme[] = SCHEMES,
): Promise<void> {
  for (const scheme of schemes) {
    for (const size of SIZES) {
      const name = (what: string): string => `old-data-${what}-${scheme}-${size.width}`
      await inConsole(browser, url, (page) => look(page, name), { scheme, ...size })
    }
  }
}

describe('the wizard', () => {
  test.each(SCHEMES)('leads from a file to bars: every step in both sizes, %s', async (scheme) => {
    const { host } = await desk()
    await shots(
      host.url,
      async (page, name) => {
        await goTo(page, '/old-data', 'Old data')
        await page.getByText('No old data is described yet').waitFor()
        await shoot(page, name('empty'))
        await page.getByRole('button', { name: 'Describe files…' }).click()
        await page.getByRole('table', { name: /^Files in/ }).waitFor()
        await pathField(page).fill('../old/')
        await page.getByRole('option', { name: '../old/SPY.csv' }).waitFor()
        await shoot(page, name('choose'))
        await expectToFit(page)
        await pathField(page).fill('../old/{symbol}.csv')
        await page.getByRole('table', { name: 'Files of the pattern' }).getByText('../old/QQQ.csv').waitFor()
        await shoot(page, name('pattern'))
        await pathField(page).fill('../old/notes.txt')
        await page.keyboard.press('Escape')
        await page.getByRole('button', { name: 'Look at it' }).click()
        await page.getByText('no line of it looks like a bar').waitFor()
        await shoot(page, name('not-bars'))
        await lookAtSpy(page)
        await page.getByText('Fits the hours of the exchange').waitFor()
        await shoot(page, name('rows'))
        await expectToFit(page)
        await page.getByText(/^Refused 5, duplicates 1$/).click()
        await imported(page)
          .getByText(/is what a spreadsheet left/)
          .first()
          .waitFor()
        await shoot(page, name('refused'))
        await page.getByRole('radio', { name: /^its start/ }).click()
        await page.getByText('Does not fit the hours of the exchange').waitFor()
        await shoot(page, name('label'))
        await page.getByRole('radio', { name: /^its end/ }).click()
        await field(page, 'Pattern').fill('../old/SPY.csv')
        await page.getByText('1 key of the description makes no sense yet').waitFor()
        await shoot(page, name('invalid'))
        await field(page, 'Pattern').fill('../old/{symbol}.csv')
        await page.getByText('Fits the hours of the exchange').waitFor()
        await page.getByRole('button', { name: 'Review and save…' }).click()
        await page.getByRole('list', { name: 'Change of switchyard.yaml' }).getByText('oldPipeline:').waitFor()
        await shoot(page, name('review'))
        await expectToFit(page)
      },
      [scheme],
    )
  })

  test('shows what each change of the description makes of the rows', async () => {
    const { host } = await desk()
    await inConsole(browser, host.url, async (page) => {
      await lookAtSpy(page)
      // The fourth line: a label at the end of its bar, in lots.
      await eventually(() => barOf(page, '4')).toBe('2024-06-24 09:30–09:31 13:30 540.00 541.00 540.00 540.00 110,000')
      expect(await page.getByText(/^Line 4 says/).innerText()).toBe(
        'Line 4 says 24.06.2024 09:31: the bar of 2024-06-24 from 09:30 to 09:31 ET (13:30 to 13:31 UTC), known from 09:31 ET on.',
      )
      await page.getByRole('radio', { name: /^its start/ }).click()
      await eventually(() => barOf(page, '4')).toMatch(/^2024-06-24 09:31–09:32 /)
      await page.getByText(/a minute too late/).waitFor()
      await page.getByRole('radio', { name: /^its end/ }).click()
      await page.getByText(/known before it happened, which is look-ahead/).waitFor()
      await choose(page, 'Volume in', 'Shares')
      await eventually(() => barOf(page, '4')).toMatch(/ 1,100$/)
      await choose(page, 'Clock', 'Europe/Berlin')
      await eventually(() => barOf(page, '4')).toMatch(/^2024-06-24 03:30–03:31 07:30|Refused: .*is in no session/)
      await choose(page, 'Clock', 'America/New_York')
      await choose(page, 'Decimal mark', 'Point 1.5')
      await choose(page, 'Between thousands', 'Nothing')
      await eventually(() => barOf(page, '4')).toMatch(/^Refused: "Open" is not a number: "540,00"/)
      await choose(page, 'Decimal mark', 'Comma 1,5')
      await choose(page, 'Close', 'RSI')
      await eventually(() => barOf(page, '4')).toMatch(/540\.00 541\.00 540\.00 40\.00 1,100$/)
      await choose(page, 'Delimiter', 'Comma ,')
      await page
        .getByRole('alert')
        .getByText(/must have exactly one column/)
        .waitFor()
      await shoot(page, 'old-data-failure')
      await choose(page, 'Delimiter', 'Semicolon ;')
      await page.getByRole('alert').waitFor({ state: 'detached' })
      await field(page, 'Header lines').fill('0')
      await eventually(() => barOf(page, '4')).toMatch(/^2024-06-24 09:30–09:31 .* 40\.00 1,100$/)
      // Without a header its line is a row that cannot be read.
      await eventually(() => barOf(page, '3')).toMatch(/^Refused: /)
    })
  })

  test('saves what it showed, keeps the operator’s comments, and imports', async () => {
    const { host, yaml } = await desk()
    await inConsole(browser, host.url, async (page) => {
      await lookAtSpy(page)
      await choose(page, 'Other columns, as features', 'All others that hold numbers')
      await page.getByRole('button', { name: 'Review and save…' }).click()
      const diff = page.getByRole('list', { name: 'Change of switchyard.yaml' })
      await field(page, 'Name of the old pipeline').fill('spreadsheets')
      await diff.getByText('name: spreadsheets').waitFor()
      expect(yaml()).toBe(CONFIG)
      await page.getByRole('button', { name: 'Save to switchyard.yaml' }).click()
      await page.getByText('oldPipeline.bars is saved and in use.').waitFor()
      await shoot(page, 'old-data-saved')
      expect(yaml().startsWith(CONFIG)).toBe(true)
      expect(parse(yaml())).toMatchObject({
        oldPipeline: {
          name: 'spreadsheets',
          bars: {
            files: '../old/{symbol}.csv',
            delimiter: ';',
            skipRows: 2,
            decimal: ',',
            columns: { time: 'Zeit', open: 'Open', high: 'High', low: 'Low', close: 'Close', volume: 'Lots' },
            timeFormat: '%d.%m.%Y %H:%M',
            zone: 'America/New_York',
            label: 'end',
            volumeUnit: 'lots',
            features: 'rest',
          },
        },
      })
      await page.getByRole('button', { name: 'Import…' }).click()
      await page.getByRole('button', { name: 'Import', exact: true }).click()
      await page.getByRole('heading', { level: 1, name: 'Old data' }).waitFor()
      const files = page.getByRole('table', { name: 'Imported files' })
      await files.getByText('../old/SPY.csv').waitFor()
      // 1,951 rows: one broken in each of five sessions, one twice.
      expect((await cells(page, 'Imported files', '../old/SPY.csv')).slice(1, 8)).toEqual([
        'SPY',
        '1,945',
        '5',
        '1',
        '2024-06-24 09:30',
        '2024-06-28 15:59',
        '0',
      ])
      await shots(host.url, async (own, name) => {
        await goTo(own, '/old-data', 'Old data')
        await own.getByRole('table', { name: 'Imported files' }).getByText('../old/KO.csv').waitFor()
        await own.getByRole('table', { name: 'Refused rows and duplicates' }).locator('tbody tr').first().waitFor()
        await shoot(own, name('page'))
        await expectToFit(own)
        await own.getByRole('table', { name: 'Described in switchyard.yaml' }).locator('tbody tr').first().click()
        await own.getByText('No file for AIG').waitFor()
        await own.getByRole('table', { name: 'Imported files' }).locator('tbody tr').first().click()
        await shoot(own, name('page-open'))
        await expectToFit(own)
        await own.getByRole('button', { name: 'Take out…' }).click()
        await own.getByRole('list', { name: 'Change of switchyard.yaml' }).waitFor()
        await shoot(own, name('remove'))
      })
      await files.getByText('../old/SPY.csv').click()
      const rejects = page.getByRole('table', { name: 'Refused rows and duplicates' })
      await eventually(() => rejects.locator('tbody tr').count()).toBe(6)
      await page.getByText('Duplicates 1', { exact: true }).click()
      await eventually(() => rejects.locator('tbody tr').allInnerTexts()).toEqual([
        expect.stringMatching(/SPY\.csv\s+1,953\s+Duplicate\s+line 1954 has the same minute/),
      ])
    })
  })

  test('says that the file was changed by somebody else, and saves after another look', async () => {
    const { host, yaml, folder } = await desk()
    await inConsole(browser, host.url, async (page) => {
      await lookAtSpy(page)
      await page.getByRole('button', { name: 'Review and save…' }).click()
      const diff = page.getByRole('list', { name: 'Change of switchyard.yaml' })
      await diff.getByText('oldPipeline:').waitFor()
      const edited = `${CONFIG}# a word by hand\n`
      writeFileSync(path.join(folder, 'switchyard.yaml'), edited)
      await page.getByRole('button', { name: 'Save to switchyard.yaml' }).click()
      await page
        .getByRole('alert')
        .getByText(/was changed since it was read/)
        .waitFor()
      await shoot(page, 'old-data-conflict')
      expect(yaml()).toBe(edited)
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click()
      await diff.getByText('# a word by hand').waitFor()
      await page.getByRole('button', { name: 'Save to switchyard.yaml' }).click()
      await page.getByText('oldPipeline.bars is saved and in use.').waitFor()
      expect(yaml().startsWith(edited)).toBe(true)
    })
  })

  test('changes a description that is there, and takes it out again', async () => {
    const described = `${CONFIG}
oldPipeline:
  name: spreadsheets
  bars: # from the third floor
    files: ../old/{symbol}.csv
    delimiter: ';'
    skipRows: 2
    decimal: ','
    columns: { time: Zeit, volume: Lots, open: Open, high: High, low: Low, close: Close }
    timeFormat: '%d.%m.%Y %H:%M'
    label: start # who said so?
    volumeUnit: lots
`
    const { host, yaml } = await desk(described)
    await inConsole(browser, host.url, async (page) => {
      await goTo(page, '/old-data', 'Old data')
      await page.getByRole('table', { name: 'Described in switchyard.yaml' }).locator('tbody tr').first().press('Enter')
      await page.getByRole('button', { name: 'See rows and change…' }).click()
      await page.getByText('Does not fit the hours of the exchange').waitFor()
      await page.getByRole('radio', { name: /^its end/ }).click()
      await page.getByText('Fits the hours of the exchange', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Review and save…' }).click()
      await page.getByRole('button', { name: 'Save to switchyard.yaml' }).click()
      await page.getByText('oldPipeline.bars is saved and in use.').waitFor()
      expect(yaml()).toBe(described.replace('label: start #', 'label: end #'))
      await page.getByRole('button', { name: 'Back to old data' }).click()
      await page.getByRole('table', { name: 'Described in switchyard.yaml' }).locator('tbody tr').first().click()
      await page.getByRole('button', { name: 'Take out…' }).click()
      await page.getByRole('button', { name: 'Take it out' }).click()
      await page.getByText('No old data is described yet').waitFor()
      expect(parse(yaml())).toEqual(parse(CONFIG))
    })
  })

  test('works by keys alone', async () => {
    const { host } = await desk()
    await inConsole(browser, host.url, async (page) => {
      await goTo(page, '/old-data/describe', 'Describe old files')
      await pathField(page).focus()
      await page.keyboard.type('../old/S')
      await page.getByRole('option', { name: '../old/SPY.csv' }).waitFor()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await pathField(page).inputValue()).toBe('../old/SPY.csv')
      await page.keyboard.press('Enter')
      await imported(page).waitFor()
      // The heading of the step has the focus, so that it is read out and the next key goes on from there.
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Check how it is read')
      await page.getByRole('radio', { name: /^its end/ }).focus()
      await page.keyboard.press('ArrowUp')
      await page.getByText('Does not fit the hours of the exchange').waitFor()
    })
  })
})

test('an import shows how far it is, and can be stopped', async () => {
  const { folder, host } = await desk(
    `${CONFIG}
oldPipeline:
  name: many
  bars: { files: ../many/{symbol}_*.csv, timeFormat: epoch }
`.replace('../many/{symbol}_*.csv', "'../many/{symbol}_*.csv'"),
  )
  // Files enough to look at an import under way: each has the same 20 sessions.
  const many = path.join(folder, '..', 'many')
  mkdirSync(many)
  const rows = XNYS.sessionsBetween('2024-06-03', '2024-06-28').flatMap(({ openTs, closeTs }) =>
    Array.from({ length: (closeTs - openTs) / 60 }, (_, i) => `${openTs + 60 * i},1,1,1,1,${i + 1}`),
  )
  const text = `datetime,open,high,low,close,volume\n${rows.join('\n')}\n`
  for (let i = 0; i < 400; i++) writeFileSync(path.join(many, `SPY_${String(i).padStart(3, '0')}.csv`), text)
  await shots(host.url, async (page, name) => {
    await goTo(page, '/old-data', 'Old data')
    await page.getByText('400 files', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Import…' }).click()
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    const run = page.getByRole('region', { name: 'Import under way' })
    await run.getByText(/of 400 files/).waitFor()
    await run.getByText(/^about .+ left$/).waitFor()
    await shoot(page, name('running'))
    await expectToFit(page)
    await run.getByRole('button', { name: 'Cancel Import old pipeline' }).click()
    await page.getByText(/^Stopped\. Symbols that were finished stay imported/).waitFor()
    await shoot(page, name('stopped'))
  })
})

test('a file that is not valid any more is said, and what was imported stays', async () => {
  const { host, folder } = await desk()
  writeFileSync(path.join(folder, 'switchyard.yaml'), `${CONFIG}colour: red\n`)
  await shots(host.url, async (page, name) => {
    await goTo(page, '/old-data', 'Old data')
    await page
      .getByRole('alert')
      .getByText(/colour: is not a known key/)
      .waitFor()
    await shoot(page, name('broken-config'))
    await expectToFit(page)
  })
})
