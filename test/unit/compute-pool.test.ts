import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test } from 'vitest'
import { ownedSessions } from '#shared/calendar/session-windows.ts'
import { reportError } from '#shared/errors.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import type { TransformTask } from '#main/jobs/compute/compute-task.ts'
import { ComputePool } from '#main/jobs/compute-pool.ts'
import { decodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import type { CuratedSession } from '#main/stores/curated-store.ts'
import { NO_FACTS } from '#shared/quality/session-facts.ts'
import { WritableLegacyStore } from '#main/stores/legacy-store.ts'
import { WritableRawStore } from '#main/stores/raw-store.ts'
import { curationConfig } from './curated-fixtures.ts'
import { barsOf } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const SCRIPT = new URL('../../main/jobs/compute-worker.ts', import.meta.url)
const xnys = loadCalendar('XNYS', [join(import.meta.dirname, '../../data/calendars')])
/** 150 sessions: batches of 64, 64 and 22. */
const OWNED = ownedSessions(xnys, '2024-01-02', '2024-08-06')
const SESSIONS = OWNED.map(({ session }) => session)

/** A raw store with two bars in each session, in one response. */
function rawFile(): string {
  const store = new WritableRawStore(join(folder, 'raw.db'))
  store.saveInstrument(
    {
      symbol: 'SPY',
      conId: 1,
      secType: 'STK',
      exchange: 'SMART',
      primaryExchange: null,
      currency: 'USD',
      localSymbol: null,
      tradingClass: null,
      longName: null,
      minTick: null,
      timeZone: null,
    },
    0,
  )
  const series = { barSize: '1 min', whatToShow: 'TRADES', useRth: true }
  const request = store.beginRequest({ ...series, symbol: 'SPY', endTs: 0, duration: '150 D', sessions: [] }, 0)
  const bars = SESSIONS.flatMap(({ openTs }, i) => [openTs, openTs + 60].map((ts) => ({ ts, close: 100 + i })))
  store.storeResponse(request, barsOf(bars), [], 1)
  store.close()
  return store.file
}

function legacyFile(): string {
  const store = new WritableLegacyStore(join(folder, 'legacy.db'))
  store.close()
  return store.file
}

const RAW_FILE = rawFile()
const LEGACY_FILE = legacyFile()
const taskOf = (change: Partial<TransformTask> = {}): TransformTask => ({
  kind: 'transform',
  rawFile: RAW_FILE,
  legacyFile: LEGACY_FILE,
  symbol: 'SPY',
  sessions: OWNED.map(({ session, ...window }) => ({
    session: {
      session,
      window,
      responses: [{ id: 1, price: 1, volume: 1 }],
      facts: NO_FACTS,
      secondSource: null,
      ownHash: 'own',
      historyHash: 'history',
    },
    wanted: true,
  })),
  config: curationConfig(),
  configHash: 'config',
  ...change,
})
const MISSING_FILE = taskOf({ rawFile: join(folder, 'nowhere.db') })
/** The second batch asks for a response that is not there. */
const MISSING_RESPONSE = taskOf({
  sessions: taskOf().sessions.map((each, i) =>
    i === 100 ? { ...each, session: { ...each.session, responses: [{ id: 99, price: 1, volume: 1 }] } } : each,
  ),
})

const pools: ComputePool[] = []
afterAll(async () => {
  for (const pool of pools) await pool.close()
})
function newPool(size: number, script = SCRIPT): ComputePool {
  const pool = new ComputePool(script, size)
  pools.push(pool)
  return pool
}

const NEVER = new AbortController().signal
const nothing = (): void => undefined
const datesOf = (batch: readonly CuratedSession[]): string[] => batch.map(({ session }) => session.date)
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => reportError(error).code,
  )

/** A worker made of these lines. */
function scriptOf(name: string, ...lines: readonly string[]): URL {
  const file = join(folder, name)
  writeFileSync(file, ["import { parentPort } from 'node:worker_threads'", ...lines].join('\n'))
  return pathToFileURL(file)
}

