import type { RuleId } from '#shared/quality/rule-catalogue.ts'
import {
  cents,
  withRows,
  oneRow,
  pick,
  wrongFactor,
  calmRow,
  badClose,
  badRange,
  run,
  without,
  isBusy,
  scaleRow,
  level,
  revised,
  daily,
  hours,
  leveled,
  type FaultKind,
} from './fault-makers.ts'

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
