import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Acceptance, CompareRow, RunCauses } from '#shared/contract/causes.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import { isoUtc } from '#shared/time.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { inProcess } from './command-in-process.ts'
import { runMainJob, SESSIONS } from './main-job-fixtures.ts'
import { openEngine, operatorErrorOf, receivedBars, resultOf } from './workspace-fixtures.ts'

let workspace: string
let engine: Engine
let client: EngineClient
let run: JobResult<'compare'>
let found: RunCauses

/** The bars that the new pipeline has of SPY; it trades in every minute. */
const newBars = (sessionDate: string) => receivedBars(engine.stores.curated.block('SPY', sessionDate))

/** The wall clock of New York, four hours behind UTC in these weeks. */
const wallClock = (ts: number): string =>
  isoUtc(ts - 4 * 3_600)
    .slice(0, 19)
    .replace('T', ' ')

/** SPY as an old script would leave it: labelled with the end of the bar, volume in lots, and 13:00 to 13:04 always lost. */
function writeOldFile(): string[] {
  const lines = ['datetime,open,high,low,close,volume']
  for (const date of SESSIONS) {
    const { ts, open, high, low, close, volume } = newBars(date)
    ts.forEach((start, i) => {
      if (/ 13:0[0-4]:/.test(wallClock(start))) return
      lines.push([wallClock(start + 60), open[i], high[i], low[i], close[i], volume[i] / 100].join(','))
    })
  }
  writeFileSync(join(workspace, 'old', 'SPY.csv'), `${lines.join('\n')}\n`)
  return lines
}

let lines: string[]

/** 2024-07-03 closed at 13:00. */
const AFTERNOONS = SESSIONS.filter((date) => date !== '2024-07-03')

/** How often the bar of 12:59 differs from that of 13:00: prices by more than a cent, hundredths of volumes from volumes always. */
function movedAt13(dates = AFTERNOONS): Record<string, number> {
  const moved: Record<string, number> = {}
  for (const date of dates) {
    const bars = newBars(date)
    const at = Array.from(bars.ts).findIndex((ts) => wallClock(ts) === `${date} 13:00:00`)
    for (const field of ['open', 'high', 'low', 'close'] as const) {
      const cents = Math.abs(Math.round(100 * bars[field][at - 1]) - Math.round(100 * bars[field][at]))
      if (cents > 1) moved[field] = (moved[field] ?? 0) + 1
    }
    moved['volume'] = (moved['volume'] ?? 0) + 1
  }
  return moved
}

const openDifferences = (dates: readonly string[] = AFTERNOONS): number => {
  const afternoons = dates.filter((date) => AFTERNOONS.includes(date))
  return Object.values(movedAt13(afternoons)).reduce((sum, count) => sum + count, 4 * afternoons.length)
}

beforeAll(async () => {
  ;({ workspace, engine, client } = await runMainJob())
  await engine.close()
  // Nobody told the new pipeline what the old one's labels and volumes mean.
  const config = join(workspace, 'switchyard.yaml')
  const oldPipeline = { name: 'script', bars: { files: 'old/{symbol}.csv' } }
  writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), oldPipeline }))
  ;({ engine, client } = openEngine(workspace))
  lines = writeOldFile()
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  run = await resultOf<'compare'>(client, client.compare.start({ symbols: ['SPY'] }))
  found = await client.compare.causes({ runId: run.runId })
})

const keys = ({ causes }: RunCauses): string[] => causes.map(({ causeKey }) => causeKey)
const SHIFT = 'time_shift:60'
const LOTS = 'scale:0.01:volume'

