import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ComparisonReport, TrendPoint, WhatIf } from '#shared/contract/comparison.ts'
import type { ComparisonRun } from '#shared/contract/contract.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { systemClock } from '#main/tws/clock.ts'
import { inProcess } from './command-in-process.ts'
import { runMainJob } from './main-job-fixtures.ts'
import { finished, openEngine, operatorErrorOf, resultOf } from './workspace-fixtures.ts'

let workspace: string
let engine: Engine
let client: EngineClient
let first: JobResult<'compare'>

/** Opens the workspace anew with another `comparison` in its configuration. */
async function reopenWith(comparison: object, nowIso?: string): Promise<void> {
  await engine.close()
  const file = join(workspace, 'switchyard.yaml')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), comparison }))
  const clock = nowIso === undefined ? systemClock : { ...systemClock, nowMs: () => Date.parse(nowIso) }
  ;({ engine, client } = openEngine(workspace, { clock }))
}

const compared = (sample?: number): Promise<JobResult<'compare'>> =>
  resultOf<'compare'>(client, client.compare.start(sample === undefined ? {} : { sample }))

beforeAll(async () => {
  ;({ workspace, engine, client, compare: first } = await runMainJob())
})

describe('the distributions of a run', () => {
  test('are those of a slow pass over the bars of both sides', async () => {
    const differences: number[] = []
    const bySymbol = new Map<string, number>()
    const { legacy, curated } = engine.stores
    for (const symbol of legacy.symbols()) {
      for (const { sessionDate, bars } of legacy.blocks(symbol, '0000-00-00', '9999-99-99')) {
        const fresh = curated.block(symbol, sessionDate)
        if (fresh === undefined) continue
        const closeAt = new Map(Array.from(fresh.bars.ts, (ts, i) => [ts, i]))
        bars.ts.forEach((ts, i) => {
          const j = closeAt.get(ts)
          // Filled minutes are no observations.
          if (j === undefined || (fresh.bars.flags[j] & 8) !== 0) return
          differences.push(fresh.bars.close[j] - bars.close[i])
          bySymbol.set(symbol, (bySymbol.get(symbol) ?? 0) + 1)
        })
      }
    }
    const sizes = differences.map((value) => Math.abs(value)).sort((a, b) => a - b)
    const error = first.errors['close']
    expect(error.count).toBe(first.counts.common)
    expect(error.count).toBe(sizes.length)
    expect(error.zeros).toBe(sizes.filter((size) => size === 0).length)
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(error.bias).toBeCloseTo(mean(differences), 12)
    expect(error.mae).toBeCloseTo(mean(sizes), 12)
    expect(error.rmse).toBeCloseTo(Math.sqrt(mean(sizes.map((size) => size * size))), 12)
    expect(error.absolute.max).toBe(sizes.at(-1))
    for (const [q, found] of [
      [0.5, error.absolute.p50],
      [0.9, error.absolute.p90],
      [0.99, error.absolute.p99],
    ] as const) {
      const exact = sizes[Math.ceil(q * sizes.length) - 1]
      expect(Math.abs((found ?? NaN) - exact)).toBeLessThanOrEqual(error.relativeError * exact)
    }
    const symbols = await client.compare.profiles({ runId: first.runId, field: 'close', dimension: 'symbol' })
    expect(Object.fromEntries(symbols.map(({ key, count }) => [key, count]))).toEqual(Object.fromEntries(bySymbol))
  })

  test('have the same minutes in every dimension', async () => {
    for (const dimension of ['all', 'symbol', 'day', 'minute'] as const) {
      const profiles = await client.compare.profiles({ runId: first.runId, field: 'volume', dimension })
      expect(profiles.reduce((sum, { count }) => sum + count, 0)).toBe(first.counts.common)
      for (const { count, histogram } of profiles) {
        expect(histogram.reduce((sum, bin) => sum + bin.count, 0)).toBe(count)
      }
    }
    const minutes = await client.compare.profiles({ runId: first.runId, field: 'volume', dimension: 'minute' })
    expect(Math.max(...minutes.map(({ key }) => Number(key)))).toBeLessThan(390)
  })

  test('are tested for every symbol and field', () => {
    expect(first.tests.map(({ symbol, field }) => `${symbol} ${field}`).slice(0, 6)).toEqual([
      'SPY open',
      'SPY high',
      'SPY low',
      'SPY close',
      'SPY volume',
      'AAPL open',
    ])
    for (const { pValue, adjustedPValue, psiUpper99, psiExpected } of first.tests) {
      expect(adjustedPValue).toBeGreaterThanOrEqual(pValue)
      expect(psiUpper99).toBeGreaterThan(psiExpected)
    }
  })
})

