import type { Session } from '#shared/calendar/calendar.ts'
import type { RuleId } from '#shared/quality/rule-catalogue.ts'
import type { ResponseScale } from '#shared/raw-response.ts'
import type { Random } from '#main/simulator/markets/random.ts'
import type { TransformInput } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import type { SymbolNormal } from './symbol-normal.ts'

/** A bar with all its values. */
export interface Row {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly vwap: number
  readonly tradeCount: number
}

/** A good session and what a fault may be measured by. */
export interface CleanSession {
  readonly session: Session
  /** At least ten, ascending, inside the session. */
  readonly rows: readonly Row[]
  readonly facts: TransformInput['facts']
  readonly normal: SymbolNormal
}

/** A session with one fault in it. */
export interface Faulty {
  readonly responses: readonly { readonly rows: readonly Row[]; readonly scale?: ResponseScale }[]
  readonly facts: TransformInput['facts']
  /** First and last minute that a finding about it must touch. */
  readonly from: number
  readonly to: number
  /** What prices and volumes of later sessions are multiplied by, where the fault is a change that stays. */
  readonly level?: { readonly price: number; readonly volume: number }
}

export interface FaultKind {
  readonly name: string
  /** The rule that must find it. */
  readonly rule: RuleId
  /** What is true of the session as well once the fault is in it. */
  readonly also?: readonly RuleId[]
  /** The fault at a random place; undefined where the session has none for it. */
  readonly inject: (clean: CleanSession, random: Random) => Faulty | undefined
}

export const cents = (price: number): number => Math.round(price * 100) / 100

/** A session of which some rows are replaced. */
export function withRows(clean: CleanSession, rows: readonly Row[], from: number, to = from): Faulty {
  return { responses: [{ rows }], facts: clean.facts, from, to }
}

/** One row of the middle of the session changed. */
export function oneRow(change: (row: Row, random: Random) => Partial<Row>): FaultKind['inject'] {
  return (clean, random) => {
    const at = random.between(1, clean.rows.length - 2)
    const row = clean.rows[at]
    return withRows(clean, clean.rows.with(at, { ...row, ...change(row, random) }), row.ts)
  }
}

const sign = (random: Random): 1 | -1 => (random.uniform() < 0.5 ? 1 : -1)
export const pick = <T>(random: Random, values: readonly T[]): T => values[random.between(0, values.length - 1)]

/** Factor of a wrong price that is `times` as far out as the normal of the minute allows; the built-in rules allow 12 of its scales. */
export function wrongFactor(clean: CleanSession, at: number, times: number, random: Random): number | undefined {
  const { rows, normal, session } = clean
  const scale = normal.returnScale((rows[at].ts - session.openTs) / 60)
  if (Number.isNaN(scale)) return undefined
  const minutes = at === 0 ? 1 : (rows[at].ts - rows[at - 1].ts) / 60
  const size = times * Math.max(0.002, 0.05 / rows[at].close, 12 * scale * Math.sqrt(minutes))
  return size > 0.6 ? undefined : 1 + sign(random) * size
}

/** A row whose neighbours are not among the largest moves themselves, so that the fault is what its size says. */
export function calmRow(clean: CleanSession, random: Random): number | undefined {
  const { rows, normal, session } = clean
  for (let tries = 0; tries < 50; tries++) {
    const at = random.between(1, rows.length - 2)
    const scale = normal.returnScale((rows[at].ts - session.openTs) / 60)
    const around = Math.max(rows[at - 1].close, rows[at].close, rows[at + 1].close)
    const below = Math.min(rows[at - 1].close, rows[at].close, rows[at + 1].close)
    const minutes = (rows[at + 1].ts - rows[at - 1].ts) / 60
    if (around / below - 1 < 4 * scale * Math.sqrt(minutes)) return at
  }
  return undefined
}

export function badClose(times: number | 'x10' | '/100'): FaultKind['inject'] {
  return (clean, random) => {
    const at = calmRow(clean, random)
    if (at === undefined) return undefined
    const row = clean.rows[at]
    const factor = times === 'x10' ? 10 : times === '/100' ? 0.01 : wrongFactor(clean, at, times, random)
    if (factor === undefined) return undefined
    // One that the next bar does not take back is a move.
    if (Math.abs(clean.rows[at + 1].close / clean.rows[at - 1].close - 1) > 0.3 * Math.abs(factor - 1)) return undefined
    const close = cents(clean.rows[at - 1].close * factor)
    const changed = { ...row, close, high: Math.max(row.high, close), low: Math.min(row.low, close) }
    return withRows(clean, clean.rows.with(at, changed), row.ts)
  }
}

