import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { newFolder, openEngine, operatorErrorOf, resultOf } from './workspace-fixtures.ts'

const CONFIG = `# desk one
version: 1
name: desk-1   # as on the door
symbols:
  - symbol: SPY # the main one
  - symbol: KO
`
const DESCRIBED = `${CONFIG}
oldPipeline:
  name: scripts
  # written by cron
  bars:
    files: old/{symbol}.csv
    label: end # says the vendor
`
const ROWS = 'datetime,open,high,low,close,volume\n2024-06-24 09:31:00,1,2,1,2,10\n2024-06-24 09:32:00,1,2,x,2,10\n'

/** A workspace with an engine and two files of an old pipeline. */
function desk(config: string): { folder: string; file: string; client: EngineClient; text: () => string } {
  const folder = newFolder()
  const file = join(folder, 'switchyard.yaml')
  writeFileSync(file, config)
  mkdirSync(join(folder, 'old'))
  for (const symbol of ['SPY', 'KO']) writeFileSync(join(folder, 'old', `${symbol}.csv`), ROWS)
  writeFileSync(join(folder, 'old', 'QQQ.csv'), ROWS)
  return { folder, file, client: openEngine(folder).client, text: () => readFileSync(file, 'utf8') }
}

const described = (values: Partial<LegacyBarsConfig> = {}): LegacyBarsConfig => ({
  ...legacyBarsConfigSchema.parse({ files: 'old/{symbol}.csv' }),
  ...values,
})

/** Names in a folder that no one should find there. */
const leftovers = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.new'))

