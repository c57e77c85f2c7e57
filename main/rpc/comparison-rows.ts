import type { z } from 'zod'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { CompareRow, compareRowsInputSchema, compareRowsSchema } from '#shared/contract/causes.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { ROW_CLASS_NAMES, RowClass } from '#main/compare/compare-session.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { type ComparisonRows, type ComparisonStore, ROW_HAS_OPEN } from '#main/stores/comparison-store.ts'
import { RunAcceptance } from './comparison-causes.ts'
import { fieldOf } from './comparison-runs.ts'
import { inSlices, readingApart } from './in-slices.ts'
import { MOST_RANKED, type RankedRow, RankedRows } from './ranked-rows.ts'

type RowsInput = z.infer<typeof compareRowsInputSchema>

/** The rows that passed a filter, in their order. */
interface OrderedRows {
  readonly sessions: readonly { readonly symbol: string; readonly sessionDate: string }[]
  readonly ranked: RankedRows
}

interface KeptOrder {
  readonly key: string
  readonly ordered: Promise<OrderedRows>
}

/**
 * The orders that each engine found last, the latest first: a table asks for one page after the other, a chart beside it for pages of its own,
 * and a run never changes.
 */
const latestOrders = new WeakMap<Engine, readonly KeptOrder[]>()
const MOST_ORDERS = 2

/**
 * A page of the rows of a run that are not plainly equal and pass the filter. Largest first: by the difference in `field`, else by
 * the largest relative difference of any field; minutes on one side only have none and come last. By time: symbol by symbol.
 *
 * @throws {SwitchyardError} NOT_FOUND without such a run, BAD_ARGUMENTS for an unknown field or a page beyond a million rows.
 */
export async function compareRowsOf(engine: Engine, input: RowsInput): Promise<z.infer<typeof compareRowsSchema>> {
  const acceptance = new RunAcceptance(engine, input.runId)
  const filter = new RowFilter(input, acceptance)
  const wanted = input.offset + input.limit
  if (wanted > MOST_RANKED) {
    throw new SwitchyardError('BAD_ARGUMENTS', `The page ends beyond row ${MOST_RANKED}.`, {
      hint: 'Filter the rows, or export all of them.',
    })
  }
  const { sessions, ranked } = await orderOf(engine, input, filter, acceptance)
  const page = ranked.page(input.offset, wanted)
  return { total: ranked.total, rows: await readRows(engine, input.runId, sessions, page, acceptance) }
}

function orderOf(engine: Engine, input: RowsInput, filter: RowFilter, acceptance: RunAcceptance): Promise<OrderedRows> {
  const { offset: _offset, limit: _limit, ...asked } = input
  const active = acceptance.acceptances.filter(({ state }) => state === 'active').map(({ id }) => id)
  const key = JSON.stringify([asked, asked.state === undefined ? [] : active])
  const kept = latestOrders.get(engine) ?? []
  const known = kept.find((order) => order.key === key)
  const { ordered } = known ?? { ordered: orderRows(engine, input, filter) }
  const others = kept.filter((order) => order !== known)
  latestOrders.set(engine, [{ key, ordered }, ...others].slice(0, MOST_ORDERS))
  ordered.catch(() => {
    const rest = latestOrders.get(engine)?.filter((order) => order.ordered !== ordered)
    latestOrders.set(engine, rest ?? [])
  })
  return ordered
}

function orderRows(engine: Engine, input: RowsInput, filter: RowFilter): Promise<OrderedRows> {
  return readingApart(engine, async (comparisons) => {
    const sessions: { readonly symbol: string; readonly sessionDate: string }[] = []
    const ranked = new RankedRows(input.order)
    for (const symbol of selectedSymbols(input, comparisons)) {
      for await (const session of inSlices(comparisons.rows(input.runId, symbol))) {
        if (!filter.hasSession(session)) continue
        const place = sessions.push({ symbol, sessionDate: session.sessionDate }) - 1
        filter.rowsOf(session, (row, size) => ranked.add(place, row, size))
      }
    }
    return { sessions, ranked }
  })
}

function selectedSymbols({ runId, symbols }: RowsInput, comparisons: ComparisonStore): readonly string[] {
  const all = [...comparisons.run(runId).symbols].sort()
  return symbols === undefined ? all : all.filter((symbol) => symbols.includes(symbol))
}

async function readRows(
  engine: Engine,
  runId: string,
  sessions: OrderedRows['sessions'],
  page: readonly RankedRow[],
  acceptance: RunAcceptance,
): Promise<CompareRow[]> {
  const read = new Map<number, ComparisonRows>()
  const rows: CompareRow[] = []
  for await (const { session: place, row } of inSlices(page)) {
    const { symbol, sessionDate } = sessions[place]
    let session = read.get(place)
    if (session === undefined) {
      session = engine.stores.comparisons.sessionRows(runId, symbol, sessionDate)
      read.set(place, session)
    }
    rows.push(toRow(session, row, acceptance))
  }
  return rows
}