describe('a run counted again', () => {
  test('with its own tolerances is the same', async () => {
    const { before, after } = await client.compare.whatIf({ runId: first.runId })
    expect(before).toEqual(first.counts)
    expect(after).toEqual(first.counts)
  })

  test('with others is what a run with those would be', async () => {
    const rules = {
      tolerances: { close: { bp: 2 }, volume: {} },
      overrides: [
        { part: 'open' as const, tolerances: { close: { abs: 1 } } },
        { symbols: ['SPY'], tolerances: { open: {}, high: { ticks: 3 } } },
      ],
      sessionParts: { openMinutes: 30, closeMinutes: 10 },
    }
    const { after } = await client.compare.whatIf({ runId: first.runId, ...rules })
    await reopenWith(rules)
    const second = await compared()
    expect(after).toEqual(second.counts)
    expect(after.different).not.toBe(first.counts.different)
  })
})

test('minutes that are too young are counted apart, and said so', async () => {
  // The last session of the data is 2024-07-05, which closes at 20:00 UTC.
  await reopenWith({ settleMinutes: 60 }, '2024-07-05T20:30:00Z')
  const run = await compared()
  // Minutes that end after 19:30, that is those from 19:30 to 19:59, of up to three symbols.
  expect(run.counts.notSettled).toBeGreaterThan(30)
  expect(run.counts.notSettled).toBeLessThanOrEqual(90)
  const whole = (counts: typeof run.counts): number =>
    counts.common + counts.oldOnly + counts.newOnly + counts.notSettled
  expect(whole(run.counts)).toBe(whole(first.counts))
  expect((await client.jobs.get({ id: run.runId })).progress.title).toContain(
    `${run.counts.notSettled} not settled yet.`,
  )
})

test('a sample is the same every time and marked everywhere', async () => {
  await reopenWith({})
  const [one, other] = [await compared(0.1), await compared(0.1)]
  expect(one.counts).toEqual(other.counts)
  expect(one.sample).toBe(0.1)
  const share = one.counts.common / first.counts.common
  expect(share).toBeGreaterThan(0.08)
  expect(share).toBeLessThan(0.12)
  expect((await client.compare.runs())[0].sample).toBe(0.1)
  expect((await client.compare.report({ runId: one.runId })).sample).toBe(0.1)
  expect((await client.compare.reportHtml({ runId: one.runId })).html).toContain('a sample of 10 % of the minutes')
  expect((await client.jobs.get({ id: one.runId })).progress.title).toContain('sample of 10 %')
  expect(await operatorErrorOf(client.compare.run({ runId: 'none' }))).toMatchObject({ code: 'NOT_FOUND' })
})

