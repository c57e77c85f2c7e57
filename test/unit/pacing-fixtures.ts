import { pacingConfigSchema } from '#shared/config/pacing-config.ts'
import type { PacedOutcome, PacedRequest } from '#main/tws/pacing/paced-request.ts'
import { type PacingLimits, pacingLimits } from '#main/tws/pacing/pacing-limits.ts'
import type { PacingDecision, PacingScheduler } from '#main/tws/pacing/pacing-scheduler.ts'

/** The default limits. */
export const DEFAULT_LIMITS: PacingLimits = pacingLimits(pacingConfigSchema.parse({}))

/** A small-bar request of its own identity and contract; change what matters. */
export function requestOf(id: number, change: Partial<PacedRequest> = {}): PacedRequest {
  const symbol = change.symbol ?? `S${id}`
  return {
    id,
    symbol,
    kind: 'small-bars',
    priority: 'backfill',
    identity: `identity ${id}`,
    contractKey: symbol,
    weight: 1,
    ...change,
  }
}

/** A request of a plan: when it is offered, what becomes of it once it is sent, and when it is withdrawn if it still waits. */
export interface Planned {
  readonly request: PacedRequest
  readonly offeredAtMs: number
  readonly latencyMs: number
  readonly outcome: PacedOutcome['kind']
  readonly withdrawnAtMs?: number | undefined
}

/** What happens to a scheduler from outside. */
export interface Plan {
  readonly requests: readonly Planned[]
  /** Latency where it depends on how many are open, itself included, or on the time; otherwise that of the request. */
  readonly latencyOf?: (planned: Planned, open: number, nowMs: number) => number
  /** When other messages go out. */
  readonly messagesAtMs?: readonly number[]
  readonly connectionLostAtMs?: readonly number[]
}

export interface Sent {
  readonly atMs: number
  readonly answeredAtMs: number
  readonly planned: Planned
}

/** What happened while a plan was carried out. */
export interface Run {
  readonly sent: readonly Sent[]
  /** Every answer but `send`: when it was given, and when something happened next. */
  readonly rests: readonly { readonly atMs: number; readonly untilMs: number; readonly decision: PacingDecision }[]
  readonly withdrawn: ReadonlyMap<number, number>
  /** Sendings that were answered with a pacing violation, and how much had been sent when the answer came. */
  readonly violations: readonly { readonly index: number; readonly atMs: number; readonly count: number }[]
  /** When the last answer came. */
  readonly endedAtMs: number
}

/**
 * Carries out a plan on a virtual clock: asks the scheduler after everything that happens and sleeps as long as it says.
 *
 * @throws {Error} when the scheduler waits for something that is over or will not come.
 */
export function runPlan(scheduler: PacingScheduler, plan: Plan): Run {
  const events = new EventQueue()
  const sent: Sent[] = []
  const rests: Run['rests'][number][] = []
  const withdrawn = new Map<number, number>()
  const violations: Run['violations'][number][] = []
  const byId = new Map(plan.requests.map((planned) => [planned.request.id, planned]))
  for (const { request, offeredAtMs, withdrawnAtMs } of plan.requests) {
    events.add(offeredAtMs, () => scheduler.offer(request))
    if (withdrawnAtMs === undefined) continue
    events.add(Math.max(withdrawnAtMs, offeredAtMs), (atMs) => {
      if (scheduler.withdraw(request.id)) withdrawn.set(request.id, atMs)
    })
  }
  for (const atMs of plan.messagesAtMs ?? []) events.add(atMs, () => scheduler.countMessage(atMs))
  for (const atMs of plan.connectionLostAtMs ?? []) events.add(atMs, () => scheduler.connectionLost())

  let nowMs = 0
  let open = 0
  for (;;) {
    events.runUntil(nowMs)
    const decision = scheduler.next(nowMs)
    if (decision.kind === 'send') {
      const planned = byId.get(decision.request.id)
      if (planned === undefined) throw new Error(`${decision.request.id} is not of the plan.`)
      open++
      const answeredAtMs = nowMs + (plan.latencyOf?.(planned, open, nowMs) ?? planned.latencyMs)
      const index = sent.push({ atMs: nowMs, answeredAtMs, planned }) - 1
      events.add(answeredAtMs, (atMs) => {
        open--
        if (planned.outcome === 'violation') violations.push({ index, atMs, count: sent.length })
        scheduler.settled(planned.request.id, atMs, { kind: planned.outcome })
      })
      continue
    }
    const untilMs = Math.min(decision.kind === 'wait' ? decision.untilMs : Infinity, events.nextAtMs)
    rests.push({ atMs: nowMs, untilMs, decision })
    if (untilMs === Infinity && decision.kind === 'idle')
      return { sent, rests, withdrawn, violations, endedAtMs: nowMs }
    if (!(untilMs > nowMs) || untilMs === Infinity) {
      throw new Error(`At ${nowMs} the scheduler says ${JSON.stringify(decision)} and nothing else is to come.`)
    }
    nowMs = untilMs
  }
}

/** Things to do in order of time, those of the same time in order of arrival: a binary heap. */
class EventQueue {
  readonly #heap: { readonly atMs: number; readonly order: number; readonly run: (atMs: number) => void }[] = []
  #order = 0

  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Infinity
  }

  add(atMs: number, run: (atMs: number) => void): void {
    const heap = this.#heap
    heap.push({ atMs, order: this.#order++, run })
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1
      if (!this.#isBefore(i, parent)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  runUntil(nowMs: number): void {
    while (this.nextAtMs <= nowMs) {
      const [{ atMs, run }] = this.#heap
      this.#removeFirst()
      run(atMs)
    }
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (heap.length === 0 || last === undefined) return
    heap[0] = last
    for (let i = 0; ;) {
      const child = 2 * i + 1
      if (child >= heap.length) return
      const least = child + 1 < heap.length && this.#isBefore(child + 1, child) ? child + 1 : child
      if (!this.#isBefore(least, i)) return
      this.#swap(i, least)
      i = least
    }
  }

  #isBefore(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]]
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
  }

  #swap(i: number, j: number): void {
    const { [i]: a, [j]: b } = this.#heap
    this.#heap[i] = b
    this.#heap[j] = a
  }
}
