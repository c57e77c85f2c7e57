import type { z } from 'zod'
import type { CauseSample, RowValues, StoredCause } from '#shared/comparison/cause.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type {
  Acceptance,
  AcceptanceScope,
  acceptCauseInputSchema,
  CompareGrid,
  RunCause,
  RunCauses,
  withdrawAcceptanceInputSchema,
} from '#shared/contract/causes.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { ComparisonCounts } from '#shared/jobs/job-kinds.ts'
import { DOUBLED_ROW, NEW_ONLY, OLD_ONLY } from '#main/compare/causes/attribute-differences.ts'
import { AcceptedCauses, hasOutgrown, isAboutSymbol } from '#main/compare/causes/explained.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { ComparisonStore, SessionAttribution } from '#main/stores/comparison-store.ts'
import type { StoredAcceptance } from '#main/stores/ops-store.ts'
import { fieldOf } from './comparison-runs.ts'
import { inSlices, readingApart } from './in-slices.ts'

/** Answers about why old and new differ, and what the operator decided about it. */

/** All acceptances, newest first, with what they are at present. */
export function acceptancesOf(engine: Engine): readonly Acceptance[] {
  const nowMs = engine.services.nowMs()
  return engine.stores.ops.acceptances().map((stored) => withState(stored, nowMs))
}

function withState(stored: StoredAcceptance, nowMs: number): Acceptance {
  const { withdrawnAtMs, expiresAtMs } = stored
  const isExpired = expiresAtMs !== null && expiresAtMs <= nowMs
  return { ...stored, state: withdrawnAtMs !== null ? 'withdrawn' : isExpired ? 'expired' : 'active' }
}

/** The causes of each symbol of a run with what is accepted of them at present. */
export class RunAcceptance {
  readonly causes: ReadonlyMap<string, readonly StoredCause[] | null>
  readonly acceptances: readonly Acceptance[]
  #latest: { readonly symbol: string; readonly sessionDate: string; readonly accepted: AcceptedCauses } | undefined
  readonly #active: readonly (Pick<Acceptance, 'causeKey' | 'extents'> & AcceptanceScope)[]
  /** Values and one-sided minutes of each symbol that were compared. */
  readonly #compared: ReadonlyMap<string, number>

  constructor(engine: Engine, runId: string) {
    engine.stores.comparisons.run(runId)
    this.causes = engine.stores.comparisons.causes(runId)
    this.acceptances = acceptancesOf(engine)
    this.#active = this.acceptances
      .filter(({ state }) => state === 'active')
      .map(({ causeKey, extents, scope }) => ({ causeKey, extents, ...scope }))
    this.#compared = comparedIn(engine, runId)
  }

  /** Whether causes were looked for in any symbol. */
  get isSearched(): boolean {
    return [...this.causes.values()].some((causes) => causes !== null)
  }

  causesOf(symbol: string): readonly StoredCause[] {
    return this.causes.get(symbol) ?? []
  }

