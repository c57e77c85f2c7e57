import type { Session } from '#shared/calendar/calendar.ts'
import { COMPARED_FIELDS, OPTIONAL_FIELDS } from '#shared/config/comparison-config.ts'
import { isWithin } from '../block-comparer.ts'
import type { SymbolTolerances } from '../tolerances.ts'
import type { SessionPair, SupersededRow } from './cause.ts'
import { type OldRows, orderRows, type Rows } from './old-rows.ts'
import { RowLimits } from './row-limits.ts'

const FIELDS = COMPARED_FIELDS.length
/** Bits 0 to 6 of a minute's marks: the field is different; bits 8 to 14: it is null on one side. */
export const NULL_BITS = 8
/** The minute is on one side only. */
export const ONE_SIDE = 1 << 16

/** One session with its old rows moved back in time, before anything else is undone. */
export interface AlignedSession {
  readonly index: number
  readonly session: Session
  /** Rows that lie in this session's hours after the shift, and those handed over with it that lie in none. */
  readonly old: Rows
  /** For each of them 1 when its minute was on the old side only before the shift. */
  readonly oldOnly: Uint8Array
  readonly fresh: Rows
  /** What is different about each new minute before the shift: bits of fields, {@link NULL_BITS}, {@link ONE_SIDE}. */
  readonly marks: Int32Array
  /** As handed over with this session. */
  readonly received: OldRows
  /** Sessions (indices) that the old rows were handed over with. */
  readonly origins: readonly number[]
  /** The same for each of the old rows. */
  readonly originOf: Int32Array
  /** Their times before the shift. */
  readonly receivedTs: Float64Array
}

interface Part {
  readonly index: number
  readonly pair: SessionPair
  readonly received: OldRows
  readonly fresh: Rows
  readonly marks: Int32Array
  readonly oldOnly: Uint8Array
  /** Old times moved back. */
  readonly ts: Float64Array
}

/** Whether a bar that starts at `ts` is one of the session. */
export function isInHours({ openTs, closeTs, breakStartTs, breakEndTs }: Session, ts: number): boolean {
  if (!(ts >= openTs && ts < closeTs)) return false
  return breakStartTs === null || breakEndTs === null || ts < breakStartTs || ts >= breakEndTs
}

/**
 * Walks the sessions in order, each with the old rows that belong to it once session i's are moved `shifts[i]` seconds back. A
 * row that comes to lie in the hours of the session before or after goes there: where sessions follow each other without a pause,
 * a label shift moves bars across. Holds at most three sessions at a time.
 */
export function* alignSessions(
  sessions: Iterable<SessionPair>,
  hours: readonly Session[],
  shifts: Float64Array,
  tolerances: SymbolTolerances,
): Generator<AlignedSession> {
  const limits = new RowLimits(tolerances)
  let before: Part | null = null
  let current: Part | null = null
  let index = 0
  for (const pair of sessions) {
    const next = partOf(index, pair, shifts[index], limits)
    if (current !== null) yield join(before, current, next, hours, shifts)
    before = current
    current = next
    index++
  }
  if (current !== null) yield join(before, current, null, hours, shifts)
}

function partOf(index: number, pair: SessionPair, shift: number, limits: RowLimits): Part {
  const ordered = withSuperseded(orderRows(pair.old), pair.superseded ?? [])
  const [received, fresh] = withoutOneSidedFields(ordered, orderRows(pair.fresh))
  const { marks, oldOnly } = markDifferences(received, fresh, pair.session, limits)
  const ts = shift === 0 ? received.ts : received.ts.map((value) => value - shift)
  return { index, pair, received, fresh, marks, oldOnly, ts }
}

function withSuperseded(rows: OldRows, gone: readonly SupersededRow[]): OldRows {
  if (gone.length === 0) return rows
  const places = new Map<number, number>()
  rows.ts.forEach((ts, i) => places.set(ts, i))
  const more = gone.flatMap(({ ts, isCopy }) => {
    const kept = places.get(ts)
    return kept === undefined ? [] : [{ kept, values: rows.fields.map((column) => column[kept]), isCopy }]
  })
  return { ...rows, superseded: [...rows.superseded, ...more] }
}