describe('the causes of a run', () => {
  test('are those that the old file was made with', () => {
    expect(keys(found).sort()).toEqual([LOTS, SHIFT])
    expect(found.causes.find(({ causeKey }) => causeKey === SHIFT)?.words).toBe(
      'Old times are 1 minute later than the new: bars are labelled with their end.',
    )
    expect(found.isSearched).toBe(true)
  })

  test('leave open what was lost, and count every difference once', () => {
    const { differences, open } = found
    // The rows of 13:00 to 13:04 are lost, so that no row says 13:01 to 13:05. Of these the last would be the bar of 13:05 but for
    // the label. What says 13:00 is the bar before, and differs by as much as the market moved.
    expect(open).toEqual({ fields: movedAt13(), oldOnly: 0, newOnly: 4 * AFTERNOONS.length, doubled: 0 })
    const left = openDifferences()
    const { fields, oldOnly, newOnly } = run.counts
    const values = Object.values(fields).reduce(
      (sum, { different, nullVersusValue }) => sum + different + nullVersusValue,
      0,
    )
    expect(differences).toEqual({
      total: values + oldOnly + newOnly,
      explained: 0,
      waiting: differences.total - left,
      open: left,
    })
    // Every explained difference needs some of the causes, and is counted under those once.
    expect(found.combinations.reduce((sum, { explained }) => sum + explained, 0)).toBe(differences.waiting)
    for (const { causeKey, explained } of found.causes) {
      const needing = found.combinations.filter(({ causeKeys }) => causeKeys.includes(causeKey))
      expect(needing.reduce((sum, combination) => sum + combination.explained, 0)).toBe(explained)
    }
    expect(found.combinations.some(({ causeKeys }) => causeKeys.length === 2)).toBe(true)
    expect(run.found).toMatchObject({ differences: differences.total, attributed: differences.total - left })
  })

  test('are in the grid, session by session', async () => {
    const grid = await client.compare.grid({ runId: run.runId })
    expect(grid.symbols).toEqual(['SPY'])
    expect(grid.sessionDates).toEqual(SESSIONS)
    expect(grid.total.reduce((sum, count) => sum + count, 0)).toBe(found.differences.total)
    const open = grid.total.map((total, at) => total - grid.explained[at] - grid.waiting[at])
    expect(open).toEqual(SESSIONS.map((date) => openDifferences([date])))
  })

  test('have the old row, the new row, and the old row set right as evidence', () => {
    const { samples } = found.causes.find(({ causeKey }) => causeKey === LOTS) as RunCauses['causes'][number]
    const [{ old, fresh, undone }] = samples
    expect(old?.ts).toBe((fresh?.ts ?? 0) + 60)
    expect(undone?.values['volume']).toBeCloseTo(fresh?.values['volume'] ?? NaN, 9)
    expect(undone?.values['vwap']).toBeNull()
  })
})

test('a report says what explains the differences, and what nothing explains', async () => {
  const { html } = await client.compare.reportHtml({ runId: run.runId })
  expect(html).toContain('Old times are 1 minute later than the new: bars are labelled with their end.')
  expect(html).toContain('only in new 32')
  const { explanation } = await client.compare.report({ runId: run.runId })
  expect(explanation).toEqual(found)
  const [point] = await client.compare.trend({ limit: 1 })
  expect(point.withoutCauseShare).toBeCloseTo(found.differences.open / found.differences.total, 12)
})

describe('the rows of a run', () => {
  test('come by pages, the largest first, each once', async () => {
    const all: CompareRow[] = []
    for (let offset = 0; ; offset += 1_000) {
      const page = await client.compare.rows({ runId: run.runId, field: 'close', offset, limit: 1_000 })
      all.push(...page.rows)
      if (all.length >= page.total || page.rows.length === 0) break
    }
    const { different, withinTolerance } = run.counts.fields['close']
    expect(all).toHaveLength(different + withinTolerance)
    const sizes = all.map(({ old, fresh }) => Math.abs((fresh['close'] ?? NaN) - (old['close'] ?? NaN)))
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
    expect(new Set(all.map(({ ts }) => ts)).size).toBe(all.length)
  })

  test('are found by cause, class, date and state', async () => {
    const lost = await client.compare.rows({ runId: run.runId, state: 'open', order: 'time', limit: 100 })
    expect(lost.total).toBe(5 * AFTERNOONS.length)
    expect(lost.rows.slice(0, 5).map(({ class: name }) => name)).toEqual([
      'different',
      ...Array<string>(4).fill('new_only'),
    ])
    const day = { runId: run.runId, from: '2024-07-02', to: '2024-07-02' }
    const oneSide = await client.compare.rows({ ...day, classes: ['old_only'] })
    const times = new Set(newBars('2024-07-02').ts)
    const labels = lines.map((line) => line.slice(0, 19)).filter((label) => label.startsWith('2024-07-02'))
    const newTimes = new Set(Array.from(times, wallClock))
    const expected = labels.filter((label) => !newTimes.has(label))
    expect(expected).toContain('2024-07-02 16:00:00')
    expect(oneSide.rows.map(({ ts }) => wallClock(ts)).sort()).toEqual(expected)
    expect(oneSide.rows.every(({ causeKeys, state }) => causeKeys.includes(SHIFT) && state === 'waiting')).toBe(true)
    const lots = await client.compare.rows({ ...day, causeKey: LOTS, limit: 1_000 })
    // Every volume is in lots but for those of the minutes that have no old row of their own.
    expect(lots.total).toBe(times.size - 5 + expected.length)
    expect((await client.compare.rows({ ...day, causeKey: 'scale:2:close' })).total).toBe(0)
    const large = await client.compare.rows({ ...day, field: 'volume', leastDifference: 100_000, limit: 1_000 })
    expect(
      large.rows.every(({ old, fresh }) => Math.abs((fresh['volume'] ?? 0) - (old['volume'] ?? 0)) >= 100_000),
    ).toBe(true)
  })

  test('are traced to the file and line they came from', async () => {
    const [row] = (await client.compare.rows({ runId: run.runId, order: 'time', limit: 1 })).rows
    const { ts, sessionDate } = row
    const second = await client.compare.oldSource({ symbol: 'SPY', sessionDate, ts: ts + 60 })
    expect(second.sources).toEqual([
      {
        file: 'old/SPY.csv',
        line: 2,
        text: lines[1],
        isCompared: true,
        problem: null,
      },
    ])
  })
})

