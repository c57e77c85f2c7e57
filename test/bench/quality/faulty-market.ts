import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { SessionFacts } from '#shared/quality/session-facts.ts'
import type { ResponseScale } from '#shared/raw-response.ts'
import { createRandom, type Random } from '#main/simulator/markets/random.ts'

/**
 * Bars of one symbol as a broker would have sent them, with something wrong in about a third of the sessions, so that every quality rule
 * has work. Nothing but the seed and the symbol decides what they are.
 */

export interface Bar {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly vwap: number
  readonly tradeCount: number
}

/** A response: bars in the order received. */
export interface MarketResponse {
  readonly bars: readonly Bar[]
  readonly sessions: readonly { readonly date: string; readonly bars: number }[]
  readonly scale?: ResponseScale
}

export interface FaultyMarket {
  readonly responses: readonly MarketResponse[]
  /** One for each session. */
  readonly facts: readonly SessionFacts[]
}

export interface MarketCharacter {
  /** First price. */
  readonly price: number
  /** Share of the minutes in which nobody trades. */
  readonly missing: number
  /** Whether the broker re-adjusted the first sixth of the history after it was received. */
  readonly readjusted: boolean
  /** Whether there is a 3:1 split two thirds through that nobody adjusted. */
  readonly unadjustedSplit: boolean
}

const SESSIONS_PER_RESPONSE = 5
const FAULTY_SESSIONS = 0.35

/** A session on its way to the responses. */
interface Draft {
  readonly session: Session
  readonly random: Random
  bars: Bar[]
  facts: SessionFacts
  /** The session as it is sent a second time. */
  again?: Bar[]
}

export function faultyMarket(
  seed: number,
  symbol: string,
  sessions: readonly Session[],
  character: MarketCharacter,
): FaultyMarket {
  const random = createRandom(seed, 'quality-bench', symbol)
  const walk = { price: character.price, shares: 2_000 * 20 ** random.uniform() }
  const responses: MarketResponse[] = []
  const again: MarketResponse[] = []
  const facts: SessionFacts[] = []
  let rows: Bar[] = []
  let dates: { date: string; bars: number }[] = []
  for (const [at, session] of sessions.entries()) {
    walk.price *= Math.exp(0.008 * random.normal())
    if (character.unadjustedSplit && at === Math.floor((2 * sessions.length) / 3)) walk.price /= 3
    const draft: Draft = { session, random, bars: [], facts: settledFacts(session) }
    const fault = random.uniform() < FAULTY_SESSIONS ? FAULTS[random.between(0, FAULTS.length - 1)] : undefined
    if (fault === openingGap) walk.price *= random.uniform() < 0.5 ? 1.09 : 0.91
    draft.bars = tradedMinutes(random, session, walk, character.missing)
    draft.facts = { ...draft.facts, dailyBar: dailyBarOf(draft.bars, random) }
    fault?.(draft)
    // Prices of before the change of basis were received twice as high.
    const isOld = character.readjusted && at < sessions.length / 6
    const sent = isOld ? draft.bars.map(inOldBasis) : draft.bars
    if (draft.again !== undefined) {
      again.push({ bars: draft.again, sessions: [{ date: session.date, bars: draft.again.length }] })
    }
    facts.push(draft.facts)
    for (const bar of sent) rows.push(bar)
    dates.push({ date: session.date, bars: sent.length })
    const isLastOld = isOld && at + 1 >= sessions.length / 6
    if (dates.length === SESSIONS_PER_RESPONSE || isLastOld || at === sessions.length - 1) {
      if (rows.length > 0)
        responses.push({ bars: rows, sessions: dates, ...(isOld ? { scale: { price: 0.5, volume: 2 } } : {}) })
      rows = []
      dates = []
    }
  }
  return { responses: [...responses, ...again], facts }
}

function settledFacts(session: Session): SessionFacts {
  const { openTs, closeTs } = session
  return { fetch: 'settled', reason: null, brokerHours: { openTs, closeTs }, dailyBar: null }
}

