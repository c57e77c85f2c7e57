import type { z } from 'zod'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { CompareRow, compareRowsInputSchema, compareRowsSchema } from '#shared/contract/causes.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { ROW_CLASS_NAMES, RowClass } from '#main/compare/compare-session.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { type ComparisonRows, ROW_HAS_OPEN } from '#main/stores/comparison-store.ts'
import { RunAcceptance } from './comparison-causes.ts'
import { fieldOf } from './comparison-runs.ts'

type RowsInput = z.infer<typeof compareRowsInputSchema>

/** A row that passed the filter: where it stands, and what it is ordered by. */
interface Match {
  readonly session: number
  readonly row: number
  readonly size: number
}

/** More matches than this are not kept apart: a table is read from its top. */
const MOST_MATCHES = 1_000_000

/**
 * A page of the rows of a run that are not plainly equal and pass the filter. Largest first: by the difference in `field`, else by
 * the largest relative difference of any field; minutes on one side only have none and come last.
 *
 * @throws {SwitchyardError} NOT_FOUND without such a run, BAD_ARGUMENTS for an unknown field or a page beyond a million rows.
 */
export function compareRowsOf(engine: Engine, input: RowsInput): z.infer<typeof compareRowsSchema> {
  const { comparisons } = engine.stores
  const acceptance = new RunAcceptance(engine, input.runId)
  const matching = new RowFilter(input, acceptance)
  const sessions: { readonly symbol: string; readonly sessionDate: string }[] = []
  let matches: Match[] = []
  let total = 0
  const isByTime = input.order === 'time'
  const wanted = input.offset + input.limit
  if (wanted > MOST_MATCHES) {
    throw new SwitchyardError('BAD_ARGUMENTS', `The page ends beyond row ${MOST_MATCHES}.`, {
      hint: 'Filter the rows, or export all of them.',
    })
  }
  for (const symbol of selectedSymbols(input, acceptance)) {
    for (const session of comparisons.rows(input.runId, symbol)) {
      if (!matching.hasSession(session)) continue
      const place = sessions.push({ symbol, sessionDate: session.sessionDate }) - 1
      for (const { row, size } of matching.rowsOf(session)) {
        total++
        if (!isByTime || matches.length < wanted) matches.push({ session: place, row, size })
      }
      // Only the first ones can be on the page.
      if (!isByTime && matches.length > 4 * wanted + 10_000) {
        matches = matches.sort(bySize).slice(0, wanted)
      }
    }
  }
  if (!isByTime) matches.sort(bySize)
  const page = matches.slice(input.offset, wanted)
  return { total, rows: readRows(engine, input.runId, sessions, page, acceptance) }
}

function bySize(a: Match, b: Match): number {
  return b.size - a.size || a.session - b.session || a.row - b.row
}

function selectedSymbols({ symbols }: RowsInput, acceptance: RunAcceptance): readonly string[] {
  const all = [...acceptance.causes.keys()]
  return symbols === undefined ? all : all.filter((symbol) => symbols.includes(symbol))
}

function readRows(
  engine: Engine,
  runId: string,
  sessions: readonly { readonly symbol: string; readonly sessionDate: string }[],
  page: readonly Match[],
  acceptance: RunAcceptance,
): CompareRow[] {
  const rows = new Map<number, ComparisonRows>()
  return page.map(({ session: place, row }) => {
    const { symbol, sessionDate } = sessions[place]
    let session = rows.get(place)
    if (session === undefined) {
      session = engine.stores.comparisons.sessionRows(runId, symbol, sessionDate)
      rows.set(place, session)
    }
    const causes = acceptance.causesOf(symbol)
    const bits = session.causes?.[row] ?? 0
    return {
      symbol,
      sessionDate,
      ts: session.ts[row],
      class: ROW_CLASS_NAMES[session.class[row]],
      old: valuesOf(session.oldValues, row, session.ts.length),
      fresh: valuesOf(session.newValues, row, session.ts.length),
      causeKeys: causes.flatMap(({ key }, at) => ((bits & (1 << at)) === 0 ? [] : [key])),
      state: stateOf(session, row, acceptance),
    }
  })
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

  *rowsOf(session: ComparisonRows): Generator<{ readonly row: number; readonly size: number }> {
    const { leastDifference, causeKey, state } = this.#input
    const causes = this.#acceptance.causesOf(session.symbol)
    const wantedBit = causeKey === undefined ? 0 : 1 << causes.findIndex(({ key }) => key === causeKey)
    if (causeKey !== undefined && !causes.some(({ key }) => key === causeKey)) return
    for (let row = 0; row < session.ts.length; row++) {
      if (this.#classes !== null && !this.#classes.has(session.class[row])) continue
      if (wantedBit !== 0 && ((session.causes?.[row] ?? 0) & wantedBit) === 0) continue
      const size = this.#sizeOf(session, row)
      if (this.#field >= 0 && size === null) continue
      if (leastDifference !== undefined && !(this.#largest(session, row) >= leastDifference)) continue
      if (state !== undefined && stateOf(session, row, this.#acceptance) !== state) continue
      yield { row, size: size ?? -1 }
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
      most = Math.max(most, value > 0 ? difference / value : difference)
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

/** Size of a difference; infinite where one side has no value, null where both have the same. */
function differenceAt(
  { ts, class: classes, oldValues, newValues }: ComparisonRows,
  f: number,
  row: number,
): number | null {
  if (classes[row] !== RowClass.Different && classes[row] !== RowClass.WithinTolerance) return null
  const a = oldValues[f * ts.length + row]
  const b = newValues[f * ts.length + row]
  if (a === b || (a !== a && b !== b)) return null
  return a !== a || b !== b ? Infinity : Math.abs(b - a)
}