describe('accepting a cause', () => {
  const decide = (causeKey: string, more: object = {}): Promise<Acceptance> =>
    client.compare.acceptCause({ runId: run.runId, causeKey, reason: 'known of the script', author: 'Kim', ...more })
  const statesNow = async () => (await client.compare.causes({ runId: run.runId })).differences

  test('explains differences once all causes that they need are accepted, and makes none of them equal', async () => {
    const shift = await decide(SHIFT)
    const one = await statesNow()
    expect(one.explained).toBeGreaterThan(0)
    expect(one.waiting).toBeGreaterThan(0)
    const lots = await decide(LOTS, { scope: { fields: ['volume'] } })
    // All that the cause changes is volume, so that nothing is left out.
    expect(await statesNow()).toEqual({ ...found.differences, explained: found.differences.waiting, waiting: 0 })
    expect((await client.compare.run({ runId: run.runId })).counts).toEqual(run.counts)
    await client.compare.withdrawAcceptance({ id: lots.id, reason: 'not sure', author: 'Kim' })
    expect(await statesNow()).toEqual(one)
    await client.compare.withdrawAcceptance({ id: shift.id, reason: 'not sure', author: 'Kim' })
    expect(await statesNow()).toEqual(found.differences)
    const list = await client.compare.acceptances()
    expect(list.map(({ causeKey, state }) => [causeKey, state])).toEqual([
      [LOTS, 'withdrawn'],
      [SHIFT, 'withdrawn'],
    ])
  })

  test('is bound to symbols, dates and fields', async () => {
    const accepted = await decide(SHIFT, { scope: { symbols: ['SPY'], from: '2024-07-02', to: '2024-07-03' } })
    const grid = await client.compare.grid({ runId: run.runId })
    const explained = SESSIONS.filter((_date, at) => grid.explained[at] > 0)
    await client.compare.withdrawAcceptance({ id: accepted.id, reason: 'test', author: 'Kim' })
    expect(explained).toEqual(['2024-07-02', '2024-07-03'])
  })

  test('holds in later runs, also of other dates', async () => {
    const accepted = await decide(SHIFT)
    const later = await resultOf<'compare'>(client, client.compare.start({ symbols: ['SPY'], from: '2024-07-01' }))
    const { differences, causes } = await client.compare.causes({ runId: later.runId })
    expect(differences.explained).toBeGreaterThan(0)
    expect(causes.find(({ causeKey }) => causeKey === SHIFT)?.acceptances.map(({ id }) => id)).toContain(accepted.id)
    await client.compare.withdrawAcceptance({ id: accepted.id, reason: 'test', author: 'Kim' })
  })

  test('is refused for a cause that the run does not have, a scope that means nothing, and an end that has passed', async () => {
    expect(await operatorErrorOf(decide('scale:2:close'))).toMatchObject({ code: 'NOT_FOUND' })
    expect(await operatorErrorOf(decide(SHIFT, { scope: { symbols: ['NONE'] } }))).toMatchObject({
      code: 'UNKNOWN_SYMBOL',
    })
    expect(await operatorErrorOf(decide(SHIFT, { scope: { from: '2024-07-03', to: '2024-07-02' } }))).toMatchObject({
      code: 'BAD_ARGUMENTS',
    })
    expect(await operatorErrorOf(decide(LOTS, { scope: { fields: ['close'] } }))).toMatchObject({
      code: 'BAD_ARGUMENTS',
      message: 'The cause scale:0.01:volume changes nothing of close.',
    })
    expect(await operatorErrorOf(decide(SHIFT, { expiresAtMs: 1 }))).toMatchObject({ code: 'BAD_ARGUMENTS' })
    expect((await client.compare.acceptances()).filter(({ state }) => state === 'active')).toEqual([])
  })
})

