import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { ExportParams } from '#shared/jobs/job-kinds.ts'
import { createEngine } from '#main/engine/create-engine.ts'
import { exportJob } from '#main/jobs/definitions/export.ts'
import { encodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import { curatedOf, OPEN_TS, SESSION } from './bars-fixtures.ts'
import { MADE_FROM_ONE, metricsOf } from './curated-fixtures.ts'
import { tempFolder } from './temp-folder.ts'
import { jobContext } from './job-context.ts'

const workspace = join(tempFolder(), 'workspace')
mkdirSync(workspace)
writeFileSync(join(workspace, 'switchyard.yaml'), JSON.stringify({ version: 1, symbols: [{ symbol: 'SPY' }] }))
const engine = createEngine({ workspace })
const { services } = engine
afterAll(() => engine.close())

/** Puts one bar into the session, in place of what was there; returns the content hash. */
function curate(price: number, quarantined = false): string {
  const { curated } = services.stores
  const blobs = encodeCurated(curatedOf([{ ts: OPEN_TS, close: price }]))
  const contentHash = hashCurated(blobs)
  const session = {
    symbol: 'SPY',
    session: SESSION,
    window: { fromTs: OPEN_TS, toTs: OPEN_TS + 60 },
    count: 1,
    rawWatermark: 1,
    configHash: 'config',
    contentHash,
    blobs,
    findings: [],
    quality: metricsOf({ expected: 1, received: 1, missing: 0, coverage: 1, quarantined }),
    ...MADE_FROM_ONE,
  }
  curated.saveConfig('config', '{}')
  curated.replaceSessions([session], 'run', 0)
  return contentHash
}

const PARAMS: ExportParams = { layers: ['curated'], formats: ['csv'] }
const run = (jobId: string, params: ExportParams, report: () => void): ReturnType<typeof exportJob.run> =>
  exportJob.run(params, jobContext(services, { jobId, report }))

test('the manifest names the hashes of the blocks that are in the files, also when others took their place meanwhile', async () => {
  const before = curate(10)
  let after = ''
  const { folder } = await run('replaced', PARAMS, () => (after ||= curate(20)))
  const rows = readFileSync(join(folder, 'curated-csv', 'SPY.csv'), 'utf8')
    .trim()
    .split('\n')
  const [names, values] = rows.map((row) => row.split(','))
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    layers: { curated: { sessions: { SPY: { contentHash: string }[] } } }
  }
  const hashOf: Record<string, string> = { '10.0': before, '20.0': after }
  expect(after).not.toBe(before)
  expect(manifest.layers.curated.sessions.SPY.map(({ contentHash }) => contentHash)).toEqual([
    hashOf[values[names.indexOf('close')]],
  ])
})

test('a session that is quarantined while files are written is in them as it was before, or not at all', async () => {
  curate(10)
  let isReplaced = false
  const { folder, heldBack } = await run('quarantined', PARAMS, () => {
    if (!isReplaced) curate(20, true)
    isReplaced = true
  })
  const [, ...rows] = readFileSync(join(folder, 'curated-csv', 'SPY.csv'), 'utf8')
    .trim()
    .split('\n')
  expect(rows.join()).not.toContain('20.0')
  expect([rows.length, heldBack]).toEqual([1, []])
  const later = await run('later', PARAMS, () => undefined)
  expect([later.rows['curated'], later.heldBack]).toMatchObject([0, [{ symbol: 'SPY', sessionDate: SESSION.date }]])
})

test('a feature set that is asked for by name and not there is not passed over', async () => {
  curate(10)
  const params: ExportParams = { ...PARAMS, layers: ['curated', 'features'], featureSet: 'none_v1' }
  await expect(run('unknown-set', params, () => undefined)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('what an export that was killed has left is removed by the next', async () => {
  curate(10)
  mkdirSync(join(workspace, 'exports', 'killed.partial'))
  await run('next', PARAMS, () => undefined)
  expect(readdirSync(join(workspace, 'exports')).filter((name) => name.endsWith('.partial'))).toEqual([])
})
