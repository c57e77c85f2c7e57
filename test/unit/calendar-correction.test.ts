import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import { createEngine } from '#main/engine/create-engine.ts'
import { featuresJob } from '#main/jobs/definitions/features.ts'
import { transformJob } from '#main/jobs/definitions/transform.ts'
import { verifyJob } from '#main/jobs/definitions/verify.ts'
import type { RegisteredFeatureSet } from '#main/stores/feature-store.ts'
import { barsOf, OPEN_TS } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'
import { jobContext } from './job-context.ts'

const BUILT_IN = readFileSync(join(import.meta.dirname, '../../data/calendars/XNYS.yaml'), 'utf8')
const DAY = 86_400

const workspace = join(tempFolder(), 'workspace')
mkdirSync(join(workspace, 'calendars'), { recursive: true })
writeFileSync(join(workspace, 'switchyard.yaml'), JSON.stringify({ version: 1, symbols: [{ symbol: 'SPY' }] }))

type Engine = ReturnType<typeof createEngine>
type Context = Parameters<typeof verifyJob.run>[1]

/** Works in the workspace with this closure besides the real ones. */
async function withClosure(
  date: string | null,
  work: (engine: Engine, context: Context) => Promise<void>,
): Promise<void> {
  const added = date === null ? '' : `  - { date: '${date}', reason: added }\n`
  const calendar = BUILT_IN.replace(/^specialClosures:\n/m, (line) => line + added)
  writeFileSync(join(workspace, 'calendars', 'XNYS.yaml'), calendar)
  const engine = createEngine({ workspace })
  try {
    await work(engine, jobContext(engine.services))
  } finally {
    await engine.close()
  }
}

/** One bar in each of the sessions 2024-07-01 and 2024-07-02. */
function fillRaw({ stores: { raw } }: Engine): void {
  const none = { primaryExchange: null, localSymbol: null, tradingClass: null, longName: null, minTick: null }
  raw.saveInstrument(
    { symbol: 'SPY', conId: 1, secType: 'STK', exchange: 'SMART', currency: 'USD', timeZone: null, ...none },
    0,
  )
  const series = { barSize: '1 min', whatToShow: 'TRADES', useRth: true }
  const request = raw.beginRequest({ ...series, symbol: 'SPY', endTs: 0, duration: '2 D', sessions: [] }, 0)
  raw.storeResponse(request, barsOf([{ ts: OPEN_TS - DAY }, { ts: OPEN_TS }]), [], 1)
}

const curatedDates = ({ stores }: Engine): string[] => stores.curated.sessions('SPY').map(({ session }) => session.date)

function featureDates({ stores: { features } }: Engine): string[] {
  const set = features.set('features_price_1m_v1') as RegisteredFeatureSet
  return features.sessions(set, 'SPY').map(({ sessionDate }) => sessionDate)
}

test('what was made for a session that a corrected calendar does not have is stale, and goes with the next run', async () => {
  await withClosure(null, async (engine, context) => {
    fillRaw(engine)
    await transformJob.run({}, context)
    await featuresJob.run({}, context)
    expect(curatedDates(engine)).toEqual(['2024-07-01', '2024-07-02'])
    expect(featureDates(engine)).toEqual(['2024-07-01', '2024-07-02'])
  })
  await withClosure('2024-07-01', async (engine, context) => {
    // Outside the range that a run is about nothing is touched.
    expect(await transformJob.run({ from: '2024-07-02' }, context)).toMatchObject({ sessionsRemoved: 0 })
    const curated: JobResult<'transform'> = await transformJob.run({}, context)
    expect(curated).toMatchObject({ sessionsRemoved: 1 })
    expect(transformJob.summary(curated)).toContain('1 session taken out')
    expect(curatedDates(engine)).toEqual(['2024-07-02'])
    expect([...engine.stores.curated.findings({})].map(({ sessionDate }) => sessionDate)).not.toContain('2024-07-01')
    // The session that went, and the one after it, whose windows look back on one session less.
    expect(await verifyJob.run({}, context)).toMatchObject({
      sessionsChecked: 1,
      featureSessionsStale: 2,
      mismatches: [],
    })
    expect(await featuresJob.run({}, context)).toMatchObject({ sessionsRemoved: 1 })
    expect(featureDates(engine)).toEqual(['2024-07-02'])
    expect(await verifyJob.run({}, context)).toMatchObject({ featureSessionsChecked: 1, featureSessionsStale: 0 })
  })
})

test('features whose curated bars are not there are stale, but kept', async () => {
  await withClosure('2024-07-01', async (engine, context) => {
    engine.stores.curated.removeSessions('SPY', ['2024-07-02'])
    expect(await verifyJob.run({}, context)).toMatchObject({ sessionsChecked: 0, featureSessionsStale: 1 })
    await featuresJob.run({}, context)
    expect(featureDates(engine)).toEqual(['2024-07-02'])
    expect(curatedDates(engine)).toEqual([])
  })
})
