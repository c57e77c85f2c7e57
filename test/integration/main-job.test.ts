import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { allocateBars, BarFlag } from '#shared/bars.ts'
import type { Histogram } from '#shared/contract/contract.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Job } from '#shared/jobs/job.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import type { Simulator } from '#main/simulator/simulator.ts'
import {
  closeOf,
  FROM,
  market,
  minutesOf,
  openOf,
  regularBars,
  runMainJob,
  SESSIONS,
  SYMBOLS,
  TO,
} from './main-job-fixtures.ts'
import { barRequests, confirmations, missingMinutes, requestFor, scheduleRequests } from './expected-requests.ts'
import { at } from './simulator-fixtures.ts'
import { hashesOf, newWorkspace, openEngine, plain, resultOf, receivedBars } from './workspace-fixtures.ts'

let simulator: Simulator
let workspace: string
let engine: Engine
let client: EngineClient
let ingest: Job
let transform: Job
let compare: JobResult<'compare'>

beforeAll(async () => {
  ;({ simulator, workspace, engine, client, ingest, transform, compare } = await runMainJob())
})

describe('ingest', () => {
  test('asks for runs of sessions that fit into one answer, and once more for those that came short or empty', async () => {
    // Five full sessions have 1950 minutes; a sixth would make more than the 2000 bars that a request may bring.
    const runs = [SESSIONS.slice(0, 5), SESSIONS.slice(5)]
    const first = SYMBOLS.flatMap((symbol) => runs.map((dates) => requestFor(symbol, dates)))
    expect(first).toContain('SPY 5 D 20240628-20:00:00')
    const again = await Promise.all(
      SYMBOLS.flatMap((symbol) => runs.map((dates) => confirmations(market, symbol, dates))),
    )
    expect(again.flat()).toContain('DJCO 1 D 20240702-20:00:00')
    expect(barRequests(simulator).sort()).toEqual([...first, ...again.flat()].sort())
    expect(ingest.result).toMatchObject({
      requests: first.length + again.flat().length,
      retries: again.flat().length,
    })
  })

  test('asks once for each contract, and once for the schedule that all of them share', () => {
    expect(simulator.requests.filter(({ message }) => message === 'contractDetails')).toHaveLength(3)
    // From the first open to a week after the last close are 18.3 days; one more is asked for.
    expect(scheduleRequests(simulator)).toEqual([expect.stringMatching(/^(SPY|AAPL|DJCO) 20 D 20240712-20:00:00$/)])
    expect(ingest.result).toMatchObject({ scheduleDifferences: [] })
  })

  test('names the session without data and settles it', () => {
    expect(ingest.state).toBe('succeeded')
    expect(ingest.hasFindings).toBe(true)
    const result = ingest.result as JobResult<'ingest'>
    expect(result.withoutData).toEqual([
      { symbol: 'DJCO', sessionDate: '2024-07-02', reason: expect.stringMatching(/no data/) },
    ])
    expect(result).toMatchObject({ sessionsFetched: 27, sessionsAlreadyStored: 0, sessionsLeft: 0, failed: [] })
  })

  test('names every session that has fewer bars than minutes, and tells a halt from a thin name', async () => {
    const expected: unknown[] = []
    for (const symbol of SYMBOLS.toSorted()) {
      for (const date of SESSIONS) {
        const missing = await missingMinutes(market, symbol, date)
        if (missing === 0 || missing === minutesOf(date)) continue
        const isHalted = market.faults.some(
          (fault) => fault.kind === 'halt' && fault.symbol === symbol && fault.sessionDate === date,
        )
        expected.push({
          symbol,
          sessionDate: date,
          cause: isHalted ? 'halted' : 'no-trades',
          reason: expect.stringContaining(isHalted ? 'halted' : 'nobody may have traded'),
          bars: minutesOf(date) - missing,
          expected: minutesOf(date),
        })
      }
    }
    expect(expected.length).toBeGreaterThan(8)
    expect((ingest.result as JobResult<'ingest'>).short).toEqual(expected)
  })

  test('keeps every bar that the market has', async () => {
    const counts = await Promise.all(
      SYMBOLS.flatMap((symbol) => SESSIONS.map(async (date) => (await regularBars(symbol, date)).ts.length)),
    )
    expect((ingest.result as JobResult<'ingest'>).bars).toBe(counts.reduce((sum, count) => sum + count, 0))
  })
})

