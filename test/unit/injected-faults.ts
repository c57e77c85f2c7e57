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

const cents = (price: number): number => Math.round(price * 100) / 100

/** A session of which some rows are replaced. */
function withRows(clean: CleanSession, rows: readonly Row[], from: number, to = from): Faulty {
  return { responses: [{ rows }], facts: clean.facts, from, to }
}

/** One row of the middle of the session changed. */
function oneRow(change: (row: Row, random: Random) => Partial<Row>): FaultKind['inject'] {
  return (clean, random) => {
    const at = random.between(1, clean.rows.length - 2)
    const row = clean.rows[at]
    return withRows(clean, clean.rows.with(at, { ...row, ...change(row, random) }), row.ts)
  }
}

const sign = (random: Random): 1 | -1 => (random.uniform() < 0.5 ? 1 : -1)
const pick = <T>(random: Random, values: readonly T[]): T => values[random.between(0, values.length - 1)]

/** Factor of a wrong price that is `times` as far out as the normal of the minute allows; the built-in rules allow 12 of its scales. */
function wrongFactor(clean: CleanSession, at: number, times: number, random: Random): number | undefined {
  const { rows, normal, session } = clean
  const scale = normal.returnScale((rows[at].ts - session.openTs) / 60)
  if (Number.isNaN(scale)) return undefined
  const minutes = at === 0 ? 1 : (rows[at].ts - rows[at - 1].ts) / 60
  const size = times * Math.max(0.002, 0.05 / rows[at].close, 12 * scale * Math.sqrt(minutes))
  return size > 0.6 ? undefined : 1 + sign(random) * size
}

