import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { beforeAll, describe, expect, test } from 'vitest'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import { type QuietRun, quietRun, rowsOf, storedResponses, TO } from './quiet-run.ts'
import { documentOf, errorOf, type Finished, runSwitchyard } from './switchyard-process.ts'

let quiet: QuietRun

beforeAll(async () => {
  quiet = await quietRun()
})

/** Runs the statements on a store's file without any of Switchyard's code. */
function tamper(workspace: string, store: string, ...statements: string[]): void {
  const database = new Sqlite(join(workspace, 'store', `${store}.db`))
  try {
    for (const statement of statements) database.exec(statement)
  } finally {
    database.close()
  }
}

describe('rebuild --verify', () => {
  const verify = (workspace: string) => runSwitchyard(['rebuild', '--verify', '--json', '--workspace', workspace])

  /** Flips the lowest bit of one byte of a BLOB in the middle of its column. */
  function flip(workspace: string, store: string, table: string, where: string, column: string): void {
    const database = new Sqlite(join(workspace, 'store', `${store}.db`))
    try {
      database.exec('drop trigger if exists raw_tws_bars_no_update')
      const found = database.prepare(`select ${column} as blob from ${table} where ${where}`).all() as {
        blob: Buffer
      }[]
      expect(found).toHaveLength(1)
      const bytes = Buffer.from(found[0].blob)
      // The lowest byte of a double: a difference that no chart would show.
      bytes[8 * Math.floor(bytes.length / 16)] ^= 1
      database.prepare(`update ${table} set ${column} = ? where ${where}`).run(bytes)
    } finally {
      database.close()
    }
  }

  const mismatches = (finished: Finished): unknown[] =>
    (documentOf(finished) as JobResult<'verify'>).mismatches.map(
      ({ layer, symbol, sessionDate }) => `${layer} ${symbol} ${sessionDate}`,
    )

  test('reproduces every hash of an undisturbed workspace', async () => {
    const verified = await verify(quiet.copyOf('raw', 'curated', 'features'))
    expect(verified.code).toBe(0)
    expect(documentOf(verified)).toMatchObject({
      sessionsChecked: 21,
      featureSessionsChecked: 21,
      featureSessionsStale: 0,
      mismatches: [],
    })
  })

  test.each(['close', 'volume', 'ts'])(
    'names exactly the session of which one bit of %s was changed in curated.db',
    async (column) => {
      const workspace = quiet.copyOf('raw', 'curated', 'features')
      flip(workspace, 'curated', 'curated_tws_1m_bars', "symbol = 'AAPL' and session_date = '2024-06-26'", column)
      const verified = await verify(workspace)
      expect(mismatches(verified)).toEqual(['curated AAPL 2024-06-26'])
      expect(verified.code).toBe(1)
      // Features that look back to the damaged session cannot be judged; those before it and of other symbols are.
      expect(documentOf(verified)).toMatchObject({
        sessionsChecked: 21,
        featureSessionsChecked: 14 + 2,
        featureSessionsStale: 0,
      })
    },
  )

  test.each(['rsi_14', 'volume_z_20'])(
    'names exactly the session of which one bit of %s was changed in features.db',
    async (column) => {
      const workspace = quiet.copyOf('raw', 'curated', 'features')
      flip(workspace, 'features', 'features_price_1m_v1', "symbol = 'SPY' and session_date = '2024-07-01'", column)
      const verified = await verify(workspace)
      expect(mismatches(verified)).toEqual(['features SPY 2024-07-01'])
      expect(verified.code).toBe(1)
      expect(documentOf(verified)).toMatchObject({ sessionsChecked: 21, featureSessionsChecked: 21 })
    },
  )

  test.each(['open'])('names exactly the session of which one bit of %s was changed in raw.db', async (column) => {
    const workspace = quiet.copyOf('raw', 'curated', 'features')
    const [{ id }] = storedResponses(workspace).filter(({ session }) => session === 'DJCO 2024-06-25')
    flip(workspace, 'raw', 'raw_tws_bars', `id = ${id}`, column)
    const verified = await verify(workspace)
    expect(mismatches(verified)).toEqual(['raw DJCO 2024-06-25'])
    expect(verified.code).toBe(1)
    expect(documentOf(verified)).toMatchObject({ sessionsChecked: 20, featureSessionsChecked: 21 })
  })

  test('does not let a changed hash pass for a changed block', async () => {
    const workspace = quiet.copyOf('raw', 'curated', 'features')
    tamper(
      workspace,
      'curated',
      `update curated_tws_1m_bars set content_hash = '${'0'.repeat(64)}' where symbol = 'SPY' and session_date = '${TO}'`,
    )
    const verified = await verify(workspace)
    expect(verified.code).toBe(1)
    expect(mismatches(verified)).toEqual([`curated SPY ${TO}`])
  })

  test('says that a raw response is damaged when a rebuild needs it, and writes nothing', async () => {
    const workspace = quiet.copyOf('raw')
    const [{ id }] = storedResponses(workspace).filter(({ session }) => session === 'SPY 2024-06-25')
    flip(workspace, 'raw', 'raw_tws_bars', `id = ${id}`, 'close')
    const failed = await runSwitchyard(['transform', '--symbols', 'SPY', '--json', '--workspace', workspace])
    expect(failed.code).toBe(1)
    expect(errorOf(failed)).toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(`Response ${id}`),
      hint: expect.stringContaining('backup'),
    })
    expect(rowsOf(workspace, 'curated', 'select * from curated_tws_1m_bars')).toEqual([])
  })
})