/** A random walk in whole cents of eight basis points a minute, livelier at both ends of the day. */
function tradedMinutes(
  random: Random,
  session: Session,
  walk: { price: number; readonly shares: number },
  missing: number,
): Bar[] {
  const minutes = (session.closeTs - session.openTs) / BAR_SECONDS
  const busyness = Math.exp(0.3 * random.normal())
  const bars: Bar[] = []
  for (let minute = 0; minute < minutes; minute++) {
    const fromNoon = (2 * minute) / minutes - 1
    const shape = 0.6 + 1.2 * fromNoon * fromNoon
    const open = cents(walk.price)
    walk.price *= Math.exp(0.0008 * shape * random.normal() - 1e-6 * Math.log(walk.price / 100))
    const close = cents(walk.price)
    const high = cents(Math.max(open, close) * (1 + 0.0003 * shape * Math.abs(random.normal())))
    const low = cents(Math.min(open, close) * (1 - 0.0003 * shape * Math.abs(random.normal())))
    const volume = Math.max(1, Math.round(walk.shares * busyness * shape * Math.exp(0.4 * random.normal())))
    const vwap = Math.round((low + (high - low) * random.uniform()) * 10_000) / 10_000
    const tradeCount = Math.max(1, Math.round(volume / (80 + 60 * random.uniform())))
    if (random.uniform() < missing) continue
    bars.push({ ts: session.openTs + minute * BAR_SECONDS, open, high, low, close, volume, vwap, tradeCount })
  }
  return bars
}

function dailyBarOf(bars: readonly Bar[], random: Random): SessionFacts['dailyBar'] {
  // It has trades that the minutes do not have, but not many.
  const volume = Math.round(bars.reduce((sum, bar) => sum + bar.volume, 0) * (1 + 0.04 * random.uniform()))
  const high = bars.reduce((highest, bar) => Math.max(highest, bar.high), -Infinity)
  const low = bars.reduce((lowest, bar) => Math.min(lowest, bar.low), Infinity)
  return { open: bars[0].open, high, low, close: bars[bars.length - 1].close, volume }
}

function inOldBasis(bar: Bar): Bar {
  const { open, high, low, close, vwap, volume } = bar
  return {
    ...bar,
    open: 2 * open,
    high: 2 * high,
    low: 2 * low,
    close: 2 * close,
    vwap: 2 * vwap,
    volume: volume / 2,
  }
}

type Fault = (draft: Draft) => void

/** Changes a bar somewhere inside the session. */
const one =
  (change: (bar: Bar, random: Random) => Partial<Bar>): Fault =>
  ({ bars, random }) => {
    const at = random.between(5, bars.length - 5)
    bars[at] = { ...bars[at], ...change(bars[at], random) }
  }

/** Changes a run of bars inside the session; `first` is the one before it. */
const run =
  (shortest: number, longest: number, change: (bar: Bar, first: Bar) => Partial<Bar>): Fault =>
  ({ bars, random }) => {
    const length = Math.min(random.between(shortest, longest), bars.length - 10)
    const from = random.between(2, bars.length - length - 2)
    const first = bars[from - 1]
    for (let at = from; at < from + length; at++) bars[at] = { ...bars[at], ...change(bars[at], first) }
  }

const without =
  (shortest: number, longest: number): Fault =>
  ({ bars, random }) => {
    const length = random.between(shortest, longest)
    bars.splice(random.between(1, bars.length - length - 1), length)
  }

/** Puts the close of a bar away from the others, with the open of the next one. */
function tick(bars: Bar[], at: number, size: number): void {
  const bar = bars[at]
  const close = cents(bar.close * (1 + size))
  const high = Math.max(bar.high, close)
  const low = Math.min(bar.low, close)
  bars[at] = { ...bar, close, high, low, vwap: cents((high + low) / 2) }
}

const signed = (random: Random, size: number): number => (random.uniform() < 0.5 ? size : -size)

/** Made by the walk itself. */
const openingGap: Fault = () => undefined

