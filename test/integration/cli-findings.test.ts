import Sqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { inProcess } from './command-in-process.ts'
import { newWorkspace, openEngine } from './workspace-fixtures.ts'

test('all findings of a selection are acknowledged and opened again, also more than one call takes', async () => {
  const workspace = newWorkspace({ symbols: ['SPY'] })
  const { engine } = openEngine(workspace)
  const { file } = engine.stores.curated
  await engine.close()
  const database = new Sqlite(file)
  const insert = database.prepare(
    `insert into dq_findings (run_id, symbol, session_date, ts, last_ts, rule, severity, blocking, action, bars, message)
     values ('run', 'SPY', '2024-06-24', @ts, @ts, @rule, @severity, 0, 'keep', 1, '')`,
  )
  database.transaction(() => {
    for (let ts = 1; ts <= 10_000; ts++) insert.run({ ts, rule: 'bad_tick', severity: 'error' })
    for (let ts = 1; ts <= 2; ts++) insert.run({ ts, rule: 'tick_size', severity: 'info' })
  })()
  database.close()

  const run = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await inProcess('findings', ...args, '--workspace', workspace, '--json')
    return code === 0 ? JSON.parse(stdout) : stderr
  }
  const listed = await inProcess('findings', '--limit', '3', '--workspace', workspace)
  expect(listed.stdout.trim().split('\n')).toHaveLength(4)
  expect(listed.stdout).toContain('There may be more than these 3')
  const why = ['--reason', 'Seen.', '--author', 'desk']
  // The two of tick_size come last of all.
  expect(await run('acknowledge', '--rule', 'tick_size', ...why)).toMatchObject({ acknowledged: 2 })
  expect(await run('reopen')).toEqual({ reopened: 2 })
  expect(await run('acknowledge', ...why)).toMatchObject({
    acknowledged: 10_002,
    acknowledgement: { reason: 'Seen.', author: 'desk' },
  })
  expect(await run('acknowledge', ...why)).toContain('open finding')
  expect(await run('reopen')).toEqual({ reopened: 10_002 })
  expect(await run('reopen')).toContain('acknowledged finding')
})
