import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import { createEngine } from '#main/engine/create-engine.ts'
import { legacyImportJob } from '#main/jobs/definitions/legacy-import.ts'
import { tempFolder } from './temp-folder.ts'
import { jobContext } from './job-context.ts'

const BUILT_IN = readFileSync(join(import.meta.dirname, '../../data/calendars/XNYS.yaml'), 'utf8')
const workspace = join(tempFolder(), 'workspace')
mkdirSync(join(workspace, 'calendars'), { recursive: true })
const oldPipeline = { name: 'scripts', bars: { files: '{symbol}.csv' } }
writeFileSync(
  join(workspace, 'switchyard.yaml'),
  JSON.stringify({ version: 1, symbols: [{ symbol: 'SPY' }], oldPipeline }),
)
const ROWS = ['2024-07-01 09:30:00,1,1,1,1,1', '2024-07-02 09:30:00,1,1,1,1,1']
writeFileSync(join(workspace, 'SPY.csv'), ['datetime,open,high,low,close,volume', ...ROWS, ''].join('\n'))

/** Opens the workspace with these closures besides the real ones, imports, and says what is there then. */
async function importWith(
  closures: readonly string[],
): Promise<{ result: JobResult<'legacy-import'>; dates: readonly string[] }> {
  const added = closures.map((date) => `  - { date: '${date}', reason: added }\n`).join('')
  const calendar = BUILT_IN.replace(/^specialClosures:\n/m, (line) => line + added)
  writeFileSync(join(workspace, 'calendars', 'XNYS.yaml'), calendar)
  const engine = createEngine({ workspace })
  const result = await legacyImportJob.run({}, jobContext(engine.services))
  const dates = engine.stores.legacy.sessionDates('SPY', '0000-00-00', '9999-99-99')
  await engine.close()
  return { result, dates }
}

test('a file is read again when the calendar says something else about its rows, and only then', async () => {
  const both = ['2024-07-01', '2024-07-02']
  expect(await importWith([])).toMatchObject({ result: { files: 1, filesUnchanged: 0, rejected: 0 }, dates: both })
  expect(await importWith([])).toMatchObject({ result: { files: 0, filesUnchanged: 1 }, dates: both })
  expect(await importWith(['2024-07-01'])).toMatchObject({
    result: { files: 1, filesUnchanged: 0, rejected: 1 },
    dates: ['2024-07-02'],
  })
})