/** A row whose neighbours are not among the largest moves themselves, so that the fault is what its size says. */
function calmRow(clean: CleanSession, random: Random): number | undefined {
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

function badClose(times: number | 'x10' | '/100'): FaultKind['inject'] {
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

function badRange(side: 'high' | 'low', times: number): FaultKind['inject'] {
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

function run(limit: (normal: SymbolNormal) => number, change: (first: Row, row: Row) => Row): FaultKind['inject'] {
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
function without(
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
const isBusy = ({ rows, session }: CleanSession): boolean => rows.length >= 0.995 * minutesOf(session)

function scaleRow(row: Row, price: number, volume: number): Row {
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
function level(price: number, volume: number, clean: CleanSession): Faulty {
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

const revised = (change: (row: Row, random: Random) => Partial<Row>): FaultKind['inject'] => {
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

const daily = (change: (bar: NonNullable<TransformInput['facts']['dailyBar']>) => object): FaultKind['inject'] => {
  return (clean) => {
    const { dailyBar } = clean.facts
    if (dailyBar === null) return undefined
    return {
      ...withRows(clean, clean.rows, clean.session.openTs, clean.session.closeTs),
      facts: { ...clean.facts, dailyBar: { ...dailyBar, ...change(dailyBar) } },
    }
  }
}

const hours = (change: (session: Session) => TransformInput['facts']['brokerHours']): FaultKind['inject'] => {
  return (clean) => ({
    ...withRows(clean, clean.rows, clean.session.openTs, clean.session.closeTs),
    facts: { ...clean.facts, brokerHours: change(clean.session) },
  })
}

/** A bar that is gone, or has lost its volume, may have been the highest, the lowest or the busiest of the day. */
const LOST: readonly RuleId[] = ['daily_bar_mismatch']

/** All kinds of faults; every rule is to find at least one. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...([1.3, 2, 5, 'x10', '/100'] as const).map((times): FaultKind => ({
    name: `bad close, ${times}`,
    rule: 'bad_tick',
    also: ['daily_bar_mismatch'],
    inject: badClose(times),
  })),
  ...(['high', 'low'] as const).flatMap((side) =>
    [1.1, 3].map((times): FaultKind => ({
      name: `bad ${side}, ${times}`,
      rule: 'bad_tick',
      also: ['daily_bar_mismatch'],
      inject: badRange(side, times),
    })),
  ),
  {
    name: 'wrong first print',
    rule: 'bad_tick',
    also: ['daily_bar_mismatch', 'open_gap'],
    inject: (clean, random) => {
      const { rows, normal } = clean
      const factor = wrongFactor(clean, 0, 3, random)
      if (factor === undefined || Number.isNaN(normal.previousClose)) return undefined
      // Only where the night was calm does a first print stand out from both sides.
      if (Math.abs(rows[0].close / normal.previousClose - 1) > 0.3 * Math.abs(factor - 1)) return undefined
      const edge = factor > 1 ? Math.max : Math.min
      const open = cents(edge(rows[0].close, normal.previousClose) * factor)
      const row = { ...rows[0], open, high: Math.max(rows[0].high, open), low: Math.min(rows[0].low, open) }
      return withRows(clean, rows.with(0, row), row.ts)
    },
  },
  {
    name: 'move that stays',
    rule: 'price_move',
    also: ['daily_bar_mismatch'],
    inject: (clean, random) => {
      const at = calmRow(clean, random)
      if (at === undefined) return undefined
      const price = wrongFactor(clean, at, pick(random, [1.5, 2, 4]), random)
      if (price === undefined) return undefined
      const rows = clean.rows.map((row, i) => (i < at ? row : scaleRow(row, price, 1)))
      return { ...withRows(clean, rows, rows[at].ts), level: { price, volume: 1 } }
    },
  },
  {
    name: 'bad close in the last bar',
    rule: 'price_move',
    also: ['daily_bar_mismatch'],
    inject: (clean, random) => {
      const at = clean.rows.length - 1
      const factor = wrongFactor(clean, at, 2, random)
      if (factor === undefined) return undefined
      const row = clean.rows[at]
      const close = cents(row.close * factor)
      const changed = { ...row, close, high: Math.max(row.high, close), low: Math.min(row.low, close) }
      return withRows(clean, clean.rows.with(at, changed), row.ts)
    },
  },
  {
    name: 'stale run',
    rule: 'stale_price',
    // When it ends the price comes back all at once.
    also: ['price_move', 'daily_bar_mismatch'],
    inject: run(
      ({ staleRun }) => (Number.isNaN(staleRun) ? 12 : Math.max(4, Math.floor(3 * staleRun) + 1)),
      // Not flat, which would be another rule's business.
      (first, row) => ({ ...first, ts: row.ts, high: Math.max(first.high, first.low + 0.01) }),
    ),
  },
  {
    name: 'flat run',
    rule: 'flat_run',
    // When it ends the price comes back all at once, and high or low of the day may have been in it.
    also: ['price_move', 'daily_bar_mismatch', 'vwap_outside_range'],
    inject: run(
      ({ flatRun }) => (Number.isNaN(flatRun) ? 60 : Math.max(20, Math.floor(3 * flatRun) + 1)),
      (first, { ts, volume, tradeCount, vwap }) => ({
        ...first,
        open: first.close,
        high: first.close,
        low: first.close,
        ts,
        volume,
        tradeCount,
        vwap: vwap > 0 ? first.close : vwap,
      }),
    ),
  },
  {
    name: 'run without volume',
    rule: 'zero_volume_run',
    also: LOST,
    inject: run(
      ({ zeroVolumeRun }) => (Number.isNaN(zeroVolumeRun) ? 30 : Math.max(10, Math.floor(3 * zeroVolumeRun) + 1)),
      (_first, row) => ({ ...row, volume: 0, tradeCount: Math.min(row.tradeCount, 0) }),
    ),
  },
  {
    name: 'price off the grid',
    rule: 'tick_size',
    inject: oneRow(({ open, close, low, high }) => {
      // A third of a tick away, towards the other price, so that high and low hold.
      const moved = close + (close > low ? -0.0033 : 0.0033)
      return { close: moved, low: Math.min(low, moved), high: Math.max(high, moved, open) }
    }),
  },
  {
    name: 'fraction of a share',
    rule: 'volume_fractional',
    inject: oneRow(({ volume }, random) => ({ volume: volume + pick(random, [0.5, 0.001, 1 / 3]) })),
  },
  ...[-1, -5000, NaN, Infinity, 1e15].map((volume): FaultKind => ({
    name: `volume ${volume}`,
    rule: 'volume_invalid',
    also: LOST,
    inject: oneRow(() => ({ volume })),
  })),
  {
    name: 'average above the high',
    rule: 'vwap_outside_range',
    inject: oneRow(({ high, volume }) => ({ vwap: high + 0.006, volume: Math.max(1, volume) })),
  },
  {
    name: 'average far below',
    rule: 'vwap_outside_range',
    inject: oneRow(({ low, volume }) => ({ vwap: low / 2, volume: Math.max(1, volume) })),
  },
  {
    name: 'volume without trades',
    rule: 'trade_count_zero',
    inject: oneRow(({ volume }) => ({ tradeCount: 0, volume: Math.max(1, volume) })),
  },
  {
    name: 'minute twice, equal',
    rule: 'duplicate',
    inject: (clean, random) => {
      const at = random.between(0, clean.rows.length - 1)
      return withRows(clean, clean.rows.toSpliced(at, 0, clean.rows[at]), clean.rows[at].ts)
    },
  },
  {
    name: 'minute twice, differing',
    rule: 'duplicate_conflicting',
    inject: (clean, random) => {
      const at = random.between(0, clean.rows.length - 1)
      const other = { ...clean.rows[at], volume: clean.rows[at].volume + 1 }
      return withRows(clean, clean.rows.toSpliced(at, 0, other), other.ts)
    },
  },
  {
    name: 'two rows exchanged',
    rule: 'not_ascending',
    inject: (clean, random) => {
      const at = random.between(0, clean.rows.length - 2)
      const rows = clean.rows.with(at, clean.rows[at + 1]).with(at + 1, clean.rows[at])
      return withRows(clean, rows, clean.rows[at].ts, clean.rows[at + 1].ts)
    },
  },
  {
    name: 'newest first',
    rule: 'not_ascending',
    inject: (clean) => withRows(clean, clean.rows.toReversed(), clean.rows[0].ts, clean.rows.at(-1)?.ts),
  },
  {
    name: 'between two minutes',
    rule: 'not_on_minute',
    also: LOST,
    inject: (clean, random) => {
      const at = random.between(0, clean.rows.length - 1)
      const ts = clean.rows[at].ts + random.between(1, 59)
      return withRows(clean, clean.rows.with(at, { ...clean.rows[at], ts }), ts)
    },
  },
  {
    name: 'before the open',
    rule: 'out_of_session',
    inject: (clean, random) => {
      const minutes = random.between(1, 30)
      const early = Array.from({ length: minutes }, (_, i) => ({
        ...clean.rows[0],
        ts: clean.session.openTs - 60 * (minutes - i),
      }))
      return withRows(clean, [...early, ...clean.rows], early[0].ts, early[minutes - 1].ts)
    },
  },
  {
    name: 'at the close',
    rule: 'out_of_session',
    inject: (clean) => {
      const { closeTs } = clean.session
      return withRows(clean, [...clean.rows, { ...clean.rows[clean.rows.length - 1], ts: closeTs }], closeTs)
    },
  },
  {
    name: 'high below open or close',
    rule: 'ohlc_inconsistent',
    also: LOST,
    inject: oneRow(({ open, close }) => ({ high: cents(Math.max(open, close) - 0.01) })),
  },
  {
    name: 'low above open or close',
    rule: 'ohlc_inconsistent',
    also: LOST,
    inject: oneRow(({ open, close }) => ({ low: cents(Math.min(open, close) + 0.01) })),
  },
  ...[-1, 0, NaN, Infinity].map((price): FaultKind => ({
    name: `price ${price}`,
    rule: 'price_invalid',
    also: LOST,
    inject: oneRow((_row, random) => ({ [pick(random, ['open', 'high', 'low', 'close'])]: price })),
  })),
  {
    name: 'minutes without a trade',
    rule: 'minutes_not_traded',
    also: LOST,
    inject: without((random) => random.between(1, 4)),
  },
  {
    name: 'minutes not fetched',
    rule: 'minutes_not_fetched',
    also: ['daily_bar_mismatch', 'low_coverage'],
    inject: without((random) => random.between(1, 60), { fetch: 'open' }),
  },
  {
    name: 'minutes that two answers have otherwise',
    rule: 'minutes_not_fetched',
    also: LOST,
    inject: without((random) => random.between(1, 4), { reason: 'unstable' }),
  },
  {
    name: 'halt',
    rule: 'minutes_halted',
    // Trading resumes elsewhere, as it does after halts.
    also: ['price_move', 'daily_bar_mismatch', 'low_coverage'],
    inject: without((random) => random.between(5, 90)),
  },
  {
    name: 'many minutes lost',
    rule: 'low_coverage',
    also: ['minutes_not_traded', 'minutes_halted', 'daily_bar_mismatch', 'price_move'],
    inject: (clean, random) => {
      if (!isBusy(clean)) return undefined
      const share = 0.06 + 0.3 * random.uniform()
      const keep = clean.rows.filter((_row, i) => (i * share) % 1 >= share)
      return withRows(clean, keep, clean.session.openTs, clean.session.closeTs)
    },
  },
  ...[2, 3, 1.5, 10, 1 / 10, 1 / 4].map((ratio): FaultKind => ({
    name: `split ${ratio >= 1 ? `${ratio}:1` : `1:${1 / ratio}`}`,
    rule: 'split_jump',
    also: ['open_gap'],
    inject: (clean) => {
      const { previousClose } = clean.normal
      const price = clean.rows[0].open / ratio
      // A night that moved by itself, or prices that leave the measure of cents, would be another fault.
      if (!(Math.abs(clean.rows[0].open / previousClose - 1) < 0.025) || price < 15 || price > 20_000) return undefined
      return level(1 / ratio, ratio, clean)
    },
  })),
  {
    name: 'opening gap',
    rule: 'open_gap',
    inject: (clean) => {
      const { gapScale, previousClose } = clean.normal
      if (Number.isNaN(previousClose)) return undefined
      const limit = Number.isNaN(gapScale) ? 0.1 : Math.max(0.02, 8 * gapScale)
      const own = clean.rows[0].open / previousClose - 1
      const size = (own < 0 ? -1 : 1) * (limit * 1.5)
      if (Math.abs(size) > 0.3) return undefined
      return level(1 + size, 1, clean)
    },
  },
  {
    name: 'daily bar with another high',
    rule: 'daily_bar_mismatch',
    inject: daily(({ high }) => ({ high: high + 0.02 })),
  },
  { name: 'daily bar with another low', rule: 'daily_bar_mismatch', inject: daily(({ low }) => ({ low: low - 0.02 })) },
  {
    name: 'daily bar with more volume',
    rule: 'daily_bar_mismatch',
    inject: daily(({ volume }) => ({ volume: volume * 1.15 })),
  },
  {
    name: 'broker closes earlier',
    rule: 'schedule_difference',
    inject: hours(({ openTs, closeTs }) => ({ openTs, closeTs: closeTs - 3 * 3_600 })),
  },
  { name: 'broker is closed', rule: 'schedule_difference', inject: hours(() => 'closed') },
  {
    name: 'prices revised',
    rule: 'revised_prices',
    also: ['daily_bar_mismatch'],
    inject: revised(({ high, close, open }) => ({ high: cents(Math.max(high, close, open) + 0.01) })),
  },
  {
    name: 'volumes revised',
    rule: 'revised_quantities',
    inject: revised(({ volume }) => ({ volume: volume + 1 })),
  },
  {
    name: 'history re-adjusted',
    rule: 'adjusted_history',
    // Volumes of a few shares lose much when the broker rounds them to whole ones.
    also: LOST,
    inject: (clean) => {
      // The first answer was received before a split of 2:1, the second, of the later half of the session, after it.
      const before = leveled(clean.rows, { price: 2, volume: 0.5 })
      const from = Math.floor(clean.rows.length / 2)
      return {
        ...withRows(clean, clean.rows, clean.rows[0].ts, clean.rows.at(-1)?.ts),
        responses: [{ rows: before, scale: { price: 0.5, volume: 2 } }, { rows: clean.rows.slice(from) }],
      }
    },
  },
]
