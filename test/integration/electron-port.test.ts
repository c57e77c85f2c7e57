import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PATIENCE_MS } from '../electron-host/electron-host.ts'
import type { ElectronHost } from '../electron-host/electron-host.ts'
import { Harness } from '../electron-host/harness.ts'

let harness: Harness
let host: ElectronHost
let workspace: string

beforeAll(async () => {
  harness = await Harness.open()
  workspace = harness.workspace('desk')
  host = await harness.startConnected('port', workspace)
})

afterAll(async () => harness?.close())

/** Runs statements in the page and returns what they return. */
function inPage<Result>(statements: string): Promise<Result> {
  return host.page<Result>(`(async () => { ${statements} })()`)
}

describe('the port to the engine', () => {
  test('carries requests, binary data, streams and errors of the contract', async () => {
    const answers = await inPage<Record<string, unknown>>(`
      const client = await fixture.client()
      const about = await client.about()
      const bytes = new Uint8Array(100_000).map((_, i) => i % 251)
      const reversed = new Uint8Array(await (await client.reverse(new Blob([bytes]))).arrayBuffer())
      const numbers = []
      for await (const number of await client.count({ to: 3 })) {
        numbers.push(number)
        if (number === 3) break
      }
      const failure = await client.fail().catch((error) => ({ code: error.code, message: error.message }))
      return {
        workspace: about.workspace,
        isOtherProcess: about.pid > 0,
        bytesEqual: reversed.toReversed().every((byte, i) => byte === bytes[i]) && reversed.length === bytes.length,
        numbers,
        failure,
      }
    `)
    expect(answers).toEqual({
      workspace,
      isOtherProcess: true,
      bytesEqual: true,
      numbers: [1, 2, 3],
      failure: { code: 'NO_SESSIONS', message: 'There is no session.' },
    })
  })

  test('is one for each request for it', async () => {
    const before = await inPage<{ received: number }>('return fixture.ports()')
    await inPage('window.switchyardHost.connect()')
    await host.pageUntil(`fixture.ports().received > ${before.received}`)
    expect(await inPage('return fixture.ports()')).toEqual({ received: before.received + 1, closed: 0 })
  })

  test('closes in the engine when the page is loaded again, and the new page gets its own', async () => {
    expect(await inPage('return (await fixture.client()).openPorts()')).toBe(2)
    await inPage('setTimeout(() => location.reload())')
    await host.pageUntil("'fixture' in window && fixture.ports().received === 1 && fixture.ports().closed === 0")
    expect(await inPage('return (await fixture.client()).openPorts()')).toBe(1)
  })

  test.each(['child-frame', 'other-window', 'gone-frame'] as const)('is refused to: %s', async (sender) => {
    const channels = ['connect', 'engine-state-wanted', 'restart-engine', 'open-workspace']
    const refusals = (): number[] =>
      channels.map((channel) => host.output.split(`"switchyard:${channel}" from`).length - 1)
    const before = refusals()
    // A foreign sender that were answered would throw in the host, and the command with it.
    for (const channel of channels) await host.call('sendAs', sender, `switchyard:${channel}`)
    await expect.poll(refusals, { timeout: PATIENCE_MS }).toEqual(before.map((count) => count + 1))
    expect(await inPage('return (await fixture.client()).openPorts()')).toBe(1)
    expect(host.untaken('open-dialog')).toEqual([])
  })

  test('is refused to a page that is not the console, whatever got it into the window', async () => {
    await host.call(
      'loadForeignPage',
      'https://example.com/',
      '<script>ports = []; onmessage = (e) => ports.push(e)</script>',
    )
    await host.page(`switchyardHost.onEngineState((state) => (window.told = state)), switchyardHost.connect()`)
    await host.page('switchyardHost.openWorkspace()')
    await expect
      .poll(() => host.output, { timeout: PATIENCE_MS })
      .toContain('"switchyard:open-workspace" from https://example.com/ was refused')
    expect(host.output).toContain('"switchyard:connect" from https://example.com/ was refused')
    expect(await host.page('[ports.length, typeof told]')).toEqual([0, 'undefined'])
  })
})

test('the harness aborts what leaves the application, so that a request in these tests cannot hide', async () => {
  const server = createServer((_request, response) => response.end('reached'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  // The foreign page of the test above has no policy that would stop it.
  expect(await host.page(`fetch('${url}', { mode: 'no-cors' }).then(() => 'reached', () => 'refused')`)).toBe('refused')
  expect((await host.call('records')).blockedRequests).toContain(url)
  await new Promise((resolve) => server.close(resolve))
})
