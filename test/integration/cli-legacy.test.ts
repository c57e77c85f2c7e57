import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { XNYS } from './simulator-fixtures.ts'
import { isoLocal } from '#shared/time.ts'
import { inProcess } from './command-in-process.ts'
import { newFolder } from './workspace-fixtures.ts'

const CONFIG = '# desk one\nversion: 1\nsymbols:\n  - symbol: SPY # the main one\n'

/** Five sessions with times at the end of their bars; one row a session has no number. */
const BARS = XNYS.sessionsBetween('2024-06-24', '2024-06-28').flatMap(({ openTs, closeTs }) =>
  Array.from({ length: (closeTs - openTs) / 60 }, (_, i) => {
    const time = isoLocal(openTs + 60 * (i + 1), XNYS.zone)
      .slice(0, 19)
      .replace('T', ' ')
    return `${time},540,541,${i === 5 ? '#NAME?' : 539},540,${90_000 - 100 * i}`
  }),
)

const folder = newFolder()
const config = join(folder, 'switchyard.yaml')
const old = join(folder, 'old')
writeFileSync(config, CONFIG)
mkdirSync(old)
writeFileSync(join(old, 'SPY.csv'), `Date,Open,High,Low,Close,Volume\n${BARS.join('\n')}\n`)

const legacy = (...args: string[]) => inProcess('legacy', ...args, '--workspace', folder)
const file = join(old, 'SPY.csv')

describe('switchyard legacy', () => {
  test('shows what it would write, writes it, and reads by it', async () => {
    const dry = await legacy('sniff', file, '--dry-run')
    expect(dry.code).toBe(0)
    expect(dry.stdout).toContain('\n+ oldPipeline:\n+   name: old\n')
    expect(dry.stdout).toContain('Nothing was written. This would change oldPipeline.bars')
    expect(readFileSync(config, 'utf8')).toBe(CONFIG)

    const written = await legacy('sniff', file, '--write', '--name', 'scripts')
    expect(written.stdout).toContain(`Written: oldPipeline.bars in ${config}.`)
    expect(readFileSync(config, 'utf8').startsWith(CONFIG)).toBe(true)
    expect(parse(readFileSync(config, 'utf8'))).toMatchObject({
      oldPipeline: { name: 'scripts', bars: { files: join(old, '{symbol}.csv'), label: 'end' } },
    })
    // The same files a second time would be read twice.
    const again = await legacy('sniff', file, '--write')
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('is described by oldPipeline.bars and by oldPipeline.sources[0]')

    const preview = await legacy('preview')
    expect(preview.stdout).toContain('1950 rows = 1945 bars + 5 refused + 0 duplicates')
    expect(preview.stdout).toMatch(
      /\n {2}2 +2024-06-24 09:31:00 \| 540 .* 2024-06-24T09:30 2024-06-24T13:30:00Z 540 541 539 540 90000\n/,
    )
    expect(preview.stdout).toContain('The first bar usually starts at 09:30, the last at 15:59.')

    expect((await legacy('import')).code).toBe(3)
    const rejected = await legacy('rejected', '--kind', 'refused', '--limit', '2', '--offset', '1')
    expect(rejected.stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/SPY\.csv:397: "Low" is what a spreadsheet left/),
      expect.stringMatching(/SPY\.csv:787: /),
    ])
    const files = JSON.parse((await legacy('files', '--json')).stdout) as { imported: unknown[]; described: unknown }
    expect(files.imported).toMatchObject([{ rows: 1945, rejected: 5 }])
  })

  test('puts a description in the place of another, and takes it out', async () => {
    const replaced = await legacy('sniff', file, '--write', '--replace', 'oldPipeline.bars')
    expect(replaced.code).toBe(0)
    const unknown = await legacy('preview', 'oldPipeline.sources[3]')
    expect(unknown.stderr).toMatch(/has no oldPipeline\.sources\[3\].*\n.*It has oldPipeline\.bars/)
    expect((await legacy('remove', 'oldPipeline.bars', '--dry-run')).stdout).toContain('- oldPipeline:')
    expect((await legacy('remove', 'oldPipeline.bars')).code).toBe(0)
    expect(parse(readFileSync(config, 'utf8'))).toEqual(parse(CONFIG))
    expect((await legacy('remove')).code).toBe(2)
    expect((await legacy('files')).stdout).toContain('Nothing is described yet.')
  })
})