  /** Differences of a symbol that need a cause, of all that was compared of it, 0 to 1. */
  extentOf(symbol: string, { explained }: Pick<StoredCause, 'explained'>): number {
    return explained / Math.max(1, explained, this.#compared.get(symbol) ?? 0)
  }

  /** Whether a cause is accepted for a symbol, and in every acceptance for when it was far smaller. */
  isOutgrown(symbol: string, cause: StoredCause): boolean {
    const own = this.#active.filter((decision) => decision.causeKey === cause.key && isAboutSymbol(decision, symbol))
    const extent = this.extentOf(symbol, cause)
    return own.length > 0 && own.every((decision) => hasOutgrown(decision, symbol, { extent }))
  }

  /** What is accepted in one session. */
  in(symbol: string, sessionDate: string): AcceptedCauses {
    // Rows of one session follow each other.
    if (this.#latest?.symbol !== symbol || this.#latest.sessionDate !== sessionDate) {
      const causes = this.causesOf(symbol).map((cause) => ({
        key: cause.key,
        fields: cause.scope.fields,
        extent: this.extentOf(symbol, cause),
      }))
      this.#latest = { symbol, sessionDate, accepted: new AcceptedCauses(this.#active, causes, symbol, sessionDate) }
    }
    return this.#latest.accepted
  }
}

/** The runs that were asked for last; they never change, and counting all their sessions takes a while. */
const latestCompared = new WeakMap<Engine, { readonly runId: string; readonly compared: ReadonlyMap<string, number> }>()

/** Values and one-sided minutes of each symbol that a run compared. */
function comparedIn(engine: Engine, runId: string): ReadonlyMap<string, number> {
  const latest = latestCompared.get(engine)
  if (latest?.runId === runId) return latest.compared
  const compared = new Map<string, number>()
  for (const { symbol, counts } of engine.stores.comparisons.sessions(runId)) {
    compared.set(symbol, (compared.get(symbol) ?? 0) + comparedOf(counts))
  }
  latestCompared.set(engine, { runId, compared })
  return compared
}

/** Differences of a session by what they are, whether or not causes were looked for. */
function statesOf(
  session: SessionAttribution,
  acceptance: RunAcceptance,
): { total: number; explained: number; waiting: number } {
  const { symbol, sessionDate, entries, counts } = session
  if (entries === null) return { total: differencesOf(counts), explained: 0, waiting: 0 }
  const accepted = acceptance.in(symbol, sessionDate)
  const states = { total: 0, explained: 0, waiting: 0 }
  for (const [field, causes, count] of entries) {
    states.total += count
    const state = accepted.stateOf(field, causes)
    if (state !== 'open') states[state] += count
  }
  return states
}

/** Values of common minutes, minutes on one side only, and doubled ones. */
function comparedOf({ common, oldOnly, newOnly, duplicateKeys, fields }: ComparisonCounts): number {
  return common * Object.keys(fields).length + oldOnly + newOnly + duplicateKeys
}

function differencesOf({ oldOnly, newOnly, duplicateKeys, fields }: ComparisonCounts): number {
  return Object.values(fields).reduce(
    (sum, { different, nullVersusValue }) => sum + different + nullVersusValue,
    oldOnly + newOnly + duplicateKeys,
  )
}

/** The causes of a run, put together over its symbols, and how much of it is explained at present. */
export function runCausesOf(engine: Engine, runId: string): Promise<RunCauses> {
  return readingApart(engine, (comparisons) => causesIn(comparisons, new RunAcceptance(engine, runId), runId))
}

async function causesIn(comparisons: ComparisonStore, acceptance: RunAcceptance, runId: string): Promise<RunCauses> {
  const differences = { total: 0, explained: 0, waiting: 0, open: 0 }
  const open: RunCauses['open'] = { fields: {}, oldOnly: 0, newOnly: 0, doubled: 0 }
  const acceptedOf = new Map<string, number>()
  const combinations = new Map<string, Combination>()
  for await (const session of inSlices(comparisons.attributions(runId))) {
    const { symbol, sessionDate, entries, counts } = session
    const states = statesOf(session, acceptance)
    differences.total += states.total
    differences.explained += states.explained
    differences.waiting += states.waiting
    if (entries === null) {
      addCounts(open, counts)
      continue
    }
    const accepted = acceptance.in(symbol, sessionDate)
    const causes = acceptance.causesOf(symbol)
    for (const [field, needed, count] of entries) {
      const state = accepted.stateOf(field, needed)
      if (needed !== 0) addCombination(combinations, causes, needed, count)
      if (state === 'open') addOpen(open, field, count)
      if (state !== 'explained') continue
      causes.forEach(({ key }, at) => {
        if ((needed & (1 << at)) !== 0) acceptedOf.set(key, (acceptedOf.get(key) ?? 0) + count)
      })
    }
  }
  differences.open = differences.total - differences.explained - differences.waiting
  return {
    runId,
    isSearched: acceptance.isSearched,
    differences,
    open,
    causes: mergedCauses(acceptance, differences.total, acceptedOf),
    combinations: [...combinations.values()].sort((a, b) => b.explained - a.explained),
  }
}

type Combination = RunCauses['combinations'][number]

/** Counts differences under the causes that their explanation needs. */
function addCombination(
  combinations: Map<string, Combination>,
  causes: readonly StoredCause[],
  needed: number,
  count: number,
): void {
  const causeKeys = causes.flatMap(({ key }, at) => ((needed & (1 << at)) === 0 ? [] : [key])).sort()
  const name = causeKeys.join(' ')
  const known = combinations.get(name)
  if (known === undefined) combinations.set(name, { causeKeys, explained: count })
  else known.explained += count
}

function addOpen(open: RunCauses['open'], field: number, count: number): void {
  if (field === NEW_ONLY) open.newOnly += count
  else if (field === OLD_ONLY) open.oldOnly += count
  else if (field === DOUBLED_ROW) open.doubled += count
  else open.fields[COMPARED_FIELDS[field]] = (open.fields[COMPARED_FIELDS[field]] ?? 0) + count
}

/** Where no causes were looked for, everything is open. */
function addCounts(open: RunCauses['open'], { oldOnly, newOnly, duplicateKeys, fields }: ComparisonCounts): void {
  open.oldOnly += oldOnly
  open.newOnly += newOnly
  open.doubled += duplicateKeys
  for (const [field, { different, nullVersusValue }] of Object.entries(fields)) {
    if (different + nullVersusValue > 0) open.fields[field] = (open.fields[field] ?? 0) + different + nullVersusValue
  }
}

/** Samples shown of a cause; each symbol has at most three. */
const MOST_SAMPLES = 12

function mergedCauses(acceptance: RunAcceptance, total: number, acceptedOf: ReadonlyMap<string, number>): RunCause[] {
  const merged = new Map<string, RunCause>()
  for (const [symbol, causes] of acceptance.causes) {
    for (const cause of causes ?? []) {
      const known = merged.get(cause.key) ?? {
        causeKey: cause.key,
        kind: cause.kind,
        words: '',
        fields: cause.scope.fields === null ? null : [...cause.scope.fields],
        symbols: [],
        explained: 0,
        share: 0,
        samples: [],
        acceptances: acceptance.acceptances.filter(({ causeKey }) => causeKey === cause.key),
        accepted: acceptedOf.get(cause.key) ?? 0,
      }
      merged.set(cause.key, known)
      const { scope, explained, fit, words } = cause
      const dates = scope.dates === null ? null : scope.dates.map((run) => ({ ...run }))
      const extent = acceptance.extentOf(symbol, cause)
      known.symbols.push({
        symbol,
        dates,
        explained,
        fit,
        words,
        extent,
        isOutgrown: acceptance.isOutgrown(symbol, cause),
      })
      known.explained += explained
      const samples = cause.samples.map((sample) => ({ symbol, ...toSample(sample) }))
      known.samples.push(...samples.slice(0, MOST_SAMPLES - known.samples.length))
    }
  }
  const causes = [...merged.values()].sort((a, b) => b.explained - a.explained || (a.causeKey < b.causeKey ? -1 : 1))
  for (const cause of causes) {
    cause.symbols.sort((a, b) => b.explained - a.explained || (a.symbol < b.symbol ? -1 : 1))
    // The symbol that shows it most says it for all.
    cause.words = cause.symbols[0].words
    cause.share = total === 0 ? 0 : cause.explained / total
  }
  return causes
}

function toSample({ sessionDate, old, fresh, undone }: CauseSample): Omit<RunCause['samples'][number], 'symbol'> {
  return { sessionDate, old: toValues(old), fresh: toValues(fresh), undone: toValues(undone) }
}

function toValues(row: RowValues | null): RunCause['samples'][number]['old'] {
  if (row === null) return null
  const values = COMPARED_FIELDS.map((field) => [field, Number.isFinite(row[field]) ? row[field] : null] as const)
  return { ts: row.ts, values: Object.fromEntries(values) }
}

/** Accepts a cause of a run. Throws NOT_FOUND when the run does not have it, BAD_ARGUMENTS when the scope names what is not there. */
export async function acceptCause(engine: Engine, input: z.infer<typeof acceptCauseInputSchema>): Promise<Acceptance> {
  const { services, stores } = engine
  const nowMs = services.nowMs()
  const { causes } = await runCausesOf(engine, input.runId)
  const cause = causes.find(({ causeKey }) => causeKey === input.causeKey)
  if (cause === undefined) {
    throw new SwitchyardError('NOT_FOUND', `The run ${input.runId} has no cause ${input.causeKey}.`, {
      hint: 'List its causes: switchyard compare causes RUN.',
    })
  }
  const { symbols, from, to, fields } = input.scope
  for (const symbol of symbols ?? []) services.symbolConfig(symbol)
  for (const field of fields ?? []) fieldOf(field)
  if (fields !== undefined && cause.fields !== null && !fields.some((field) => cause.fields?.includes(field))) {
    throw new SwitchyardError('BAD_ARGUMENTS', `The cause ${cause.causeKey} changes nothing of ${fields.join(', ')}.`, {
      hint: `Name some of ${cause.fields.join(', ')}, or no field.`,
    })
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw new SwitchyardError('BAD_ARGUMENTS', `The range ends before it begins: ${from} to ${to}.`, {
      hint: 'Give the earlier date first.',
    })
  }
  if (input.expiresAtMs !== null && input.expiresAtMs <= nowMs) {
    throw new SwitchyardError('BAD_ARGUMENTS', 'The acceptance would have expired already.', {
      hint: 'Give a later end, or none.',
    })
  }
  const id = stores.ops.acceptCause({
    causeKey: cause.causeKey,
    kind: cause.kind,
    words: cause.words,
    runId: input.runId,
    scope: input.scope,
    extents: Object.fromEntries(cause.symbols.map(({ symbol, extent }) => [symbol, extent])),
    reason: input.reason,
    author: input.author,
    acceptedAtMs: nowMs,
    expiresAtMs: input.expiresAtMs,
  })
  services.publish({ kind: 'layer', layer: 'comparisons' })
  return withState(stores.ops.acceptance(id), nowMs)
}

/** Takes an acceptance back. Throws NOT_FOUND when there is none with the id, BAD_ARGUMENTS when it is withdrawn already. */
export function withdrawAcceptance(engine: Engine, input: z.infer<typeof withdrawAcceptanceInputSchema>): Acceptance {
  const { services, stores } = engine
  const known = stores.ops.acceptance(input.id)
  if (known.withdrawnAtMs !== null) {
    throw new SwitchyardError(
      'BAD_ARGUMENTS',
      `The acceptance ${input.id} is withdrawn already, by ${known.withdrawnBy}.`,
      {
        hint: 'Nothing is left to do.',
      },
    )
  }
  const atMs = services.nowMs()
  stores.ops.withdrawAcceptance(input.id, { reason: input.reason, author: input.author, atMs })
  services.publish({ kind: 'layer', layer: 'comparisons' })
  return withState(stores.ops.acceptance(input.id), atMs)
}

/** How much of each session of a run is not explained at present. */
export async function compareGridOf(engine: Engine, runId: string): Promise<CompareGrid> {
  const acceptance = new RunAcceptance(engine, runId)
  const sessions: SessionAttribution[] = []
  await readingApart(engine, async (comparisons) => {
    for await (const session of inSlices(comparisons.attributions(runId))) sessions.push(session)
  })
  const symbols = [...new Set(sessions.map(({ symbol }) => symbol))].sort()
  const sessionDates = [...new Set(sessions.map(({ sessionDate }) => sessionDate))].sort()
  const rowOf = new Map(symbols.map((symbol, row) => [symbol, row]))
  const columnOf = new Map(sessionDates.map((date, column) => [date, column]))
  const cells = symbols.length * sessionDates.length
  const grid = {
    compared: Array.from({ length: cells }, () => -1),
    total: Array.from({ length: cells }, () => 0),
    explained: Array.from({ length: cells }, () => 0),
    waiting: Array.from({ length: cells }, () => 0),
  }
  for (const session of sessions) {
    const { symbol, sessionDate, counts } = session
    const at = (rowOf.get(symbol) ?? 0) * sessionDates.length + (columnOf.get(sessionDate) ?? 0)
    const { total, explained, waiting } = statesOf(session, acceptance)
    // A minute can be doubled more than once.
    // Minutes that are not settled are not compared.
    grid.compared[at] = Math.max(total, comparedOf(counts)) || -1
    grid.total[at] = total
    grid.explained[at] = explained
    grid.waiting[at] = waiting
  }
  return { runId, symbols, sessionDates, ...grid }
}