describe('curated bars', () => {
  test.each(SYMBOLS)('of %s are those of the market, session by session', async (symbol) => {
    const dates = engine.stores.curated.sessions(symbol).map(({ session }) => session.date)
    // Also the one without data: an empty block says that it was asked for.
    expect(dates).toEqual(SESSIONS)
    for (const date of dates) {
      const block = engine.stores.curated.block(symbol, date)
      expect(block?.session).toMatchObject({
        openTs: openOf(date),
        closeTs: closeOf(date),
        earlyClose: date === '2024-07-03',
      })
      expect(plain(receivedBars(block)), date).toEqual(plain(await regularBars(symbol, date)))
      const badTicks = market.faults.flatMap((fault) =>
        fault.kind === 'badTick' && fault.symbol === symbol && fault.sessionDate === date ? [fault.ts] : [],
      )
      block?.bars.flags.forEach((flag, row) => {
        const isBad = badTicks.includes(block.bars.ts[row])
        if (flag !== BarFlag.Filled) expect(flag, `${date} ${row}`).toBe(isBad ? BarFlag.Suspect : 0)
      })
    }
  })

  test('are full for a liquid name and short for a thin one', () => {
    const count = (symbol: string, date: string): number =>
      receivedBars(engine.stores.curated.block(symbol, date)).ts.length
    const halted = new Set(
      market.faults.filter(({ kind }) => kind === 'halt').map(({ symbol, sessionDate }) => symbol + sessionDate),
    )
    for (const date of SESSIONS) {
      if (!halted.has(`SPY${date}`)) expect(count('SPY', date)).toBe(minutesOf(date))
      expect(count('DJCO', date)).toBeLessThan(minutesOf(date))
    }
  })

  test('are reported where they cover less than the configured share of a session', async () => {
    const short: string[] = []
    for (const symbol of SYMBOLS) {
      const shares: number[] = []
      for (const date of SESSIONS) {
        const { length } = (await regularBars(symbol, date)).ts
        const minutes = minutesOf(date)
        // From the sixth session on it is known how many minutes of a thin name trade.
        const sorted = shares.toSorted((a, b) => a - b)
        const share = sorted.length < 5 ? 1 : (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
        const chance = 3 * Math.sqrt(minutes * share * (1 - share))
        if (length < 0.95 * minutes * share - chance) short.push(`${symbol} ${date} ${minutes - length}`)
        if (length > 0) shares.push(length / minutes)
      }
    }
    expect(short.length).toBeGreaterThan(4)
    const found = await client.quality.findings({ rule: 'low_coverage' })
    expect(found.map(({ symbol, sessionDate, bars }) => `${symbol} ${sessionDate} ${bars}`).sort()).toEqual(
      short.sort(),
    )
    const badTicks = market.faults.filter(
      ({ kind, symbol, sessionDate }) =>
        kind === 'badTick' && SYMBOLS.includes(symbol) && SESSIONS.includes(sessionDate),
    )
    expect((transform.result as JobResult<'transform'>).findings).toEqual({
      low_coverage: short.length,
      ...(badTicks.length > 0 ? { bad_tick: badTicks.length } : {}),
    })
    expect(transform.hasFindings).toBe(true)
  })

  test('do not depend on how the requests were cut', async () => {
    const one = newWorkspace({ symbols: SYMBOLS, port: simulator.port, tws: { clientId: 18, maxBarsPerRequest: 390 } })
    const { engine: other, client: operator } = openEngine(one)
    const result = await resultOf<'ingest'>(operator, operator.ingest.start({ from: FROM, to: TO }))
    const short = await Promise.all(
      SYMBOLS.flatMap((symbol) => SESSIONS.map((date) => missingMinutes(market, symbol, date))),
    )
    // Each session by itself, and those that came short or empty once more.
    expect(result.requests).toBe(27 + short.filter((missing) => missing > 0).length)
    await resultOf<'transform'>(operator, operator.transform.start({}))
    const hashes = [...hashesOf(engine)].filter(([key]) => key.startsWith('curated'))
    expect(new Map(hashes)).toEqual(hashesOf(other))
  })
})

describe('features', () => {
  test('stand on the minutes of the curated bars, and simple ones are what a calculator gives', () => {
    const set = engine.stores.features.set('features_price_1m_v1')
    if (set === undefined) throw new Error('the set is not registered')
    let sessions = 0
    for (const symbol of SYMBOLS) {
      for (const { sessionDate, ts, columns } of engine.stores.features.blocks(set, symbol, FROM, TO)) {
        sessions++
        const bars = engine.stores.curated.block(symbol, sessionDate)?.bars ?? { ...allocateBars(0), flags: [] }
        const column = (name: string): number[] => [...columns[set.columns.indexOf(name)]]
        expect([...ts]).toEqual([...bars.ts])
        expect(column('minute_of_session')).toEqual([...bars.ts].map((start) => (start - openOf(sessionDate)) / 60))
        // Minutes in which nobody traded have no return, and are passed over by the next one.
        const values = column('log_return_1')
        let before = NaN
        values.forEach((value, i) => {
          if (bars.flags[i] === BarFlag.Filled) {
            expect(value).toBeNaN()
            return
          }
          const expected = Math.log(bars.close[i] / before)
          if (Number.isNaN(expected)) expect(value).toBeNaN()
          else expect(value).toBeCloseTo(expected, 14)
          before = bars.close[i]
        })
      }
    }
    expect(sessions).toBe(27)
  })
})

describe('the comparison with the old pipeline', () => {
  /** The old files row by row, read as a person would: end labels in New York, lots of 100. */
  function oldRows(symbol: string): Map<number, Record<string, number>> {
    const [, ...lines] = readFileSync(join(workspace, 'old', `${symbol}.csv`), 'utf8')
      .trimEnd()
      .split('\n')
    return new Map(
      lines.map((line) => {
        const [label, open, high, low, close, lots] = line.split(',')
        const start = at(`${label.replace(' ', 'T')}-04:00`) - 60
        return [
          start,
          {
            open: Number(open),
            high: Number(high),
            low: Number(low),
            close: Number(close),
            volume: Number(lots) * 100,
          },
        ]
      }),
    )
  }

  // The CSV files have neither vwap nor trade count.
  const COMPARED_FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const
  const TOLERANCE: Record<string, (old: number) => number> = {
    open: () => 0.01,
    high: () => 0.01,
    low: () => 0.01,
    close: () => 0.01,
    volume: (old) => 0.01 * old,
  }

  async function slowJoin(): Promise<JobResult<'compare'>['counts']> {
    const field = (): Record<string, number> => ({ equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 })
    const fields = Object.fromEntries(COMPARED_FIELDS.map((name) => [name, field()]))
    const counts = { common: 0, oldOnly: 0, newOnly: 0, equal: 0, withinTolerance: 0, different: 0 }
    for (const symbol of SYMBOLS) {
      const old = oldRows(symbol)
      const fresh = new Map<number, Record<string, number>>()
      for (const date of SESSIONS) {
        const bars = await regularBars(symbol, date)
        bars.ts.forEach((ts, i) =>
          fresh.set(ts, Object.fromEntries(COMPARED_FIELDS.map((name) => [name, bars[name][i]]))),
        )
      }
      for (const ts of new Set([...old.keys(), ...fresh.keys()])) {
        const a = old.get(ts)
        const b = fresh.get(ts)
        if (a === undefined) counts.newOnly++
        else if (b === undefined) counts.oldOnly++
        else {
          counts.common++
          const classes = COMPARED_FIELDS.map((name) => {
            const size = Math.abs(b[name] - a[name])
            const kind = size === 0 ? 'equal' : size <= TOLERANCE[name](a[name]) ? 'withinTolerance' : 'different'
            fields[name][kind]++
            return kind
          })
          counts[
            classes.includes('different')
              ? 'different'
              : classes.includes('withinTolerance')
                ? 'withinTolerance'
                : 'equal'
          ]++
        }
      }
    }
    return {
      ...counts,
      nullVersusValue: 0,
      duplicateKeys: 0,
      notSettled: 0,
      fields: fields as JobResult<'compare'>['counts']['fields'],
    }
  }

  test('counts what a slow join of the same files counts', async () => {
    const expected = await slowJoin()
    // The market and the script were chosen so that the comparison has something to find.
    for (const name of ['common', 'oldOnly', 'equal', 'withinTolerance', 'different'] as const)
      expect(expected[name], name).toBeGreaterThan(0)
    expect(compare.counts).toEqual(expected)
    expect(compare.sessions).toBe(27)
  })

  test('is the same in the run, its sessions, the overlay and the histogram', async () => {
    const run = await client.compare.run({ runId: compare.runId })
    expect(run).toMatchObject({
      from: FROM,
      to: TO,
      symbols: SYMBOLS,
      oldPipeline: 'csv-scripts',
      counts: compare.counts,
    })
    for (const name of ['common', 'oldOnly', 'newOnly', 'equal', 'withinTolerance', 'different'] as const) {
      expect(
        run.perSession.reduce((sum, session) => sum + session[name], 0),
        name,
      ).toBe(compare.counts[name])
    }
    const histograms = await Promise.all(
      COMPARED_FIELDS.map((field): Promise<Histogram> => client.compare.histogram({ runId: compare.runId, field })),
    )
    for (const { field, count, zeros, bins } of histograms) {
      expect(count).toBe(compare.counts.common)
      expect(zeros).toBe(compare.counts.fields[field].equal)
      expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(count)
    }
    const old = oldRows('DJCO')
    const overlay = await client.compare.overlay({ symbol: 'DJCO', sessionDate: '2024-07-01', field: 'close' })
    const fresh = await regularBars('DJCO', '2024-07-01')
    expect(overlay.ts).toEqual(
      [
        ...new Set([
          ...fresh.ts,
          ...[...old.keys()].filter((ts) => ts >= openOf('2024-07-01') && ts < closeOf('2024-07-01')),
        ]),
      ].sort((a, b) => a - b),
    )
    expect(overlay.old).toEqual(overlay.ts.map((ts) => old.get(ts)?.['close'] ?? null))
    expect(overlay.new).toEqual(overlay.ts.map((ts) => fresh.close[fresh.ts.indexOf(ts)] ?? null))
  })
})

describe('a second run', () => {
  test('asks TWS nothing and changes nothing', async () => {
    const asked = simulator.requests.length
    const before = hashesOf(engine)
    const { raw } = engine.stores
    const responses = raw.summary().responses
    expect(await resultOf<'ingest'>(client, client.ingest.start({ from: FROM, to: TO }))).toEqual({
      requests: 0,
      bars: 0,
      sessionsFetched: 0,
      sessionsAlreadyStored: 27,
      sessionsNotFinished: 0,
      sessionsLeft: 0,
      withoutData: [],
      short: [],
      failed: [],
      retries: 0,
      revisedSessions: 0,
      scheduleDifferences: [],
    })
    expect(await resultOf<'transform'>(client, client.transform.start({}))).toMatchObject({
      sessionsBuilt: 0,
      sessionsUnchanged: 27,
    })
    expect(await resultOf<'features'>(client, client.features.build({}))).toMatchObject({
      sessionsBuilt: 0,
      sessionsUnchanged: 27,
    })
    expect(await resultOf<'legacy-import'>(client, client.legacy.import({}))).toMatchObject({
      files: 0,
      filesUnchanged: 3,
    })
    expect(simulator.requests).toHaveLength(asked)
    expect(raw.summary().responses).toBe(responses)
    expect(hashesOf(engine)).toEqual(before)
  })

  test('that rebuilds everything gives the same hashes, and verify agrees', async () => {
    const before = hashesOf(engine)
    expect(await resultOf<'rebuild'>(client, client.transform.rebuild({}))).toMatchObject({ sessionsBuilt: 27 })
    expect(hashesOf(engine)).toEqual(before)
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toEqual({
      sessionsChecked: 27,
      sessionsNotRepeatable: 0,
      featureSessionsChecked: 27,
      featureSessionsStale: 0,
      mismatches: [],
    })
  })

  test('of the comparison gives the same counts', async () => {
    const again = await resultOf<'compare'>(client, client.compare.start({}))
    expect(again.runId).not.toBe(compare.runId)
    expect(again.counts).toEqual(compare.counts)
    expect(again.largest).toEqual(compare.largest)
  })
})
