import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JobResult, Selection, TransformResult } from '#shared/jobs/job-kinds.ts'
import type { TransformTask } from '../compute/compute-task.ts'
import type { JobContext, JobDefinition } from '../job-definition.ts'
import { checkSelection, removedWords, selectedDates, selectedSymbols } from '../selection.ts'
import type { StaleSession } from './plan-transform.ts'
import { saveConfig, type SymbolPlan, symbolPlan } from './transform-plans.ts'

const STEPS = [
  { title: 'Finding what changed', weight: 1 },
  { title: 'Curating bars', weight: 20 },
]

/** Sessions of one task at least: each begins with the sessions before it that tell what is normal. */
const FEWEST_SESSIONS = 200

async function transform(params: Selection, context: JobContext, rebuildAll: boolean): Promise<TransformResult> {
  const { services, signal, report, jobId } = context
  const { raw, curated, legacy } = services.stores
  const symbols = selectedSymbols(params, services)
  const range = selectedDates(params)

  const plans: SymbolPlan[] = []
  for (const symbol of symbols) {
    report(0, plans.length / symbols.length, { detail: symbol })
    plans.push(symbolPlan(symbol, services, range, rebuildAll))
    // A turn of the event loop each, so that the engine answers in between.
    await nextTurn()
    signal.throwIfAborted()
  }
  const total = plans.reduce((sum, { stale }) => sum + stale.length, 0)
  const result = {
    sessionsBuilt: 0,
    sessionsUnchanged: 0,
    sessionsRemoved: 0,
    bars: 0,
    dropped: 0,
    flagged: 0,
    filled: 0,
  }
  for (const plan of plans) {
    saveConfig(plan, services)
    result.sessionsUnchanged += plan.unchanged
    if (plan.adjustments.length > 0) curated.replaceAdjustments(plan.symbol, plan.adjustments)
    if (plan.gone.length === 0) continue
    curated.removeSessions(plan.symbol, plan.gone)
    services.publish({ kind: 'layer', layer: 'curated' })
    result.sessionsRemoved += plan.gone.length
  }

  const perTask = Math.max(FEWEST_SESSIONS, Math.ceil(total / (4 * services.pool.size)))
  await services.pool.runAll<'transform'>(
    plans.flatMap((plan) => tasksOf(plan, perTask, raw.file, legacy.file)),
    (batch) => {
      curated.replaceSessions(batch, jobId, services.nowMs())
      services.publish({ kind: 'layer', layer: 'curated' })
      for (const { count, quality } of batch) {
        result.sessionsBuilt++
        result.bars += count
        result.dropped += quality.dropped
        result.flagged += quality.flagged
        result.filled += quality.filled
      }
      const last = batch[batch.length - 1]
      report(1, result.sessionsBuilt / total, {
        detail: `${last.symbol} ${last.session.date}`,
        done: result.sessionsBuilt,
        total,
        unit: 'sessions',
      })
    },
    signal,
  )
  const counts = curated.findingCounts({ symbols, ...range }).filter(({ severity }) => severity !== 'info')
  const findings: Record<string, number> = {}
  for (const { rule, count } of counts) findings[rule] = (findings[rule] ?? 0) + count
  return { ...result, findings }
}

/** Cuts the work on a symbol into tasks, each of which begins with what the first of its sessions is measured by. */
function tasksOf(
  { symbol, config, configHash, stale }: SymbolPlan,
  perTask: number,
  rawFile: string,
  legacyFile: string,
): readonly TransformTask[] {
  const tasks: TransformTask[] = []
  for (let from = 0; from < stale.length; from += perTask) {
    const sessions = withHistory(stale.slice(from, from + perTask))
    tasks.push({ kind: 'transform', rawFile, legacyFile, symbol, sessions, config, configHash })
  }
  return tasks
}

/** The wanted sessions with those before each of them that tell what is normal, each once, in order of time. */
function withHistory(stale: readonly StaleSession[]): TransformTask['sessions'] {
  const wanted = new Set(stale.map(({ session }) => session.date))
  const sessions: TransformTask['sessions'][number][] = []
  let last = ''
  for (const { history, cause: _cause, ...session } of stale) {
    for (const before of history) {
      if (before.session.date <= last || wanted.has(before.session.date)) continue
      sessions.push({ session: before, wanted: false })
      last = before.session.date
    }
    sessions.push({ session, wanted: true })
    last = session.session.date
  }
  return sessions
}

const hasFindings = (result: TransformResult): boolean => Object.keys(result.findings).length > 0

const summary = (result: JobResult<'transform'>): string =>
  `${result.bars} bars of ${result.sessionsBuilt} sessions curated, ${result.sessionsUnchanged} sessions were up to date.${removedWords(result)}`

export const transformJob: JobDefinition<'transform'> = {
  kind: 'transform',
  title: 'Curate bars',
  lane: 'curated',
  controls: [],
  steps: STEPS,
  check: checkSelection,
  run: (params, context) => transform(params, context, false),
  hasFindings,
  summary,
}

export const rebuildJob: JobDefinition<'rebuild'> = {
  kind: 'rebuild',
  title: 'Rebuild curated bars',
  lane: 'curated',
  controls: [],
  steps: STEPS,
  check: checkSelection,
  run: (params, context) => transform(params, context, true),
  hasFindings,
  summary,
}