describe('a description', () => {
  test('is added to switchyard.yaml as the plan shows it, is in use at once, and leaves every other line', async () => {
    const { folder, client, text } = desk(CONFIG)
    expect((await client.system.overview()).hasOldPipeline).toBe(false)
    const change = { kind: 'add', name: 'scripts', description: described({ label: 'end' }) } as const
    const plan = await client.legacy.planChange(change)
    expect(text()).toBe(CONFIG)
    expect(plan).toMatchObject({ key: 'oldPipeline.bars', waitingForRestart: [] })
    const saved = await client.legacy.saveChange({ change, fileHash: plan.fileHash })
    expect(saved.diff).toEqual(plan.diff)
    const added = plan.diff.filter(({ kind }) => kind === 'added').map((line) => line.text)
    expect(text()).toBe(CONFIG + added.map((line) => `${line}\n`).join(''))
    expect(parse(text())).toMatchObject({
      oldPipeline: { name: 'scripts', bars: { label: 'end', zone: 'America/New_York' } },
    })
    expect(leftovers(folder)).toEqual([])

    expect((await client.system.overview()).hasOldPipeline).toBe(true)
    expect((await client.config.get()).config.oldPipeline?.bars?.label).toBe('end')
    const result = await resultOf<'legacy-import'>(client, client.legacy.import({}))
    expect(result).toMatchObject({ files: 2, rows: 2, rejected: 2, otherFiles: 1 })
    // 09:31 at the end of its bar is the first minute of the session.
    expect(result.fileReports[0].firstTs).toBe(Date.parse('2024-06-24T13:30:00Z') / 1000)
  })

  test('is changed key by key, so that comments beside its keys stay', async () => {
    const { client, text } = desk(DESCRIBED)
    const [{ key, description }] = (await client.legacy.described()).descriptions
    const change = { kind: 'replace', key, description: { ...description, zone: 'Europe/Berlin' } } as const
    const { fileHash, diff } = await client.legacy.planChange(change)
    await client.legacy.saveChange({ change, fileHash })
    expect(text()).toBe(`${DESCRIBED}    zone: Europe/Berlin\n`)
    expect(diff.filter(({ kind }) => kind !== 'same')).toEqual([
      { kind: 'added', before: null, after: 14, text: '    zone: Europe/Berlin' },
    ])
  })

  test('beside another goes to sources, and can be taken out again', async () => {
    const { client, text } = desk(DESCRIBED)
    const change = { kind: 'add', name: 'old', description: described({ files: 'new/{symbol}.csv' }) } as const
    const plan = await client.legacy.planChange(change)
    expect(plan.key).toBe('oldPipeline.sources[0]')
    await client.legacy.saveChange({ change, fileHash: plan.fileHash })
    expect((await client.legacy.described()).descriptions.map(({ key }) => key)).toEqual([
      'oldPipeline.bars',
      'oldPipeline.sources[0]',
    ])
    const removal = { kind: 'remove', key: plan.key } as const
    const { fileHash } = await client.legacy.planChange(removal)
    await client.legacy.saveChange({ change: removal, fileHash })
    expect(text()).toBe(DESCRIBED)
    const last = { kind: 'remove', key: 'oldPipeline.bars' } as const
    await client.legacy.saveChange({ change: last, fileHash: (await client.legacy.planChange(last)).fileHash })
    expect(parse(text())).toEqual(parse(CONFIG))
    expect(await client.legacy.described()).toMatchObject({ name: null, descriptions: [] })
  })

  test('is not written when the file has changed since it was read', async () => {
    const { file, client, text, folder } = desk(CONFIG)
    const change = { kind: 'add', name: 'old', description: described() } as const
    const { fileHash } = await client.legacy.planChange(change)
    const edited = `${CONFIG}# a word by hand\n`
    writeFileSync(file, edited)
    const error = await operatorErrorOf(client.legacy.saveChange({ change, fileHash }))
    expect(error).toMatchObject({ code: 'CONFIG_CHANGED' })
    expect(text()).toBe(edited)
    expect(leftovers(folder)).toEqual([])
    expect((await client.config.get()).config.oldPipeline).toBeUndefined()
  })

  test.each([
    ['is wrong elsewhere', `${CONFIG}colour: red\n`, described(), 'CONFIG_INVALID', /:7: colour: is not a known key/],
    ['is no YAML', 'version: [1\n', described(), 'CONFIG_INVALID', /switchyard\.yaml:/],
    [
      'has the same file described twice',
      DESCRIBED,
      described(),
      'LEGACY_FILE',
      /described by oldPipeline\.bars and by oldPipeline\.sources\[0\]/,
    ],
  ])('is not written when the file %s', async (_what, config, description, code, words) => {
    const { file, client, text, folder } = desk(CONFIG)
    writeFileSync(file, config)
    const change = { kind: 'add', name: 'old', description } as const
    const planned = await operatorErrorOf(client.legacy.planChange(change))
    expect(planned.code).toBe(code)
    expect(planned.message).toMatch(words)
    expect((await operatorErrorOf(client.legacy.saveChange({ change, fileHash: 'any' }))).code).toBe(code)
    expect(text()).toBe(config)
    expect(leftovers(folder)).toEqual([])
  })

  test('that makes no sense is refused at the boundary', async () => {
    const { client, text } = desk(CONFIG)
    const description = described({ files: 'old/all.csv' })
    await expect(client.legacy.planChange({ kind: 'add', name: 'old', description })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      data: { issues: [{ path: ['description', 'files'], message: expect.stringContaining('{symbol}') }] },
    })
    expect(text()).toBe(CONFIG)
  })

  test('goes through a link to the file that it leads to, with the rights of that', async () => {
    const { file, client } = desk(CONFIG)
    const kept = join(newFolder(), 'kept.yaml')
    writeFileSync(kept, CONFIG)
    chmodSync(kept, 0o640)
    rmSync(file)
    symlinkSync(kept, file)
    const change = { kind: 'add', name: 'old', description: described() } as const
    await client.legacy.saveChange({ change, fileHash: (await client.legacy.planChange(change)).fileHash })
    expect(lstatSync(file).isSymbolicLink()).toBe(true)
    expect(readFileSync(kept, 'utf8')).toContain('oldPipeline:')
    expect(statSync(kept).mode & 0o777).toBe(0o640)
  })
})

describe('switchyard.yaml changed by hand', () => {
  test('holds for the next import, and what waits for a restart is named', async () => {
    const { file, client } = desk(CONFIG)
    expect((await operatorErrorOf(client.legacy.import({}))).code).toBe('NOTHING_TO_DO')
    writeFileSync(file, DESCRIBED.replace('desk-1', 'desk-2'))
    expect(await resultOf<'legacy-import'>(client, client.legacy.import({}))).toMatchObject({ files: 2 })
    const change = { kind: 'remove', key: 'oldPipeline.bars' } as const
    expect((await client.legacy.planChange(change)).waitingForRestart).toEqual(['name'])
    expect((await client.config.get()).config.name).toBe('desk-1')
  })

  test('into something invalid leaves what is in use, and says so', async () => {
    const { file, client } = desk(DESCRIBED)
    writeFileSync(file, DESCRIBED.replace('label: end', 'label: middle'))
    for (const call of [client.legacy.described(), client.legacy.import({})]) {
      expect((await operatorErrorOf(call)).message).toMatch(/:13: oldPipeline\.bars\.label/)
    }
    expect((await client.config.get()).config.oldPipeline?.bars?.label).toBe('end')
  })
})