test('no causes are looked for in a sample, and the run says so', async () => {
  const { runId, found: none } = await resultOf<'compare'>(
    client,
    client.compare.start({ symbols: ['SPY'], sample: 0.5 }),
  )
  expect(none).toBeNull()
  const report = await client.compare.causes({ runId })
  expect(report).toMatchObject({ isSearched: false, causes: [] })
  expect(report.differences.open).toBe(report.differences.total)
  expect(report.differences.total).toBeGreaterThan(0)
})

test('old rows that stand there twice have a cause of their own', async () => {
  const file = join(workspace, 'old', 'AAPL.csv')
  const bars = receivedBars(engine.stores.curated.block('AAPL', '2024-07-01'))
  const own = Array.from(bars.ts, (ts, i) =>
    [wallClock(ts), bars.open[i], bars.high[i], bars.low[i], bars.close[i], bars.volume[i]].join(','),
  )
  writeFileSync(file, `datetime,open,high,low,close,volume\n${[...own, ...own.slice(0, 30)].join('\n')}\n`)
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  const selected = { symbols: ['AAPL'], from: '2024-07-01', to: '2024-07-01' }
  const { runId } = await resultOf<'compare'>(client, client.compare.start(selected))
  const { causes, differences } = await client.compare.causes({ runId })
  expect([causes.map(({ causeKey, explained }) => [causeKey, explained]), differences.open]).toEqual([
    [['duplicate_rows', 30]],
    0,
  ])
  const [source] = (await client.compare.oldSource({ symbol: 'AAPL', sessionDate: '2024-07-01', ts: bars.ts[0] }))
    .sources
  expect(source).toMatchObject({ line: 2, isCompared: false })
})

describe('the command line', () => {
  const command = async (...args: string[]) => {
    const { code, stdout, stderr } = await inProcess(...args, '--workspace', workspace, '--json')
    return { code, json: JSON.parse(stdout) as unknown, stderr }
  }

  beforeAll(() => engine.close())

  test('shows causes, accepts and withdraws them, and ends with 3 while something is unexplained', async () => {
    const causes = await command('compare', 'causes', run.runId)
    expect([causes.code, (causes.json as RunCauses).differences.total]).toEqual([3, found.differences.total])
    const signed = ['--reason', 'known', '--author', 'Kim']
    const accepted = await command('compare', 'accept', run.runId, SHIFT, ...signed, '--until', '2999-01-31')
    expect(accepted.json).toMatchObject({ causeKey: SHIFT, state: 'active', expiresAtMs: Date.UTC(2999, 0, 31) })
    const { id } = accepted.json as Acceptance
    expect((await command('compare', 'withdraw', String(id), ...signed)).json).toMatchObject({ state: 'withdrawn' })
    expect((await command('compare', 'withdraw', String(id), ...signed)).code).toBe(2)
    expect((await command('compare', 'accept', run.runId, SHIFT, '--reason', ' ', '--author', 'Kim')).code).toBe(2)
    expect((await command('compare', 'acceptances')).json).toHaveLength(5)
  })

  test('shows rows and where they came from', async () => {
    const rows = await command('compare', 'rows', run.runId, '--state', 'open', '--order', 'time', '--limit', '1')
    expect(rows.json).toMatchObject({ total: 40, rows: [{ class: 'different', state: 'open' }] })
    const at = ['--session', SESSIONS[0], '--at', `${SESSIONS[0]}T13:31Z`]
    expect((await command('compare', 'source', 'SPY', ...at)).json).toMatchObject({
      sources: [{ line: 2, isCompared: true }],
    })
  })

  test('takes times with a zone only, of days that there are, and says when no file has a bar', async () => {
    const at = (time: string) => command('compare', 'source', 'SPY', '--session', SESSIONS[0], '--at', time)
    expect((await at(`${SESSIONS[0]}T13:31`)).code).toBe(2)
    const until = ['--reason', 'known', '--author', 'Kim', '--until', '2999-02-30']
    expect((await command('compare', 'accept', run.runId, SHIFT, ...until)).code).toBe(2)
    const time = `${SESSIONS[0]}T03:00Z`
    const where = ['--session', SESSIONS[0], '--at', time, '--workspace', workspace]
    const { code, stdout } = await inProcess('compare', 'source', 'SPY', ...where)
    expect([code, stdout.trim()]).toEqual([
      0,
      `No file that ${SESSIONS[0]} was imported from has a bar of SPY at ${SESSIONS[0]}T03:00:00Z.`,
    ])
  })

  test('compares without looking for causes when it is told so', async () => {
    const { json } = await command('compare', '--symbols', 'SPY', '--no-causes')
    expect((json as JobResult<'compare'>).found).toBeNull()
  })
})
