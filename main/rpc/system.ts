import type { EngineEvent } from '#shared/contract/contract.ts'
import { withoutSecrets } from '#shared/config/workspace-config.ts'
import { os } from './base.ts'
import { overviewOf } from './overview.ts'

export const system = os.system.router({
  overview: os.system.overview.handler(({ context }) => overviewOf(context.engine)),
  events: os.system.events.handler(async function* ({ context, signal }): AsyncGenerator<EngineEvent, void> {
    const left = new AbortController()
    const over = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal])
    // Listening begins before the first event is handed out, so that nothing falls between the two.
    const changes = context.engine.events.stream(over)
    try {
      yield { kind: 'connection', connection: context.engine.tws.connection }
      yield* changes
    } finally {
      // A consumer that leaves after the first event has not begun with the others, whose own end would not come.
      left.abort()
    }
  }),
})

export const config = os.config.router({
  get: os.config.get.handler(({ context: { engine } }) => ({
    file: engine.configFile,
    hash: engine.configHash,
    config: withoutSecrets(engine.config),
  })),
})

export const connection = os.connection.router({
  get: os.connection.get.handler(({ context }) => context.engine.tws.connection),
  connect: os.connection.connect.handler(async ({ context: { engine } }) => {
    await engine.tws.connect()
    return engine.tws.connection
  }),
  disconnect: os.connection.disconnect.handler(async ({ context: { engine } }) => {
    await engine.tws.disconnect()
    return engine.tws.connection
  }),
  log: os.connection.log.handler(({ context, input }) => [...context.engine.stores.ops.connectionEntries(input.limit)]),
  traffic: os.connection.traffic.handler(({ context }) => context.engine.tws.traffic()),
})
