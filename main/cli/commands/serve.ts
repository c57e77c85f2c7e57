import { fileURLToPath } from 'node:url'
import { createEngine } from '#main/engine/create-engine.ts'
import { isRendererBuilt, startHeadlessServer } from '#main/hosts/headless-server.ts'
import { type Command, ExitCode } from '../command.ts'
import { integerOption } from '../options.ts'
import { stopped } from './simulate.ts'

export const RENDERER_FOLDER = fileURLToPath(new URL('../../../out/renderer', import.meta.url))

/** `switchyard serve`: the engine with its console on loopback. */
export const serve: Command = {
  name: 'serve',
  summary: 'Serve the console and the API on 127.0.0.1 until it is stopped',
  usage: '[--port N]',
  options: { port: { type: 'string', help: 'Port to listen on; any free one when left out' } },
  run: async (input) => {
    const port = integerOption(input, 'port', 0, 65535) ?? 0
    const engine = createEngine({ workspace: input.workspace })
    try {
      const server = await startHeadlessServer({ engine, rendererFolder: RENDERER_FOLDER, port })
      if (!isRendererBuilt(RENDERER_FOLDER)) {
        input.say('The console is not built, so only the API is served. "npm run build" builds it.')
      }
      input.announce(input.json ? JSON.stringify({ port: server.port, url: server.url }) : `Console: ${server.url}`)
      await stopped(input.signal)
      await server.close()
    } finally {
      await engine.close()
    }
    return { exitCode: ExitCode.Done, json: undefined, text: [] }
  },
}
