/**
 * The headless server as a process of its own, so that a test can end it without warning. Arguments: workspace, folder of the
 * built console, port, and by how many milliseconds its clock is ahead. Prints its port and token as JSON when it listens.
 */
import { createEngine } from '#main/engine/create-engine.ts'
import { startHeadlessServer } from '#main/hosts/headless-server.ts'
import { systemClock } from '#main/tws/clock.ts'

const [workspace, rendererFolder, port, aheadMs] = process.argv.slice(2)
const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + Number(aheadMs) }
const engine = createEngine({ workspace, clock })
const server = await startHeadlessServer({ engine, rendererFolder, port: Number(port) })
process.stdout.write(`${JSON.stringify({ port: server.port, token: server.token })}\n`)
process.once('SIGTERM', () => {
  void server.close().then(() => engine.close())
})