export function badRange(side: 'high' | 'low', times: number): FaultKind['inject'] {
  return (clean, random) => {
    const at = calmRow(clean, random)
    if (at === undefined) return undefined
    const row = clean.rows[at]
    const factor = wrongFactor(clean, at, times, random)
    if (factor === undefined) return undefined
    const size = Math.abs(factor - 1)
    const edges = [row.open, row.close, clean.rows[at - 1].close]
    const changed =
      side === 'high'
        ? { ...row, high: cents(Math.max(...edges) * (1 + size) + 0.01) }
        : { ...row, low: cents(Math.min(...edges) * (1 - size) - 0.01) }
    return withRows(clean, clean.rows.with(at, changed), row.ts)
  }
}

/** Rows `at` to `at + count - 1` of consecutive minutes, not at either end. */
function consecutive(clean: CleanSession, count: number, random: Random): number | undefined {
  const { rows } = clean
  for (let tries = 0; tries < 50; tries++) {
    const at = random.between(1, Math.max(1, rows.length - count - 1))
    if (at + count < rows.length && rows[at + count - 1].ts - rows[at].ts === 60 * (count - 1)) return at
  }
  return undefined
}

export function run(
  limit: (normal: SymbolNormal) => number,
  change: (first: Row, row: Row) => Row,
): FaultKind['inject'] {
  return (clean, random) => {
    const count = limit(clean.normal) + random.between(0, 10)
    const at = consecutive(clean, count, random)
    if (at === undefined) return undefined
    const first = clean.rows[at]
    const rows = clean.rows.map((row, i) => (i >= at && i < at + count ? change(first, row) : row))
    return withRows(clean, rows, first.ts, rows[at + count - 1].ts)
  }
}

/** The session without some rows of consecutive minutes. */
export function without(
  count: (random: Random) => number,
  facts: Partial<TransformInput['facts']> = {},
  isPossible: (clean: CleanSession) => boolean = isBusy,
): FaultKind['inject'] {
  return (clean, random) => {
    if (!isPossible(clean)) return undefined
    const minutes = count(random)
    const at = consecutive(clean, minutes, random)
    if (at === undefined) return undefined
    const rows = clean.rows.filter((_row, i) => i < at || i >= at + minutes)
    return {
      ...withRows(clean, rows, clean.rows[at].ts, clean.rows[at].ts + 60 * (minutes - 1)),
      facts: { ...clean.facts, ...facts },
    }
  }
}

const minutesOf = ({ openTs, closeTs }: Session): number => (closeTs - openTs) / 60
export const isBusy = ({ rows, session }: CleanSession): boolean => rows.length >= 0.995 * minutesOf(session)

export function scaleRow(row: Row, price: number, volume: number): Row {
  const high = cents(row.high * price)
  const low = cents(row.low * price)
  return {
    ...row,
    open: cents(row.open * price),
    high,
    low,
    close: cents(row.close * price),
    vwap: row.vwap > 0 ? Math.min(high, Math.max(low, row.vwap * price)) : row.vwap,
    volume: Math.max(row.volume > 0 ? 1 : 0, Math.round(row.volume * volume)),
  }
}
export const leveled = (rows: readonly Row[], level: { readonly price: number; readonly volume: number }): Row[] =>
  rows.map((row) => scaleRow(row, level.price, level.volume))

/** From this session on. */
export function level(price: number, volume: number, clean: CleanSession): Faulty {
  const rows = leveled(clean.rows, { price, volume })
  const { dailyBar } = clean.facts
  const daily =
    dailyBar === null
      ? null
      : {
          ...dailyBar,
          high: Math.max(...rows.map(({ high }) => high)),
          low: Math.min(...rows.map(({ low }) => low)),
          volume: rows.reduce((sum, row) => sum + row.volume, 0),
        }
  return {
    ...withRows(clean, rows, rows[0].ts),
    facts: { ...clean.facts, dailyBar: daily },
    level: { price, volume },
  }
}

export const revised = (change: (row: Row, random: Random) => Partial<Row>): FaultKind['inject'] => {
  return (clean, random) => {
    const count = random.between(1, 5)
    const at = random.between(0, clean.rows.length - count)
    const later = clean.rows.slice(at, at + count).map((row) => ({ ...row, ...change(row, random) }))
    return {
      ...withRows(clean, clean.rows, later[0].ts, later[count - 1].ts),
      responses: [{ rows: clean.rows }, { rows: later }],
    }
  }
}

export const daily = (
  change: (bar: NonNullable<TransformInput['facts']['dailyBar']>) => object,
): FaultKind['inject'] => {
  return (clean) => {
    const { dailyBar } = clean.facts
    if (dailyBar === null) return undefined
    return {
      ...withRows(clean, clean.rows, clean.session.openTs, clean.session.closeTs),
      facts: { ...clean.facts, dailyBar: { ...dailyBar, ...change(dailyBar) } },
    }
  }
}

export const hours = (change: (session: Session) => TransformInput['facts']['brokerHours']): FaultKind['inject'] => {
  return (clean) => ({
    ...withRows(clean, clean.rows, clean.session.openTs, clean.session.closeTs),
    facts: { ...clean.facts, brokerHours: change(clean.session) },
  })
}
