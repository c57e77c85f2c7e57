import type { HostCommands, HostConfig, HostEvent, HostMessage, HostRequest } from '../control-protocol.ts'

/** The configuration that the test gave. */
export const config: HostConfig = readConfig()

function readConfig(): HostConfig {
  const text = process.env['ELECTRON_HOST']
  if (text === undefined) throw new Error('ELECTRON_HOST is not set; this process is started by the tests only.')
  return JSON.parse(text) as HostConfig
}

function send(message: HostMessage): void {
  process.send?.(message, undefined, {}, () => undefined)
}

/** Tells the test what happened. */
export function report(event: HostEvent): void {
  send(event)
}

type Handlers = { [Name in keyof HostCommands]: (...args: Parameters<HostCommands[Name]>) => unknown }

/** Answers the test's commands from now on; when the test goes, this process goes. */
export function serveCommands(handlers: Handlers): void {
  process.on('message', (request: HostRequest) => {
    const handler = handlers[request.command] as (...args: readonly unknown[]) => unknown
    new Promise((resolve) => resolve(handler(...request.args))).then(
      (result) => send({ event: 'reply', id: request.id, result }),
      (error: unknown) => send({ event: 'reply-error', id: request.id, message: String(error) }),
    )
  })
  process.on('disconnect', () => process.exit(1))
}
