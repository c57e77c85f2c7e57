import type { RuleId } from '#shared/quality/rule-catalogue.ts'
import type { TestBar } from './bars-fixtures.ts'
import { barAt, closes, lively, type Settings } from './quality-fixtures.ts'

/** Something that one rule finds, in a session of which the other bars are good. */
export interface Scenario {
  readonly responses: readonly (readonly TestBar[])[]
  readonly settings?: Settings
  /** Minutes of the bars that it is about; none where it is about the session. */
  readonly bars: readonly number[]
}

const MINUTES = 390
const GOOD = closes(lively(MINUTES))
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)

/** One bar of the middle changed. */
const changed = (change: Omit<TestBar, 'ts'>): Scenario => ({
  responses: [GOOD.with(100, { ...GOOD[100], ...change })],
  bars: [100],
})
const without = (...minutes: readonly number[]): TestBar[] => GOOD.filter((_bar, i) => !minutes.includes(i))
const run = (count: number, bar: (minute: number) => Omit<TestBar, 'ts'>): Scenario => ({
  responses: [GOOD.map((good, i) => (i >= 100 && i < 100 + count ? barAt(i, bar(i)) : good))],
  bars: range(100, count),
})
const facts = (some: Settings['facts']): Scenario => ({ responses: [GOOD], settings: { facts: some ?? {} }, bars: [] })

/** For each rule what it finds. The symbol has no history, but for the close before. */
export const SCENARIOS: Readonly<Record<RuleId, Scenario>> = {
  out_of_session: { responses: [[{ ...GOOD[0], ts: GOOD[0].ts - 60 }, ...GOOD]], bars: [-1] },
  not_on_minute: { responses: [GOOD.with(100, { ...GOOD[100], ts: GOOD[100].ts + 1 })], bars: [100 + 1 / 60] },
  price_invalid: changed({ low: -1 }),
  ohlc_inconsistent: changed({ high: 99 }),
  volume_invalid: changed({ volume: -1 }),
  volume_fractional: changed({ volume: 0.5 }),
  vwap_outside_range: changed({ vwap: 101 }),
  tick_size: changed({ high: 100.0233 }),
  trade_count_zero: changed({ tradeCount: 0 }),
  duplicate: { responses: [GOOD.toSpliced(100, 0, GOOD[100])], bars: [] },
  duplicate_conflicting: { responses: [GOOD.toSpliced(100, 0, { ...GOOD[100], volume: 1 })], bars: [100] },
  not_ascending: { responses: [GOOD.toReversed()], bars: [] },
  revised_prices: { responses: [GOOD, [{ ...GOOD[100], high: 100.03 }]], bars: [] },
  revised_quantities: { responses: [GOOD, [{ ...GOOD[100], volume: 1 }]], bars: [] },
  adjusted_history: { responses: [GOOD], bars: [] },
  minutes_not_traded: { responses: [without(100)], bars: [] },
  minutes_halted: { responses: [without(...range(100, 5))], bars: [] },
  minutes_not_fetched: { responses: [without(100)], settings: { facts: { fetch: 'open' } }, bars: [] },
  low_coverage: { responses: [GOOD.filter((_bar, i) => i % 10 !== 0 || i === 0)], bars: [] },
  flat_run: run(60, (minute) => ({ close: 100, volume: minute })),
  stale_price: run(12, () => ({ open: 100, high: 100.02, low: 100, close: 100.01 })),
  zero_volume_run: run(30, (minute) => ({ ...GOOD[minute], volume: 0 })),
  bad_tick: changed({ high: 110 }),
  price_move: {
    responses: [GOOD.map((bar, i) => (i < 100 ? bar : { ...bar, open: 110, high: 110.02, low: 110, close: 110 }))],
    bars: [100],
  },
  open_gap: { responses: [GOOD], settings: { baseline: { sessions: 1, previousClose: 80 } }, bars: [] },
  split_jump: { responses: [GOOD], settings: { baseline: { sessions: 1, previousClose: 200 } }, bars: [] },
  daily_bar_mismatch: facts({ dailyBar: { open: 1, high: 1, low: 1, close: 1, volume: 1 } }),
  schedule_difference: facts({ brokerHours: 'closed' }),
}
