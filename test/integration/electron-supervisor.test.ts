import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { EngineSupervisor } from '#main/app/engine-supervisor.ts'
import type { EngineState } from '#shared/host-api.ts'
import { whenAppIsReady } from '../electron-host/host/ready.ts'
import { HostUtilityProcess } from '../electron-host/host/utility-process.ts'

const ENGINE = fileURLToPath(new URL('../electron-host/fixture/engine.ts', import.meta.url))

let workspace: string
let supervisor: EngineSupervisor
let log: string[]
let forked: HostUtilityProcess[]

beforeAll(() => {
  whenAppIsReady.reached = true
  workspace = mkdtempSync(path.join(tmpdir(), 'switchyard-supervisor-'))
})

afterAll(() => rmSync(workspace, { recursive: true, force: true }))

beforeEach(() => {
  log = []
  forked = []
  supervisor = new EngineSupervisor({
    fork: (launch) => {
      const child = HostUtilityProcess.fork(ENGINE, ['--workspace', launch.workspace], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      forked.push(child)
      return child
    },
    log: { info: (message) => log.push(message), warn: (message) => log.push(message) },
    shutdownGraceMs: 100,
    killGraceMs: 100,
  })
})

afterEach(() => supervisor.close())

function behave(behaviour: string): void {
  writeFileSync(path.join(workspace, 'behaviour'), behaviour)
}

/** Resolves when the state is of that kind. */
function reaches(kind: EngineState['kind']): Promise<EngineState> {
  return new Promise((resolve) => {
    if (supervisor.state.kind === kind) resolve(supervisor.state)
    const stop = supervisor.onState((state) => {
      if (state.kind !== kind) return
      stop()
      resolve(state)
    })
  })
}

test('an engine that neither finishes nor heeds SIGTERM is ended all the same, in bounded time', async () => {
  behave('hang')
  await supervisor.start({ workspace, create: false })
  await reaches('up')
  const exit = new Promise((resolve) => forked[0].once('exit', resolve))
  const startedMs = performance.now()
  await supervisor.close()
  // SIGKILL, which is signal 9.
  expect(await exit).toBe(9)
  const tookMs = performance.now() - startedMs
  expect(tookMs).toBeGreaterThanOrEqual(200 - 1)
  expect(tookMs).toBeLessThan(5_000)
  expect(log).toContain('The engine did not finish in time and is ended. Its stores recover at the next start.')
  expect(supervisor.state).toEqual({ kind: 'stopped' })
})

test('two starts at once leave one engine, the later one', async () => {
  behave('serve')
  await Promise.all([supervisor.start({ workspace, create: false }), supervisor.start({ workspace, create: false })])
  const state = await reaches('up')
  expect(state).toEqual({ kind: 'up', workspace, run: 2 })
  expect(forked.map((child) => child.pid !== undefined)).toEqual([false, true])
})

test('nothing starts after the end', async () => {
  behave('serve')
  await supervisor.close()
  await supervisor.start({ workspace, create: false })
  await supervisor.restart()
  expect(forked).toEqual([])
})

test('an end during the wait for a restart is the end', async () => {
  vi.useFakeTimers()
  try {
    const ended: EventEmitter[] = []
    const waiting = new EngineSupervisor({
      fork: () => {
        const child = Object.assign(new EventEmitter(), {
          pid: 1,
          stdout: null,
          stderr: null,
          kill: () => true,
          postMessage: () => undefined,
        })
        ended.push(child)
        queueMicrotask(() => child.emit('exit', 7))
        return child
      },
      log: { info: () => undefined, warn: () => undefined },
    })
    await waiting.start({ workspace, create: false })
    await vi.advanceTimersByTimeAsync(249)
    expect(ended).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(ended).toHaveLength(2)
    expect(waiting.state).toMatchObject({ kind: 'restarting', delayMs: 500 })
    await waiting.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(ended).toHaveLength(2)
    expect(waiting.state).toEqual({ kind: 'stopped' })
  } finally {
    vi.useRealTimers()
  }
})
