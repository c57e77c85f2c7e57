import { once } from 'node:events'
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sendFile } from '#main/hosts/static-files.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const server = createServer((request, response) => void sendFile(folder, request.url ?? '/', response))

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'))
  // More than the buffers of a connection hold, so that it is still being sent when the visitor leaves.
  writeFileSync(join(folder, 'assets', 'large.js'), Buffer.alloc(32_000_000))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

/** How many times this process has the file open. */
function timesOpen(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(join('/proc/self/fd', descriptor)).endsWith('large.js')
    } catch {
      return false
    }
  }).length
}

test.skipIf(process.platform !== 'linux')('a file is closed when the visitor leaves in the middle of it', async () => {
  for (let visit = 0; visit < 5; visit++) {
    const visitor = connect((server.address() as AddressInfo).port, '127.0.0.1')
    visitor.write('GET /assets/large.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await once(visitor, 'data')
    visitor.destroy()
  }
  await vi.waitFor(() => expect(timesOpen()).toBe(0))
})