describe('a task', () => {
  test('hands back its batches one after the other and then its result', async () => {
    const sizes: number[] = []
    const sessions: unknown[] = []
    const store = (batch: readonly CuratedSession[]): void => {
      sizes.push(batch.length)
      for (const { session, blobs, contentHash } of batch) {
        sessions.push([session.date, [...decodeCurated(blobs).close], hashCurated(blobs) === contentHash])
      }
    }
    expect(await newPool(1).run<'transform'>(taskOf(), store, NEVER)).toBeNull()
    expect(sizes).toEqual([64, 64, 22])
    expect(sessions).toEqual(SESSIONS.map(({ date }, i) => [date, [100 + i, 100 + i], true]))
  })

  test('frees the memory of a batch as soon as it was taken, also when it could not be stored', async () => {
    const taken: CuratedSession[] = []
    const full = new Error('disk full')
    const store = (batch: readonly CuratedSession[]): void => {
      // Two bars a session.
      expect(batch.map(({ blobs }) => blobs.close.byteLength)).toEqual(batch.map(() => 16))
      taken.push(...batch)
      if (taken.length > 64) throw full
    }
    await expect(newPool(1).run<'transform'>(taskOf(), store, NEVER)).rejects.toBe(full)
    expect(taken).toHaveLength(128)
    for (const { blobs } of taken) expect(blobs.close.byteLength).toBe(0)
  })

  test('does not compute the next batch before the one before it was taken', async () => {
    // The second batch fails in the worker: had it been computed ahead, the failure would come before the first is taken.
    const order: string[] = []
    const failure = newPool(1).run<'transform'>(MISSING_RESPONSE, () => order.push('batch'), NEVER)
    await expect(failure.catch((error: unknown) => order.push(reportError(error).code))).resolves.toBe(2)
    expect(order).toEqual(['batch', 'NOT_FOUND'])
  })

  test('that fails brings its code, words and hint over, and the worker goes on to the next', async () => {
    const pool = newPool(1)
    await expect(pool.run<'transform'>(MISSING_FILE, nothing, NEVER)).rejects.toMatchObject({
      name: 'SwitchyardError',
      code: 'NOT_FOUND',
      message: expect.stringContaining('nowhere.db'),
      hint: expect.any(String),
    })
    expect(await pool.run<'transform'>(taskOf(), nothing, NEVER)).toBeNull()
  })

  test('whose batch cannot be stored ends with that error, and the worker goes on to the next', async () => {
    const pool = newPool(1)
    const full = new Error('the disk is full')
    let batches = 0
    const store = (): void => {
      if (++batches === 2) throw full
    }
    await expect(pool.run<'transform'>(taskOf(), store, NEVER)).rejects.toBe(full)
    expect(batches).toBe(2)
    expect(await pool.run<'transform'>(taskOf(), nothing, NEVER)).toBeNull()
  })

  test('whose batch cannot be stored computes no further one', async () => {
    // Asked for the next batch, this worker would never answer.
    const script = scriptOf(
      'one-batch.mjs',
      "parentPort.on('message', ({ type }) => {",
      "  if (type === 'task') parentPort.postMessage({ type: 'batch', batch: [], memory: [] })",
      "  if (type === 'cancel') parentPort.postMessage({ type: 'failed', error: { code: 'CANCELLED', message: '' } })",
      '})',
    )
    const full = new Error('the disk is full')
    const store = (): void => {
      throw full
    }
    await expect(newPool(1, script).run<'transform'>(taskOf(), store, NEVER)).rejects.toBe(full)
  })

  test('that is cancelled stops at its next batch, and the worker goes on to the next', async () => {
    const pool = newPool(1)
    const abort = new AbortController()
    let batches = 0
    const cancelled = pool.run<'transform'>(
      taskOf(),
      () => {
        batches++
        abort.abort()
      },
      abort.signal,
    )
    expect(await codeOf(cancelled)).toBe('CANCELLED')
    expect(batches).toBe(1)
    expect(await pool.run<'transform'>(taskOf(), nothing, NEVER)).toBeNull()
  })

  test('that is cancelled beforehand does not begin', async () => {
    let batches = 0
    expect(await codeOf(newPool(1).run<'transform'>(taskOf(), () => batches++, AbortSignal.abort()))).toBe('CANCELLED')
    expect(batches).toBe(0)
  })

  test('that is cancelled while it waits for a worker does not begin', async () => {
    const pool = newPool(1)
    const abort = new AbortController()
    let batches = 0
    const first = pool.run<'transform'>(taskOf(), () => abort.abort(), NEVER)
    const second = pool.run<'transform'>(MISSING_FILE, () => batches++, abort.signal)
    expect(await codeOf(second)).toBe('CANCELLED')
    expect(await codeOf(first)).toBe('no error')
    expect(batches).toBe(0)
  })
})

