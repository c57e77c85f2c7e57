import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Job } from '#shared/jobs/job.ts'
import { connectToServer } from '#main/hosts/web-socket-client.ts'
import type { EngineClient } from '#main/rpc/router.ts'

const SERVER = fileURLToPath(new URL('./console-server.ts', import.meta.url))

/** A workspace served by the real engine in its own process. */
export interface ConsoleHost {
  readonly port: number
  /** Opens the console and lets the browser in. */
  readonly url: string
  /** The same address with a token that is not the server's. */
  readonly wrongUrl: string
  /** A client of the same contract as the console's, to ask for what the console should show. Follows a restart. */
  client(): Promise<EngineClient>
  /** Ends the process without warning (SIGKILL); resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it anew on the same port; resolves when it listens. */
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Serves `workspace` with the console in `rendererFolder` on a free port.
 *
 * @param options.now what time it is for the engine at first, where that matters; the machine's own time when left out.
 */
export async function startConsoleHost(
  workspace: string,
  rendererFolder: string,
  options: { readonly now?: string } = {},
): Promise<ConsoleHost> {
  const aheadMs = options.now === undefined ? 0 : Date.parse(options.now) - Date.now()
  let child: ChildProcess | undefined
  let port = 0
  let token = ''
  let connection: { readonly client: EngineClient; close(): void } | undefined

  const start = async (): Promise<void> => {
    const started = spawn(process.execPath, [SERVER, workspace, rendererFolder, String(port), String(aheadMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = started
    const lines = createInterface({ input: started.stdout })
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(started, 'exit').then(([code]) => {
        throw new Error(`The console's server ended with code ${code} before it listened.`)
      }),
    ])) as [string]
    const listening = JSON.parse(line) as { port: number; token: string }
    port = listening.port
    token = listening.token
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    connection?.close()
    connection = undefined
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    child = undefined
  }

  await start()
  return {
    port,
    url: `http://127.0.0.1:${port}/?token=${token}`,
    wrongUrl: `http://127.0.0.1:${port}/?token=not-${token}`,
    client: async () => {
      connection ??= await connectToServer({ port, token, pid: child?.pid ?? 0 })
      return connection.client
    },
    kill: () => end('SIGKILL'),
    start,
    stop: () => end('SIGTERM'),
  }
}

/** Waits until a job is over and returns its last state; throws when it did not succeed. */
export async function succeeded(client: EngineClient, job: Job): Promise<Job> {
  let last = job
  for await (const state of await client.jobs.watch({ id: job.id })) last = state
  if (last.state !== 'succeeded') throw new Error(`The ${job.kind} job is ${last.state}: ${last.error?.message}`)
  return last
}
