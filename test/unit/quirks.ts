import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { SymbolTolerances, Tolerances } from '#main/compare/tolerances.ts'
import type { SessionPair } from '#main/compare/causes/cause.ts'
import type { Cause, CauseKind } from '#shared/comparison/cause.ts'
import { createRandom, type Random } from '#main/simulator/markets/random.ts'
import { barsOf } from './bars-fixtures.ts'

export interface QuirkRow {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export interface QuirkDay {
  readonly session: Session
  /** Bars of the session's hours, as the new side has them. */
  readonly fresh: readonly QuirkRow[]
  /** Bars before the open and after the close. */
  readonly outside: readonly QuirkRow[]
  /** What becomes of them on the old side. */
  readonly old: readonly QuirkRow[]
}

type Price = 'open' | 'high' | 'low' | 'close'
type Field = Price | 'volume'
const PRICES: readonly Price[] = ['open', 'high', 'low', 'close']

/** One habit of an old pipeline. Quirks of the same slot would be one and the same cause, or undo each other. */
export interface Quirk {
  readonly name: string
  readonly kind: CauseKind
  readonly slots: readonly string[]
  /** Old pipelines do things in an order: take from a source, convert, round, leave out, fill, label. */
  readonly stage: number
  readonly apply: (days: readonly QuirkDay[], random: Random) => QuirkDay[]
  /** Whether a cause of the kind has the right parameters. */
  readonly isRight: (cause: Cause) => boolean
}

const near = (a: number | null, b: number): boolean => a !== null && Math.abs(a - b) <= 1e-6 * Math.abs(b)

const mapRows = (days: readonly QuirkDay[], map: (row: QuirkRow, day: number) => QuirkRow): QuirkDay[] =>
  days.map((day, index) => ({ ...day, old: day.old.map((row) => map(row, index)) }))

const mapDays = (days: readonly QuirkDay[], map: (day: QuirkDay, index: number) => readonly QuirkRow[]): QuirkDay[] =>
  days.map((day, index) => ({ ...day, old: map(day, index) }))

const mapFields = (row: QuirkRow, fields: readonly Field[], map: (value: number) => number): QuirkRow => ({
  ...row,
  ...Object.fromEntries(fields.map((field) => [field, map(row[field])])),
})

const sameFields = (cause: Cause, fields: readonly Field[]): boolean =>
  cause.scope.fields !== null && [...cause.scope.fields].sort().join() === [...fields].sort().join()

const slotsOf = (what: string, fields: readonly Field[]): string[] => fields.map((field) => `${what} ${field}`)

function shift(minutes: number): Quirk {
  return {
    name: `times ${minutes > 0 ? '+' : ''}${minutes} min`,
    kind: 'time_shift',
    // With an hour more or less on some dates, another hour would be two readings of the same times.
    slots: Math.abs(minutes) > 30 ? ['time', 'dst'] : ['time'],
    stage: 9,
    apply: (days) => mapRows(days, (row) => ({ ...row, ts: row.ts + minutes * 60 })),
    isRight: ({ kind, ...cause }) =>
      kind === 'time_shift' &&
      (cause as { parameters: { seconds: number } }).parameters.seconds === minutes * 60 &&
      cause.scope.dates === null,
  }
}

/** The clock changes on 2024-03-10: sessions before it open at 14:30 UTC. */
const isWinter = (session: Session): boolean => session.openTs % 86_400 === 52_200

function dst(hours: 1 | -1, inWinter: boolean): Quirk {
  return {
    name: `times ${hours > 0 ? '+' : ''}${hours} h in ${inWinter ? 'winter' : 'summer'}`,
    kind: 'dst_shift',
    slots: ['dst'],
    stage: 9,
    apply: (days) =>
      mapDays(days, ({ session, old }) =>
        isWinter(session) === inWinter ? old.map((row) => ({ ...row, ts: row.ts + hours * 3_600 })) : old,
      ),
    isRight: (cause) =>
      cause.kind === 'dst_shift' &&
      cause.parameters.seconds === hours * 3_600 &&
      cause.scope.dates?.length === 1 &&
      (inWinter ? cause.scope.dates[0].to === '2024-03-08' : cause.scope.dates[0].from === '2024-03-11'),
  }
}

function scale(fields: readonly Field[], factor: number, name: string): Quirk {
  return {
    name: `${name} (${fields.length === 4 ? 'prices' : fields.join(', ')} × ${Number(factor.toPrecision(6))})`,
    kind: 'scale',
    slots: [...slotsOf('value', fields), ...(fields[0] === 'volume' ? ['hundreds'] : [])],
    stage: 3,
    apply: (days) => mapRows(days, (row) => mapFields(row, fields, (value) => value * factor)),
    isRight: (cause) => cause.kind === 'scale' && near(cause.parameters.factor, factor) && sameFields(cause, fields),
  }
}

function round(fields: readonly Field[], mode: 'round' | 'floor' | 'float32', quantum: number): Quirk {
  const to = { round: Math.round, floor: Math.floor, float32: Math.fround }[mode]
  return {
    name: `${mode}${mode === 'float32' ? '' : ` to ${quantum}`} (${fields.length === 4 ? 'prices' : fields.join(', ')})`,
    kind: 'rounding',
    // Hundreds of lots are nothing at all for a thin name.
    slots: [
      ...slotsOf('round', fields),
      fields[0] === 'volume' ? (quantum === 100 ? 'hundreds' : 'lots') : `grid ${quantum}`,
    ],
    stage: 4,
    apply: (days) =>
      mapRows(days, (row) =>
        mapFields(row, fields, (value) =>
          mode === 'float32' ? Math.fround(value) : decimal(to(value / quantum), quantum),
        ),
      ),
    isRight: (cause) =>
      cause.kind === 'rounding' &&
      cause.parameters.mode === mode &&
      (mode === 'float32' || near(cause.parameters.quantum, quantum) || near(cause.parameters.oldQuantum, quantum)),
  }
}

/** The double that is nearest to the decimal, as a parser of text gives it. */
const decimal = (steps: number, quantum: number): number => Number((steps * quantum).toFixed(6))

function fill(prices: 'close' | 'row', volume: 'zero' | 'copied'): Quirk {
  return {
    name: `fill forward (${prices}, volume ${volume})`,
    kind: 'forward_fill',
    slots: ['gaps'],
    stage: 6,
    apply: (days) =>
      mapDays(days, ({ session, old }) => {
        const inside = old.filter(({ ts }) => ts >= session.openTs && ts < session.closeTs)
        const at = new Map(old.map((row) => [row.ts, row]))
        const filled = [...old]
        if (inside.length === 0) return filled
        let last = inside[0]
        for (let ts = last.ts; ts < session.closeTs; ts += BAR_SECONDS) {
          const own = at.get(ts)
          if (own !== undefined) {
            last = own
            continue
          }
          const { close } = last
          const flat = { open: close, high: close, low: close, close }
          filled.push({ ...last, ...(prices === 'close' ? flat : {}), ts, volume: volume === 'zero' ? 0 : last.volume })
        }
        return filled.sort((a, b) => a.ts - b.ts)
      }),
    isRight: (cause) =>
      cause.kind === 'forward_fill' && cause.parameters.prices === prices && cause.parameters.volume === volume,
  }
}

function cut(end: 'open' | 'close', count: number): Quirk {
  return {
    name: `${count} bars cut at the ${end}`,
    kind: 'bars_cut',
    slots: [`cut ${end}`],
    stage: 7,
    apply: (days) =>
      mapDays(days, ({ session, old }) => {
        const inside = old.filter(({ ts }) => ts >= session.openTs && ts < session.closeTs)
        const gone = new Set(end === 'open' ? inside.slice(0, count) : inside.slice(-count))
        return old.filter((row) => !gone.has(row))
      }),
    isRight: (cause) => cause.kind === 'bars_cut' && cause.parameters.end === end && cause.parameters.count === count,
  }
}

function adjustment(ratio: number, upTo: number, isSplit: boolean): Quirk {
  return {
    name: `prices${isSplit ? ' and volumes' : ''} adjusted by ${Number(ratio.toPrecision(6))} up to a date`,
    kind: 'adjustment',
    slots: [...slotsOf('value', PRICES), ...(isSplit ? ['value volume', 'volume source'] : [])],
    stage: 2,
    apply: (days) =>
      mapRows(days, (row, day) => {
        if (day >= upTo) return row
        const adjusted = mapFields(row, PRICES, (value) => value * ratio)
        return isSplit ? { ...adjusted, volume: row.volume / ratio } : adjusted
      }),
    isRight: (cause) => {
      if (cause.kind !== 'adjustment' || cause.parameters.periods.length !== 1) return false
      const own = cause.scope.fields?.join() === 'volume' ? 1 / ratio : ratio
      return near(cause.parameters.periods[0].ratio, own)
    },
  }
}

function contract(basis: number, from: number): Quirk {
  return {
    name: `prices ${basis > 0 ? '+' : ''}${basis}${from > 0 ? ' from a date' : ''}`,
    kind: 'other_contract',
    // Rounding to whole ones with a basis of 1.25 is the same as cutting off with one of 1.75.
    slots: [...slotsOf('value', PRICES), ...(Number.isInteger(basis) ? [] : ['grid 1'])],
    stage: 2,
    apply: (days) =>
      mapRows(days, (row, day) => (day < from ? row : mapFields(row, PRICES, (value) => decimal(value + basis, 1)))),
    isRight: (cause) =>
      cause.kind === 'other_contract' && Math.abs(cause.parameters.basis - basis) < 1e-6 && sameFields(cause, PRICES),
  }
}

function vendor(level: number, spread: number): Quirk {
  return {
    name: `volumes of another vendor (× ${level}, spread ${spread})`,
    kind: 'other_volume_source',
    slots: ['value volume', 'round volume', 'volume source'],
    stage: 1,
    apply: (days, random) =>
      mapRows(days, (row) => ({
        ...row,
        volume: Math.max(1, Math.round(row.volume * level * Math.exp(spread * random.normal()))),
      })),
    isRight: (cause) =>
      cause.kind === 'other_volume_source' && Math.abs(Math.log(cause.parameters.medianRatio / level)) < 0.15,
  }
}

const PARTS: readonly Quirk[] = [
  {
    name: 'zero-volume rows dropped',
    kind: 'dropped_zero_volume',
    slots: ['gaps'],
    stage: 5,
    apply: (days) => mapDays(days, ({ old }) => old.filter(({ volume }) => volume !== 0)),
    isRight: () => true,
  },
  ...[0.02, 1].map((share): Quirk => ({
    name: `${share === 1 ? 'all' : 'some'} rows twice`,
    kind: 'duplicate_rows',
    slots: ['twice'],
    stage: 8,
    apply: (days, random) =>
      mapDays(days, ({ old }) => old.flatMap((row) => (random.uniform() < share ? [row, row] : [row]))),
    isRight: () => true,
  })),
  {
    name: 'extended hours mixed in',
    kind: 'extended_hours',
    slots: ['extended'],
    stage: 0,
    apply: (days) => mapDays(days, ({ old, outside }) => [...old, ...outside].sort((a, b) => a.ts - b.ts)),
    isRight: (cause) =>
      cause.kind === 'extended_hours' && cause.parameters.beforeOpen + cause.parameters.afterClose > 0,
  },
  ...[1, 3].map((every): Quirk => ({
    name: `last bar unfinished in ${every === 1 ? 'every session' : `one of ${every} sessions`}`,
    kind: 'unfinished_last_bar',
    slots: ['unfinished'],
    stage: 0.5,
    apply: (days, random) =>
      mapDays(days, ({ session, old }, index) => {
        if (index % every !== 0) return old
        const inside = old.filter(({ ts }) => ts >= session.openTs && ts < session.closeTs)
        return old.map((row) => (row === inside.at(-1) ? unfinished(row, random) : row))
      }),
    isRight: () => true,
  })),
]

function unfinished(row: QuirkRow, random: Random): QuirkRow {
  const steps = Math.round((row.high - row.low) / 0.01)
  const close = decimal(Math.round(row.low / 0.01) + random.between(0, Math.max(0, steps)), 0.01)
  const inRange = Math.min(row.high, Math.max(row.low, close))
  return {
    ...row,
    close: inRange,
    high: Math.max(row.open, inRange),
    low: Math.min(row.open, inRange),
    volume: Math.floor(row.volume * (0.2 + 0.6 * random.uniform())),
  }
}

/** Every quirk, several parameters each. */
export const QUIRKS: readonly Quirk[] = [
  ...[1, -1, 60, -60, 300, 61, 7, -23, 240].map(shift),
  dst(1, true),
  dst(-1, false),
  dst(1, false),
  scale(['volume'], 1 / 100, 'lots'),
  scale(['volume'], 100, 'volume of lots taken for shares'),
  scale(['volume'], 1.37, 'another constant'),
  scale(PRICES, 100, 'cents'),
  scale(PRICES, 1 / 4, 'split not seen'),
  scale(PRICES, 7 / 3, 'odd split'),
  scale(PRICES, 0.91347, 'another currency'),
  scale(['close'], 0.987, 'only the close'),
  round(PRICES, 'round', 0.01),
  round(PRICES, 'floor', 0.01),
  round(PRICES, 'round', 0.05),
  round(PRICES, 'floor', 0.05),
  round(PRICES, 'round', 1),
  round(PRICES, 'float32', 0),
  round(['volume'], 'round', 1),
  round(['volume'], 'round', 100),
  round(['volume'], 'floor', 100),
  fill('close', 'zero'),
  fill('close', 'copied'),
  fill('row', 'copied'),
  fill('row', 'zero'),
  cut('open', 1),
  cut('open', 5),
  cut('close', 1),
  cut('close', 3),
  adjustment(0.9952, 24, false),
  adjustment(1 / 4, 20, true),
  contract(1.25, 0),
  contract(-13, 0),
  contract(3.75, 25),
  vendor(0.8, 0.2),
  vendor(1.1, 0.4),
  ...PARTS,
]

/** Applies quirks in the order in which an old pipeline would. */
export function applyQuirks(days: readonly QuirkDay[], quirks: readonly Quirk[], seed: number): QuirkDay[] {
  return [...quirks]
    .sort((a, b) => a.stage - b.stage)
    .reduce((current, quirk) => quirk.apply(current, createRandom(seed, 'quirk', quirk.name)), [...days])
}

export function canCombine(a: Quirk, b: Quirk): boolean {
  return !a.slots.some((slot) => b.slots.includes(slot))
}

/** Minutes without trades as rows without volume, on both sides. */
export function withZeroVolumeRows(days: readonly QuirkDay[]): QuirkDay[] {
  const [filled] = [fill('close', 'zero').apply(days, createRandom(1))]
  return filled.map((day) => ({ ...day, fresh: day.old }))
}

export function pairsOf(days: readonly QuirkDay[]): SessionPair[] {
  return days.map(({ session, fresh, old }) => ({ session, fresh: barsOf(fresh), old: plainBars(old) }))
}

/** Bars without vwap and trade count, as most old pipelines have them. */
export function plainBars(rows: readonly QuirkRow[]): BarColumns {
  const bars = barsOf(rows)
  bars.vwap.fill(NaN)
  bars.tradeCount.fill(NaN)
  return bars
}

/** Number of (minute, field) and of rows in which two old sides differ beyond the tolerances. */
export function countChanged(a: readonly QuirkDay[], b: readonly QuirkDay[], tolerances: Tolerances): number {
  let changed = 0
  a.forEach(({ old }, index) => {
    const other = b[index].old
    const at = new Map(other.map((row) => [row.ts, row]))
    const own = new Set(old.map(({ ts }) => ts))
    let missing = other.filter(({ ts }) => !own.has(ts)).length
    for (const row of old) {
      const twin = at.get(row.ts)
      if (twin === undefined) missing++
      else {
        for (const field of [...PRICES, 'volume'] as const) {
          const { abs, rel } = tolerances[field]
          // The last digits of a double are nobody's habit.
          if (Math.abs(row[field] - twin[field]) > abs + (rel + 1e-11) * Math.abs(row[field])) changed++
        }
      }
    }
    changed += Math.max(missing, Math.abs(old.length - other.length))
  })
  return changed
}

/** The same in every part of a session. */
export const everywhere = (tolerances: Tolerances): SymbolTolerances => ({
  open: tolerances,
  middle: tolerances,
  close: tolerances,
  openMinutes: 0,
  closeMinutes: 0,
})