describe('a run', () => {
  test('keeps what it was made from', async () => {
    const again = await compared()
    const [one, two] = [
      await client.compare.run({ runId: first.runId }),
      await client.compare.run({ runId: again.runId }),
    ]
    expect(one.inputs.oldHash).toMatch(/^[0-9a-f]{64}$/)
    expect(one.inputs.newHash).not.toBe(one.inputs.oldHash)
    expect(two.inputs).toEqual(one.inputs)
    expect(one.inputs.codeVersion).toBe(engine.services.version)
  })

  test('that is cancelled leaves nothing', async () => {
    const before = await client.compare.runs()
    const job = await client.compare.start({})
    await client.jobs.cancel({ id: job.id })
    expect((await finished(client, Promise.resolve(job))).state).toBe('cancelled')
    expect(await client.compare.runs()).toEqual(before)
    expect(await operatorErrorOf(client.compare.report({ runId: job.id }))).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('is compared with the reference, from which an equal one does not drift', async () => {
    expect(await operatorErrorOf(client.compare.drift({ runId: first.runId }))).toMatchObject({ code: 'NOT_FOUND' })
    await client.compare.markReference({ runId: first.runId })
    const again = await compared()
    const drift = await client.compare.drift({ runId: again.runId })
    expect(drift.reference.runId).toBe(first.runId)
    expect(drift.fields.map(({ field }) => field)).toEqual(['open', 'high', 'low', 'close', 'volume'])
    for (const field of drift.fields) {
      expect(field).toMatchObject({ d: 0, pValue: 1, isBeyondChance: false, wasserstein: 0 })
      expect(field.psi).toBeCloseTo(0, 12)
      expect(field.psiExpected).toBeGreaterThan(0)
    }
    expect((await client.compare.report({ runId: again.runId })).drift).toEqual(drift)
    expect((await client.compare.report({ runId: first.runId })).drift).toBeNull()
    await client.compare.markReference({ runId: null })
    expect(await client.compare.reference()).toBeNull()
    expect(await operatorErrorOf(client.compare.markReference({ runId: 'none' }))).toMatchObject({ code: 'NOT_FOUND' })
  })
})

test('rows that the old file has twice are counted by their minutes', async () => {
  await reopenWith({})
  const file = join(workspace, 'old', 'SPY.csv')
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  // Three minutes again at the end, one of them a third time; the values are the same.
  const again = [lines[5], lines[6], lines[7], lines[7]]
  writeFileSync(file, `${[...lines, ...again].join('\n')}\n`)
  const imported = await resultOf<'legacy-import'>(client, client.legacy.import({}))
  expect([imported.rejected, imported.duplicates]).toEqual([0, 4])
  const run = await compared()
  expect(run.counts).toEqual({ ...first.counts, duplicateKeys: 3 })
  expect((await client.jobs.get({ id: run.runId })).progress.title).toContain('3 minutes more than once in old.')
})

describe('the command line', () => {
  const run = async (...args: string[]): Promise<{ code: number; json: unknown; stderr: string }> => {
    const { code, stdout, stderr } = await inProcess(...args, '--workspace', workspace, '--json')
    return { code, json: JSON.parse(stdout), stderr }
  }
  const text = async (...args: string[]): Promise<string> => (await inProcess(...args, '--workspace', workspace)).stdout

  beforeAll(async () => {
    await client.compare.markReference({ runId: first.runId })
    await engine.close()
  })

  test('lists runs and the trend', async () => {
    const runs = (await run('compare', 'runs')).json as ComparisonRun[]
    expect(runs.find(({ runId }) => runId === first.runId)?.counts).toEqual(first.counts)
    const trend = (await run('compare', 'trend', '--limit', '99')).json as TrendPoint[]
    expect(trend.map(({ runId }) => runId)).toEqual(runs.map(({ runId }) => runId).toReversed())
    const { common, oldOnly, newOnly, different } = first.counts
    expect(trend.find(({ runId }) => runId === first.runId)).toMatchObject({
      unequalShare: (different + oldOnly + newOnly) / (common + oldOnly + newOnly),
      differentShare: different / common,
      isReference: true,
      p99: { close: first.errors['close'].absolute.p99 },
    })
    expect(await text('compare', 'trend')).toContain('reference')
    expect(await text('compare', 'runs')).toContain('sample 0.1')
  })

  test('counts a run again', async () => {
    const { code, json } = await run(
      'compare',
      '--what-if',
      'close=100,open=100,high=100,low=100,volume=1000000',
      '--run',
      first.runId,
    )
    const { after, before } = json as WhatIf
    expect(before).toEqual(first.counts)
    expect(after).toMatchObject({ different: 0, equal: first.counts.equal, oldOnly: first.counts.oldOnly })
    expect(code).toBe(first.counts.oldOnly + first.counts.newOnly > 0 ? 3 : 0)
    const wrong = await inProcess('compare', '--what-if', 'close=much', '--workspace', workspace)
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toContain('--what-if cannot read "close=much".')
  })

  test('reports a run as JSON and as one HTML file that loads nothing', async () => {
    const { code, json } = await run('compare', 'report', first.runId)
    expect(code).toBe(3)
    const report = json as ComparisonReport
    expect(report).toMatchObject({ runId: first.runId, counts: first.counts, errors: first.errors, tests: first.tests })
    const file = join(workspace, 'report.html')
    await run('compare', 'report', first.runId, '--html', file)
    const html = readFileSync(file, 'utf8')
    expect(statSync(file).size).toBeLessThan(2_000_000)
    expect(html).not.toMatch(/<script|<link|<img|<iframe|src=|href=|url\(|https?:/i)
    for (const shown of [report.inputs.oldHash, report.inputs.newHash, report.inputs.codeVersion, '<svg', 'close']) {
      expect(html).toContain(shown)
    }
    expect(html.match(/<svg/g)).toHaveLength(5)
    expect(await text('compare', 'report', first.runId)).toContain('RMSE')
  })

  test('compares with the reference', async () => {
    const runs = (await run('compare', 'runs')).json as ComparisonRun[]
    expect(await run('compare', 'drift', runs[0].runId)).toMatchObject({ json: { reference: { runId: first.runId } } })
    expect(await run('compare', 'reference', '--clear')).toMatchObject({ code: 0, json: null })
    expect((await run('compare', 'reference', first.runId)).json).toMatchObject({ runId: first.runId })
  })
})