describe('several tasks', () => {
  test('are all done, however few workers there are', async () => {
    const pool = newPool(2)
    const tasks = [0, 1, 2, 3, 4].map((i) => taskOf({ symbol: `S${i}`, sessions: taskOf().sessions.slice(0, i * 30) }))
    const seen = tasks.map((): string[] => [])
    const results = await pool.runAll<'transform'>(
      tasks,
      (batch, index) => {
        expect(new Set(batch.map(({ symbol }) => symbol))).toEqual(new Set([`S${index}`]))
        seen[index].push(...datesOf(batch))
      },
      NEVER,
    )
    expect(results).toEqual([null, null, null, null, null])
    expect(seen).toEqual(tasks.map(({ sessions }) => sessions.map(({ session }) => session.session.date)))
  })

  test('of which there are none are done at once', async () => {
    expect(await newPool(2).runAll<'transform'>([], nothing, NEVER)).toEqual([])
  })

  test('end with the first failure, and the others are not begun', async () => {
    const pool = newPool(1)
    const begun = new Set<number>()
    const tasks = [taskOf(), MISSING_RESPONSE, taskOf(), taskOf()]
    const failure = pool.runAll<'transform'>(tasks, (_batch, index) => begun.add(index), NEVER)
    expect(await codeOf(failure)).toBe('NOT_FOUND')
    expect([...begun]).toEqual([0, 1])
    expect(await pool.run<'transform'>(taskOf(), nothing, NEVER)).toBeNull()
  })

  test('are all cancelled together', async () => {
    const abort = new AbortController()
    let batches = 0
    const all = newPool(2).runAll<'transform'>(
      [taskOf(), taskOf(), taskOf(), taskOf()],
      () => {
        batches++
        abort.abort()
      },
      abort.signal,
    )
    expect(await codeOf(all)).toBe('CANCELLED')
    expect(batches).toBe(1)
  })

  test('share the workers of the pool with tasks of others', async () => {
    const pool = newPool(1)
    const results = await Promise.all([
      pool.run<'transform'>(taskOf(), nothing, NEVER),
      pool.runAll<'transform'>([taskOf(), taskOf()], nothing, NEVER),
      pool.run<'transform'>(taskOf(), nothing, NEVER),
    ])
    expect(results).toEqual([null, [null, null], null])
  })
})

describe('a pool that is closed', () => {
  test('ends what runs and what waits, and takes nothing new', async () => {
    const pool = newPool(1)
    const began = Promise.withResolvers<void>()
    const running = pool.run<'transform'>(taskOf(), () => began.resolve(), NEVER)
    const waiting = pool.run<'transform'>(taskOf(), nothing, NEVER)
    const outcomes = Promise.all([codeOf(running), codeOf(waiting)])
    await began.promise
    await pool.close()
    expect(await outcomes).toEqual(['CANCELLED', 'CANCELLED'])
    expect(await codeOf(pool.run<'transform'>(taskOf(), nothing, NEVER))).toBe('CANCELLED')
  })

  test('may be closed again, and before it was ever used', async () => {
    const pool = newPool(2)
    await pool.close()
    await expect(pool.close()).resolves.toBeUndefined()
  })
})

describe('a worker that breaks', () => {
  test('in the middle of a task fails it, and the next task gets another worker', async () => {
    const script = scriptOf(
      'breaking.mjs',
      "parentPort.on('message', ({ task }) => {",
      "  if (task.symbol === 'BAD') throw new Error('broken')",
      "  parentPort.postMessage({ type: 'done', result: null })",
      '})',
    )
    const pool = newPool(1, script)
    const run = (symbol: string): Promise<unknown> =>
      pool.run<'transform'>(taskOf({ symbol, sessions: [] }), nothing, NEVER)
    const outcomes = [codeOf(run('BAD')), codeOf(run('GOOD')), codeOf(run('BAD')), codeOf(run('GOOD'))]
    expect(await Promise.all(outcomes)).toEqual(['INTERNAL', 'no error', 'INTERNAL', 'no error'])
  })

  test('by ending itself fails its task', async () => {
    const pool = newPool(1, scriptOf('exiting.mjs', "parentPort.on('message', () => process.exit(3))"))
    expect(await codeOf(pool.run<'transform'>(taskOf(), nothing, NEVER))).toBe('INTERNAL')
  })

  test('before it begins fails its task', async () => {
    const pool = newPool(1, pathToFileURL(join(folder, 'no-such-worker.mjs')))
    expect(await codeOf(pool.run<'transform'>(taskOf(), nothing, NEVER))).toBe('INTERNAL')
  })

  test('between two tasks is not given the second', async () => {
    const started: Worker[] = []
    const note = (worker: Worker): void => void started.push(worker)
    process.on('worker', note)
    const pool = newPool(1)
    expect(await codeOf(pool.run<'transform'>(taskOf(), nothing, NEVER))).toBe('no error')
    await started[0].terminate()
    expect(await codeOf(pool.run<'transform'>(taskOf(), nothing, NEVER))).toBe('no error')
    process.off('worker', note)
    expect(started).toHaveLength(2)
  })
})
