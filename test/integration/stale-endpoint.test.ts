import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { errorOf, runSwitchyard } from './switchyard-process.ts'
import { closeAtEnd, newWorkspace, openEngine } from './workspace-fixtures.ts'

test('the token is not sent to whoever has taken the port of a server that was killed', async () => {
  const asked: string[] = []
  const stranger = createServer()
  stranger.on('upgrade', (request, socket) => {
    asked.push(String(request.headers.authorization))
    socket.destroy()
  })
  stranger.listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  closeAtEnd(async () => stranger.close())

  const workspace = newWorkspace({ symbols: ['SPY'] })
  const { port } = stranger.address() as AddressInfo
  writeFileSync(join(workspace, 'engine.json'), JSON.stringify({ port, token: 'secret', pid: 1 }))
  // The desktop program has the workspace now; it serves no port.
  openEngine(workspace)
  const refused = await runSwitchyard(['status', '--json', '--workspace', workspace])
  expect(errorOf(refused).code).toBe('WORKSPACE_LOCKED')
  expect(asked).toEqual([])
})
