import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Progress } from '#shared/progress.ts'
import { LegacyStore } from '#main/stores/legacy-store.ts'
import { createWorkspace } from '#main/engine/workspace.ts'
import { writeOldCsv } from '../bench/import/write-old-csv.ts'
import { tempFolder } from '../unit/temp-folder.ts'
import type { ImportMessage } from './import-process.ts'

/**
 * One file of 1 GB in which ten symbols stand minute by minute one below the other: no session is whole before ten are, more
 * rows than memory may hold wait at a time, and every symbol has to be put together from all over the file.
 */
const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF', 'GGG', 'HHH', 'III', 'JJJ']
const FIRST_DATE = '2006-01-03'
const GIGABYTE = 1e9
/** Generous: what the process of the whole engine may take at most. */
const MOST_MIB = 1_024

const workspace = join(tempFolder(), 'workspace')
const csv = join(workspace, 'old.csv')
const scratch = join(workspace, 'store', 'legacy-import.tmp')
let whole: ReturnType<typeof writeOldCsv>

type Ended = Extract<ImportMessage, { kind: 'ended' }>

/** Imports in a process of its own; `cancelAt` is the fraction at which the operator stops it. */
async function importOld(cancelAt = Infinity): Promise<Ended & { readonly seen: readonly Progress[] }> {
  const child = fork(fileURLToPath(new URL('./import-process.ts', import.meta.url)), [workspace])
  const seen: Progress[] = []
  const ended = Promise.withResolvers<Ended>()
  let isCancelled = false
  child.on('message', (message: ImportMessage) => {
    if (message.kind === 'ended') return ended.resolve(message)
    seen.push(message.progress)
    if (isCancelled || message.progress.fraction < cancelAt) return
    isCancelled = true
    child.send('cancel')
  })
  child.on('exit', (code) => code !== 0 && ended.reject(new Error(`The import's process ended with ${code}.`)))
  const result = await ended.promise
  process.stdout.write(
    `${result.job.state} after ${result.seconds.toFixed(1)} s: peak ${result.peakMiB.toFixed(0)} MiB, engine held up ${result.longestHoldMs.toFixed(0)} ms at most\n`,
  )
  return { ...result, seen }
}

/** Everything that is stored, in one hash. */
function stored(): { readonly hash: string; readonly bars: number } {
  const store = new LegacyStore(join(workspace, 'store', 'legacy.db'))
  const hash = createHash('sha256')
  let bars = 0
  for (const symbol of SYMBOLS) {
    for (const block of store.blocks(symbol, '0000-00-00', '9999-99-99')) {
      hash.update(`${block.symbol} ${block.sessionDate} ${block.contentHash}\n`)
      bars += block.bars.ts.length
    }
  }
  for (const { file, sha256, rows } of store.files()) hash.update(`${file} ${sha256} ${rows}\n`)
  store.close()
  return { hash: hash.digest('hex'), bars }
}

function write(isEnough: (rows: number, bytes: number) => boolean): ReturnType<typeof writeOldCsv> {
  return writeOldCsv(csv, { symbols: SYMBOLS, order: 'minute', firstDate: FIRST_DATE, isEnough })
}

beforeAll(async () => {
  mkdirSync(workspace, { recursive: true })
  const oldPipeline = { name: 'old', bars: { files: 'old.csv', symbol: 'column' } }
  createWorkspace(
    workspace,
    JSON.stringify({ version: 1, symbols: SYMBOLS.map((symbol) => ({ symbol })), oldPipeline }),
  )
  write((rows) => rows >= 100_000)
  const { job } = await importOld()
  if (job.state !== 'succeeded') throw new Error(`The first import ${job.state}.`)
  whole = write((_rows, bytes) => bytes >= GIGABYTE)
  process.stdout.write(`The file has ${whole.bytes} bytes, ${whole.rows} rows and ${whole.sessions} sessions.\n`)
})

test.each([
  ['while the file is read', 0.3],
  ['while the first symbol is stored', 0.601],
])('an import that is cancelled %s leaves the one before in its place', async (_when, fraction) => {
  const before = stored()
  expect(before.bars).toBeGreaterThan(0)
  const { job, seen } = await importOld(fraction)
  expect(job.state).toBe('cancelled')
  expect(seen.at(-1)?.fraction).toBeLessThan(0.7)
  expect(stored()).toEqual(before)
  expect(existsSync(scratch)).toBe(false)
})

test('a file of a gigabyte is imported in bounded memory, with progress and an estimate', async () => {
  const { job, seen, peakMiB } = await importOld()
  expect(job.result as JobResult<'legacy-import'>).toMatchObject({ rows: whole.rows, rejected: 0, duplicates: 0 })
  expect(peakMiB).toBeLessThan(MOST_MIB)
  const fractions = seen.map(({ fraction }) => fraction)
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
  for (const part of [0.1, 0.5, 0.9]) expect(fractions.some((one) => Math.abs(one - part) < 0.05)).toBe(true)
  const estimates = seen.flatMap((one) => (one.kind === 'working' ? [one.remainingMs ?? []].flat() : []))
  expect(estimates.length).toBeGreaterThan(10)
  expect(stored().bars).toBe(whole.rows)
})

test('an import that replaces every session of such a file takes no more', async () => {
  const before = stored()
  // The last minute once more.
  appendFileSync(csv, 'AAA,2006-01-03 09:30:00,1,1,1,1,1\n')
  const { job, peakMiB } = await importOld()
  expect(job.result as JobResult<'legacy-import'>).toMatchObject({ rows: whole.rows, rejected: 0, duplicates: 1 })
  expect(peakMiB).toBeLessThan(MOST_MIB)
  const after = stored()
  expect(after.bars).toBe(before.bars)
  expect(after.hash).not.toBe(before.hash)
  expect(existsSync(scratch)).toBe(false)
})