describe('looking for files', () => {
  test('lists folders and files of the workspace or of any path', async () => {
    const { folder, client } = desk(CONFIG)
    mkdirSync(join(folder, 'old', 'deeper'))
    writeFileSync(join(folder, 'old', '.hidden'), '')
    const listing = await client.legacy.folder({ folder: 'old' })
    expect(listing).toMatchObject({ folder: join(folder, 'old'), parent: folder, more: 0 })
    expect(listing.entries.map(({ name, kind, bytes }) => [name, kind, bytes])).toEqual([
      ['deeper', 'folder', null],
      ['KO.csv', 'file', ROWS.length],
      ['QQQ.csv', 'file', ROWS.length],
      ['SPY.csv', 'file', ROWS.length],
    ])
    expect(await client.legacy.folder({ folder: '/' })).toMatchObject({ folder: '/', parent: null })
    const missing = await operatorErrorOf(client.legacy.folder({ folder: 'nowhere' }))
    expect(missing).toMatchObject({ code: 'NOT_FOUND', message: `There is no folder ${join(folder, 'nowhere')}.` })
  })

  test('finds the files of a pattern, their symbols, and the symbols that have none', async () => {
    const { client } = desk(`${CONFIG}  - symbol: AIG\n`)
    expect(await client.legacy.find({ files: 'old/{symbol}.csv', symbolMap: { QQQ: 'AIG' } })).toEqual({
      files: [
        { file: 'old/KO.csv', bytes: ROWS.length, oldName: 'KO', symbol: 'KO' },
        { file: 'old/QQQ.csv', bytes: ROWS.length, oldName: 'QQQ', symbol: 'AIG' },
        { file: 'old/SPY.csv', bytes: ROWS.length, oldName: 'SPY', symbol: 'SPY' },
      ],
      count: 3,
      bytes: 3 * ROWS.length,
      otherFiles: 0,
      missing: [],
    })
    expect(await client.legacy.find({ files: 'old/{symbol}.csv' })).toMatchObject({ otherFiles: 1, missing: ['AIG'] })
    expect(await client.legacy.find({ files: 'none/*' })).toMatchObject({ files: [], count: 0, missing: [] })
  })

  test('previews a file of the pattern, one of the workspace’s symbols before others', async () => {
    const { client } = desk(CONFIG)
    const { file, rows } = await client.legacy.preview({ description: { files: 'old/{symbol}.csv', label: 'end' } })
    expect(file).toBe('old/KO.csv')
    expect(rows.map(({ line, outcome }) => [line, outcome.kind])).toEqual([
      [2, 'bar'],
      [3, 'refused'],
    ])
    const none = await operatorErrorOf(client.legacy.preview({ description: { files: 'none/{symbol}.csv' } }))
    expect(none).toMatchObject({ code: 'LEGACY_FILE', message: 'There is no file none/{symbol}.csv.' })
  })
})

test('refused rows and duplicates come page by page, of one file and one kind', async () => {
  const { folder, client } = desk(DESCRIBED)
  const row = (minute: number, low: string): string =>
    `2024-06-24 10:${String(minute).padStart(2, '0')}:00,1,2,${low},2,10`
  const lines = Array.from({ length: 30 }, (_, i) => row(i, i % 3 === 0 ? 'x' : '1'))
  writeFileSync(
    join(folder, 'old', 'KO.csv'),
    ['datetime,open,high,low,close,volume', ...lines, row(1, '1'), ''].join('\n'),
  )
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  const all = await client.legacy.rejected()
  // Ten of KO refused and one replaced; one of SPY refused.
  expect(all).toHaveLength(12)
  expect(await client.legacy.rejected({ offset: 5, limit: 3 })).toEqual(all.slice(5, 8))
  const duplicates = await client.legacy.rejected({ kind: 'duplicate' })
  expect(duplicates).toMatchObject([{ file: 'old/KO.csv', line: 3, isDuplicate: true }])
  expect(await client.legacy.rejected({ file: 'old/SPY.csv' })).toMatchObject([{ line: 3, isDuplicate: false }])
  expect(await client.legacy.rejected({ kind: 'refused' })).toHaveLength(11)
})
