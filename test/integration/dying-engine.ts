import { parseArgs } from 'node:util'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import { createEngine, type Engine } from '#main/engine/create-engine.ts'
import { createInMemoryClient } from '#main/rpc/router.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'

/**
 * Runs one job on a real engine and kills its own process without warning at a chosen moment of it:
 *
 *   node dying-engine.ts --workspace DIR --job transform --at after-batch --count 2
 *
 * `after-batch` is when the n-th batch of blocks is committed, `after-symbol` when a comparison is done with the n-th symbol, `in-batch` in the middle of the transaction of the n-th,
 * `reading` when an export reads the n-th session, `before-end` when the job's work is done and only its end is not stored.
 * Exits with 0 when the moment never came.
 */

const { values } = parseArgs({
  options: {
    workspace: { type: 'string' },
    job: { type: 'string' },
    at: { type: 'string' },
    count: { type: 'string' },
  },
})
const count = Number(values.count ?? 1)

let seen = 0
const die = (): void => {
  if (++seen === count) process.kill(process.pid, 'SIGKILL')
}

/** Replaces a method of one object; `around` gets the original. */
function wrap<T extends object, K extends keyof T>(target: T, name: K, around: (original: T[K]) => T[K]): void {
  const original = target[name] as T[K] & { bind(self: T): T[K] }
  target[name] = around(original.bind(target))
}

function arm(engine: Engine, at: string | undefined): void {
  const { comparisons, curated, features, ops } = engine.stores
  if (at === 'after-batch') {
    wrap(curated, 'replaceSessions', (store) => (...args) => {
      store(...args)
      die()
    })
    wrap(features, 'replaceSessions', (store) => (...args) => {
      store(...args)
      die()
    })
  }
  if (at === 'after-symbol') {
    wrap(comparisons, 'addSymbol', (store) => (...args) => {
      store(...args)
      die()
    })
  }
  if (at === 'in-batch') {
    // The last session of the batch: all others are written in the open transaction by then.
    const deadly = <S extends object>(sessions: readonly S[]): S[] =>
      sessions.map((session, i) =>
        i < sessions.length - 1
          ? session
          : new Proxy(session, { get: (target, key) => (die(), Reflect.get(target, key)) }),
      )
    wrap(
      curated,
      'replaceSessions',
      (store) =>
        (sessions, ...rest) =>
          store(deadly(sessions), ...rest),
    )
    wrap(
      features,
      'replaceSessions',
      (store) =>
        (set, sessions, ...rest) =>
          store(set, deadly(sessions), ...rest),
    )
  }
  if (at === 'reading') {
    const original = Object.getOwnPropertyDescriptor(CuratedStore.prototype, 'blocks')?.value as CuratedStore['blocks']
    CuratedStore.prototype.blocks = function* (...args) {
      for (const block of original.apply(this, args)) {
        die()
        yield block
      }
    }
  }
  if (at === 'before-end') wrap(ops, 'succeed', () => () => (die(), ops.job('never')))
}

const engine = createEngine({ workspace: String(values.workspace) })
arm(engine, values.at)
const client = createInMemoryClient(engine)
const job = engine.jobs.submit(values.job as JobKind, {})
for await (const state of await client.jobs.watch({ id: job.id }))
  process.stderr.write(`${state.state} ${state.error?.message ?? ''}\n`)
await engine.close()