const FAULTS: readonly Fault[] = [
  // Outside the session, off the minute, impossible values.
  ({ bars, session }) =>
    void bars.unshift(...[3, 2, 1].map((minutes) => ({ ...bars[0], ts: session.openTs - minutes * BAR_SECONDS }))),
  ({ bars, session }) => void bars.push({ ...bars[bars.length - 1], ts: session.closeTs }),
  ({ bars, random }) => {
    const at = random.between(5, bars.length - 5)
    bars.splice(at + 1, 0, { ...bars[at], ts: bars[at].ts + random.between(1, 59) })
  },
  one((_bar, random) => ({ low: random.uniform() < 0.5 ? 0 : -1 })),
  run(1, 3, () => ({ open: -1, high: -1, low: -1, close: -1 })),
  one(({ open, close }) => ({ high: cents(Math.max(open, close) - 0.01) })),
  one(() => ({ volume: -1 })),
  one(({ volume }) => ({ volume: volume + 0.5 })),
  one(({ high }) => ({ vwap: high + 0.02 })),
  one(({ high }) => ({ high: high + 0.003 })),
  one(() => ({ tradeCount: 0 })),
  one(() => ({ vwap: -1, tradeCount: -1 })),
  // Minutes twice, out of order, sent again.
  ({ bars, random }) => {
    const at = random.between(5, bars.length - 5)
    bars.splice(at, 0, { ...bars[at] })
  },
  ({ bars, random }) => {
    const at = random.between(5, bars.length - 5)
    bars.splice(at, 0, { ...bars[at], volume: bars[at].volume + 1 })
  },
  ({ bars, random }) => {
    const at = random.between(5, bars.length - 5)
    const [bar] = bars.splice(at, 1)
    bars.splice(at - 3, 0, bar)
  },
  (draft) => {
    const { random, bars } = draft
    draft.again = bars.map((bar) => (random.uniform() < 0.1 ? { ...bar, volume: bar.volume + 100 } : { ...bar }))
  },
  (draft) => {
    const { random, bars } = draft
    draft.again = bars.map((bar) => (random.uniform() < 0.02 ? { ...bar, high: cents(bar.high + 0.01) } : { ...bar }))
  },
  // Gaps: nobody traded, a halt, minutes that are not there yet, hours of the broker, nothing at all.
  without(1, 5),
  without(1, 5),
  without(6, 40),
  (draft) => {
    without(1, 20)(draft)
    draft.facts = { ...draft.facts, fetch: 'open' }
  },
  (draft) => {
    without(20, 40)(draft)
    draft.facts = { ...draft.facts, reason: 'unstable' }
  },
  ({ bars, random }) => {
    for (let at = bars.length - 2; at > 0; at--) if (random.uniform() < 0.1) bars.splice(at, 1)
  },
  (draft) => {
    const closeTs = draft.session.closeTs - 30 * BAR_SECONDS
    draft.bars = draft.bars.filter(({ ts }) => ts < closeTs)
    draft.facts = { ...draft.facts, brokerHours: { openTs: draft.session.openTs, closeTs } }
  },
  (draft) => {
    draft.bars = []
    draft.facts = { fetch: 'settled', reason: 'closed', brokerHours: 'closed', dailyBar: null }
  },
  (draft) => {
    draft.bars = []
    draft.facts = { fetch: 'unknown', reason: null, brokerHours: null, dailyBar: null }
  },
  // Runs.
  run(25, 70, (_bar, { close }) => ({ open: close, high: close, low: close, close, vwap: close })),
  run(4, 12, (_bar, { ts: _ts, ...first }) => first),
  run(12, 40, () => ({ volume: 0, vwap: -1, tradeCount: 0 })),
  // Bad ticks, taken back by the next bar, by the one after it, in the first bar or within their own; moves that stay.
  ({ bars, random }) => tick(bars, random.between(5, bars.length - 5), signed(random, 0.05)),
  ({ bars, random }) => {
    const at = random.between(5, bars.length - 5)
    const size = signed(random, 0.12)
    tick(bars, at, size)
    tick(bars, at + 1, size / 4)
  },
  ({ bars, random }) => tick(bars, random.uniform() < 0.5 ? 0 : bars.length - 1, signed(random, 0.06)),
  one(({ high }) => ({ high: cents(high * 1.04) })),
  one(({ low }) => ({ low: cents(low * 0.96) })),
  ({ bars, random }) => {
    const from = random.between(5, bars.length - 5)
    const factor = 1 + signed(random, 0.04)
    for (let at = from; at < bars.length; at++) {
      const { open, high, low, close, vwap } = bars[at]
      const moved = [open, high, low, close].map((price) => cents(price * factor))
      bars[at] = { ...bars[at], open: moved[0], high: moved[1], low: moved[2], close: moved[3], vwap: vwap * factor }
    }
  },
  openingGap,
  openingGap,
  // The broker's daily bar.
  (draft) => {
    const daily = draft.facts.dailyBar
    if (daily !== null) draft.facts = { ...draft.facts, dailyBar: { ...daily, volume: daily.volume * 1.3 } }
  },
  (draft) => {
    const daily = draft.facts.dailyBar
    if (daily !== null) draft.facts = { ...draft.facts, dailyBar: { ...daily, low: cents(daily.low - 0.05) } }
  },
]

function cents(price: number): number {
  return Math.round(price * 100) / 100
}
