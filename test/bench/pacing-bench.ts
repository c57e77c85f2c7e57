import type { PacedRequest } from '#main/tws/pacing/paced-request.ts'
import { PacingScheduler } from '#main/tws/pacing/pacing-scheduler.ts'
import { brokenRules } from '../unit/pacing-checker.ts'
import { DEFAULT_LIMITS, type Planned, requestOf, runPlan } from '../unit/pacing-fixtures.ts'

/**
 * How close the scheduler comes to the least time in which the rules allow a plan to be carried out, on a virtual clock, and what
 * it costs. Deterministic but for the CPU time.
 */

const REQUESTS = 5_000
const CONTRACTS = 50
const ROUNDS = 5
/** What is documented, without the margin that Switchyard adds; and the open requests that it is configured for. */
const [PER_10_MIN, PER_CONTRACT, PER_SECOND, OPEN] = [60, 5, 50, 20]

export interface PacingRow {
  readonly name: string
  readonly requests: number
  readonly weight: number
  /** Until the last answer. */
  readonly seconds: number
  readonly boundSeconds: number
  readonly ratio: number
  readonly violations: number
  /** Of scheduler and virtual clock together, the median of the rounds. */
  readonly cpuMicrosecondsPerRequest: number
}

/** Runs every variant and gives a row each. */
export function measurePacing(): readonly PacingRow[] {
  return [
    measure('5-second bars', plan('small-bars', 0)),
    measure('5-second bars, a third BID_ASK', plan('small-bars', 3)),
    measure('1-minute bars', plan('bars', 0)),
  ]
}

/** The rows as lines of a Markdown table. */
export function pacingLines(rows: readonly PacingRow[]): readonly string[] {
  return [
    `Pacing: ${REQUESTS.toLocaleString('en')} requests over ${CONTRACTS} contracts on a virtual clock; CPU is the median of ${ROUNDS} rounds.`,
    '',
    '| | weight | took s | at least s | ratio | violations | CPU µs / request |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(
      (row) =>
        `| ${row.name} | ${row.weight.toLocaleString('en')} | ${row.seconds.toFixed(0)} | ${row.boundSeconds.toFixed(0)} | ${row.ratio.toFixed(4)} | ${row.violations} | ${row.cpuMicrosecondsPerRequest.toFixed(1)} |`,
    ),
  ]
}

function measure(name: string, requests: readonly Planned[]): PacingRow {
  const run = runPlan(new PacingScheduler(DEFAULT_LIMITS), { requests })
  if (run.sent.length !== requests.length) throw new Error(`${run.sent.length} of ${requests.length} were sent.`)
  const cpu = Array.from({ length: ROUNDS }, () => {
    const from = process.cpuUsage()
    runPlan(new PacingScheduler(DEFAULT_LIMITS), { requests })
    const { user, system } = process.cpuUsage(from)
    return (user + system) / requests.length
  })
  const seconds = run.endedAtMs / 1_000
  const boundSeconds = lowerBoundSeconds(requests)
  return {
    name,
    requests: requests.length,
    weight: weightOf(requests),
    seconds,
    boundSeconds,
    ratio: seconds / boundSeconds,
    violations: brokenRules({ requests }, run).length,
    cpuMicrosecondsPerRequest: cpu.toSorted((a, b) => a - b)[(ROUNDS - 1) / 2],
  }
}

/**
 * No schedule that keeps the rules ends sooner. Where at most L may go in any W seconds, let T be the time from the first sending
 * to the last: the stretches [0, W), [W, 2W), ... that cover [0, T] are floor(T / W) + 1, and each holds at most L. So a weight of
 * w needs w <= L (floor(T / W) + 1), that is T >= W (ceil(w / L) - 1): the first window is free. This holds for ten minutes, for
 * each contract (a request weighs one in this bound, which only lowers it) and for messages, so the largest counts. And with at
 * most `OPEN` waiting for an answer at a time, all answers together take at least the sum of their latencies divided by that.
 */
function lowerBoundSeconds(requests: readonly Planned[]): number {
  const atLeast = (weight: number, limit: number, windowSeconds: number): number =>
    windowSeconds * (Math.ceil(weight / limit) - 1)
  const limited = requests.filter(({ request }) => request.kind === 'small-bars')
  const byContract = Map.groupBy(limited, ({ request }) => request.contractKey)
  return Math.max(
    atLeast(weightOf(limited), PER_10_MIN, 600),
    ...[...byContract.values()].map((own) => atLeast(own.length, PER_CONTRACT, 2)),
    atLeast(requests.length, PER_SECOND, 1),
    requests.reduce((sum, { latencyMs }) => sum + latencyMs / 1_000, 0) / OPEN,
  )
}

function weightOf(requests: readonly Planned[]): number {
  return requests.reduce((sum, { request }) => sum + request.weight, 0)
}

/** Everything is offered at the start, in random order; every `bidAskEvery`th request (0: none) is for BID_ASK. */
function plan(kind: PacedRequest['kind'], bidAskEvery: number): readonly Planned[] {
  const random = randomFrom(20_261_125)
  const planned = Array.from({ length: REQUESTS }, (_, id): Planned => {
    const symbol = `S${id % CONTRACTS}`
    const isBidAsk = bidAskEvery > 0 && id % bidAskEvery === 0
    const contractKey = `${symbol} ${isBidAsk ? 'BID_ASK' : 'TRADES'}`
    const request = requestOf(id, {
      kind,
      symbol,
      contractKey,
      identity: `${contractKey} ${id}`,
      weight: isBidAsk ? 2 : 1,
    })
    return { request, offeredAtMs: 0, latencyMs: Math.round(300 + 1_700 * random()), outcome: 'answered' }
  })
  for (let i = planned.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const { [i]: a, [j]: b } = planned
    planned[i] = b
    planned[j] = a
  }
  return planned
}

/** Numbers from 0 to 1 that are the same for the same seed: the linear congruential generator of Numerical Recipes. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