/** Takes out the optional fields that one side has no value of in the session: they are not compared. */
function withoutOneSidedFields(old: OldRows, fresh: Rows): [OldRows, Rows] {
  const isLeftOut = COMPARED_FIELDS.map(
    (field, f) => OPTIONAL_FIELDS.includes(field) && !(old.fields[f].some(isNumber) && fresh.fields[f].some(isNumber)),
  )
  if (!isLeftOut.includes(true)) return [old, fresh]
  const without = ({ ts, fields }: Rows): readonly Float64Array[] =>
    fields.map((column, f) => (isLeftOut[f] ? new Float64Array(ts.length).fill(NaN) : column))
  return [
    { ...old, fields: without(old) },
    { ...fresh, fields: without(fresh) },
  ]
}

function isNumber(value: number): boolean {
  return value === value
}

/** The differences as they are when nothing is undone. */
function markDifferences(
  old: Rows,
  fresh: Rows,
  session: Session,
  limits: RowLimits,
): { marks: Int32Array; oldOnly: Uint8Array } {
  const marks = new Int32Array(fresh.ts.length)
  const oldOnly = new Uint8Array(old.ts.length)
  let i = 0
  for (let j = 0; j < fresh.ts.length; j++) {
    while (i < old.ts.length && old.ts[i] < fresh.ts[j]) oldOnly[i++] = 1
    if (i === old.ts.length || old.ts[i] !== fresh.ts[j]) {
      marks[j] = ONE_SIDE
      continue
    }
    const allowed = limits.at(session, fresh.ts[j])
    for (let f = 0; f < FIELDS; f++) {
      const a = old.fields[f][i]
      const b = fresh.fields[f][j]
      if (a === b || (a !== a && b !== b)) continue
      if (a !== a || b !== b) marks[j] |= (1 << f) | (1 << (f + NULL_BITS))
      else if (!isWithin(a, b, allowed[f].abs, allowed[f].rel)) marks[j] |= 1 << f
    }
    i++
  }
  while (i < old.ts.length) oldOnly[i++] = 1
  return { marks, oldOnly }
}

/** Where a row goes: -1, 0 or 1 sessions on. */
function placeOf(part: Part, row: number, hours: readonly Session[]): number {
  const ts = part.ts[row]
  const { index } = part
  if (isInHours(hours[index], ts)) return 0
  if (index > 0 && isInHours(hours[index - 1], ts)) return -1
  return index + 1 < hours.length && isInHours(hours[index + 1], ts) ? 1 : 0
}

function join(
  before: Part | null,
  current: Part,
  next: Part | null,
  hours: readonly Session[],
  shifts: Float64Array,
): AlignedSession {
  const { index, pair, received, fresh, marks } = current
  const rest = { index, session: pair.session, fresh, marks, received }
  const chosen: { part: Part; row: number }[] = []
  const choose = (part: Part | null, place: number): void => {
    if (part === null || (shifts[part.index] === 0 && place !== 0)) return
    for (let row = 0; row < part.ts.length; row++) {
      if (shifts[part.index] === 0 || placeOf(part, row, hours) === place) chosen.push({ part, row })
    }
  }
  const isMoved = [before, current, next].some(
    (part) => part !== null && shifts[part.index] !== 0 && reachesOver(part, hours),
  )
  if (!isMoved) {
    const old = { ts: current.ts, fields: received.fields }
    const originOf = new Int32Array(old.ts.length).fill(index)
    return { ...rest, old, oldOnly: current.oldOnly, origins: [index], originOf, receivedTs: received.ts }
  }
  choose(before, 1)
  choose(current, 0)
  choose(next, -1)
  chosen.sort((a, b) => a.part.ts[a.row] - b.part.ts[b.row])
  return {
    ...rest,
    old: {
      ts: Float64Array.from(chosen, ({ part, row }) => part.ts[row]),
      fields: COMPARED_FIELDS.map((_field, f) =>
        Float64Array.from(chosen, ({ part, row }) => part.received.fields[f][row]),
      ),
    },
    oldOnly: Uint8Array.from(chosen, ({ part, row }) => part.oldOnly[row]),
    origins: [...new Set([index, ...chosen.map(({ part }) => part.index)])],
    originOf: Int32Array.from(chosen, ({ part }) => part.index),
    receivedTs: Float64Array.from(chosen, ({ part, row }) => part.received.ts[row]),
  }
}

/** Whether any row may belong to a neighbour; most sessions are days apart. */
function reachesOver({ index, ts }: Part, hours: readonly Session[]): boolean {
  if (ts.length === 0) return false
  const isBefore = index > 0 && ts[0] < hours[index - 1].closeTs
  return isBefore || (index + 1 < hours.length && ts[ts.length - 1] >= hours[index + 1].openTs)
}