function toRow(session: ComparisonRows, row: number, acceptance: RunAcceptance): CompareRow {
  const { symbol, sessionDate, ts, class: classes, oldValues, newValues } = session
  const causes = acceptance.causesOf(symbol)
  const bits = session.causes?.[row] ?? 0
  return {
    symbol,
    sessionDate,
    ts: ts[row],
    class: ROW_CLASS_NAMES[classes[row]],
    old: valuesOf(oldValues, row, ts.length),
    fresh: valuesOf(newValues, row, ts.length),
    unequal: COMPARED_FIELDS.filter((_field, f) => differenceAt(session, f, row) !== null),
    causeKeys: causes.flatMap(({ key }, at) => ((bits & (1 << at)) === 0 ? [] : [key])),
    state: stateOf(session, row, acceptance),
  }
}

function valuesOf(values: Float64Array, row: number, rows: number): CompareRow['old'] {
  return Object.fromEntries(
    COMPARED_FIELDS.map((field, f) => {
      const value = values[f * rows + row]
      return [field, Number.isFinite(value) ? value : null]
    }),
  )
}

/** What a row is at present; null where nothing about it has to be explained. */
function stateOf(session: ComparisonRows, row: number, acceptance: RunAcceptance): CompareRow['state'] {
  const known = session.class[row]
  if (known === RowClass.WithinTolerance || known === RowClass.NotSettled) return null
  const bits = session.causes?.[row] ?? ROW_HAS_OPEN
  return acceptance
    .in(session.symbol, session.sessionDate)
    .stateOfRow((bits & ~ROW_HAS_OPEN) >>> 0, bits >= ROW_HAS_OPEN)
}

class RowFilter {
  readonly #input: RowsInput
  readonly #acceptance: RunAcceptance
  readonly #classes: ReadonlySet<number> | null
  readonly #field: number

  constructor(input: RowsInput, acceptance: RunAcceptance) {
    this.#input = input
    this.#acceptance = acceptance
    const { classes, field } = input
    this.#classes = classes === undefined ? null : new Set(classes.map((name) => ROW_CLASS_NAMES.indexOf(name)))
    this.#field = field === undefined ? -1 : COMPARED_FIELDS.indexOf(fieldOf(field))
  }

  hasSession({ sessionDate }: ComparisonRows): boolean {
    const { from, to } = this.#input
    return (from === undefined || from <= sessionDate) && (to === undefined || sessionDate <= to)
  }

  /** Calls `take` for every row of a session that passes, with what it is ordered by. */
  rowsOf(session: ComparisonRows, take: (row: number, size: number) => void): void {
    const { leastDifference, causeKey, state } = this.#input
    const wantedBits = this.#acceptance
      .causesOf(session.symbol)
      .reduce((bits, { key }, at) => (key === causeKey ? bits | (1 << at) : bits), 0)
    if (causeKey !== undefined && wantedBits === 0) return
    for (let row = 0; row < session.ts.length; row++) {
      if (this.#classes !== null && !this.#classes.has(session.class[row])) continue
      if (wantedBits !== 0 && ((session.causes?.[row] ?? 0) & wantedBits) === 0) continue
      const size = this.#sizeOf(session, row)
      if (size === null) continue
      if (leastDifference !== undefined && !(this.#largest(session, row) >= leastDifference)) continue
      if (state !== undefined && stateOf(session, row, this.#acceptance) !== state) continue
      take(row, size)
    }
  }

  /** What a row is ordered by; null where the field is equal. */
  #sizeOf(session: ComparisonRows, row: number): number | null {
    if (this.#field >= 0) return differenceAt(session, this.#field, row)
    let most = -1
    for (let f = 0; f < COMPARED_FIELDS.length; f++) {
      const difference = differenceAt(session, f, row)
      if (difference === null) continue
      const value = Math.abs(session.oldValues[f * session.ts.length + row])
      most = Math.max(most, value > 0 && value < Infinity ? difference / value : difference)
    }
    return most
  }

  #largest(session: ComparisonRows, row: number): number {
    if (this.#field >= 0) return differenceAt(session, this.#field, row) ?? -1
    let most = -1
    for (let f = 0; f < COMPARED_FIELDS.length; f++) most = Math.max(most, differenceAt(session, f, row) ?? -1)
    return most
  }
}

/** Size of a difference; infinite where one side has no value, null where both have the same or the field was not compared. */
function differenceAt(
  { counts, ts, class: classes, oldValues, newValues }: ComparisonRows,
  f: number,
  row: number,
): number | null {
  // Of a field that only one side has in the session, no value was compared.
  if (counts.fields[COMPARED_FIELDS[f]] === undefined) return null
  if (classes[row] !== RowClass.Different && classes[row] !== RowClass.WithinTolerance) return null
  const a = oldValues[f * ts.length + row]
  const b = newValues[f * ts.length + row]
  if (a === b || (a !== a && b !== b)) return null
  return a !== a || b !== b ? Infinity : Math.abs(b - a)
}
