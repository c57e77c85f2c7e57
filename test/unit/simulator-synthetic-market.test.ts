import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BAR_COLUMNS, type BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { type Market, type MarketFault, syntheticMarket } from '#main/simulator/simulator.ts'
import { createRandom, sfc32 } from '#main/simulator/markets/random.ts'

const XNYS = loadCalendar('XNYS', ['data/calendars'])
const FROM = '2024-06-03'
const TO = '2024-07-31'
const SESSIONS = XNYS.sessionsBetween(FROM, TO)
const THIN = ['DJCO', 'SEB']

const make = (seed = 7): Market => syntheticMarket({ seed, calendar: XNYS, from: FROM, to: TO })
const regular = (market: Market, symbol: string, session: Session): Promise<BarColumns> =>
  market.minuteBars(symbol, session.openTs, session.closeTs, true)
const wholeDay = (market: Market, symbol: string, session: Session): Promise<BarColumns> =>
  market.minuteBars(symbol, session.openTs - 6 * 3600, session.closeTs + 5 * 3600, false)

function hashOf(bars: BarColumns): string {
  const hash = createHash('sha256')
  for (const name of BAR_COLUMNS)
    hash.update(new Uint8Array(bars[name].buffer, bars[name].byteOffset, bars[name].byteLength))
  return hash.digest('hex')
}

function faultOf<K extends MarketFault['kind']>(market: Market, kind: K): Extract<MarketFault, { kind: K }> {
  const found = market.faults.filter((fault): fault is Extract<MarketFault, { kind: K }> => fault.kind === kind)
  expect(found).toHaveLength(1)
  return found[0]
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)
const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length

describe('random numbers', () => {
  it('are those of sfc32', () => {
    // The published recurrence in unbounded integers.
    const word = (value: bigint): bigint => BigInt.asUintN(32, value)
    let [a, b, c, counter] = [1n, 2n, 3n, 1n]
    const next = (): number => {
      const result = word(a + b + counter)
      counter = word(counter + 1n)
      a = b ^ (b >> 9n)
      b = word(c + (c << 3n))
      c = word(word((c << 21n) | (c >> 11n)) + result)
      return Number(result)
    }
    for (let round = 0; round < 12; round++) next()
    const random = sfc32(1, 2, 3, 1)
    for (let i = 0; i < 1000; i++) expect(random.uint32()).toBe(next())
  })

  it('depend on the seed and every name, and on where a name ends', () => {
    const first = (seed: number, ...names: string[]): number => createRandom(seed, ...names).uint32()
    const all = [
      first(1, 'AB', 'C'),
      first(1, 'A', 'BC'),
      first(2, 'AB', 'C'),
      first(2 ** 32 + 1, 'AB', 'C'),
      first(1, 'ABC'),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(first(1, 'AB', 'C')).toBe(all[0])
  })

  it('have the moments they should', () => {
    const random = createRandom(3, 'moments')
    const draws = Array.from({ length: 40_000 }, () => random.normal())
    // Four standard errors: 4 / sqrt(n), and 4 * sqrt(2 / n) for the variance.
    expect(Math.abs(mean(draws))).toBeLessThan(0.02)
    expect(Math.abs(mean(draws.map((x) => x * x)) - 1)).toBeLessThan(0.03)
    for (const lambda of [0.4, 12, 200]) {
      const counts = Array.from({ length: 20_000 }, () => random.poisson(lambda))
      expect(Math.abs(mean(counts) - lambda)).toBeLessThan(4 * Math.sqrt(lambda / counts.length))
    }
  })
})

describe('the same seed', () => {
  it('gives the same bytes in two markets', async () => {
    const [one, other] = [make(), make()]
    for (const symbol of ['SPY', 'SEB']) {
      for (const session of SESSIONS) {
        expect(hashOf(await wholeDay(one, symbol, session))).toBe(hashOf(await wholeDay(other, symbol, session)))
      }
    }
    expect(one.faults).toEqual(other.faults)
    expect(one.instruments()).toEqual(other.instruments())
  })

  it('gives a session by itself as it is after all the others', async () => {
    const session = SESSIONS[20]
    const all = make()
    for (const earlier of SESSIONS) await wholeDay(all, 'SPY', earlier)
    expect(hashOf(await wholeDay(make(), 'SPY', session))).toBe(hashOf(await wholeDay(all, 'SPY', session)))
  })

  it('gives the same early sessions when there are more later ones', async () => {
    const longer = syntheticMarket({ seed: 7, calendar: XNYS, from: FROM, to: '2024-12-31' })
    const isFaulty = (session: Session): boolean =>
      [...make().faults, ...longer.faults].some((fault) => fault.sessionDate === session.date)
    for (const session of SESSIONS.filter((each) => !isFaulty(each))) {
      expect(hashOf(await regular(longer, 'SPY', session))).toBe(hashOf(await regular(make(), 'SPY', session)))
    }
  })

  it('and another seed gives others', async () => {
    expect(hashOf(await regular(make(8), 'SPY', SESSIONS[0]))).not.toBe(
      hashOf(await regular(make(), 'SPY', SESSIONS[0])),
    )
  })
})

describe('minutes', () => {
  it('are consistent: whole cents, low <= open, close, average <= high, at least a share for each trade', async () => {
    const market = make()
    const wrong: string[] = []
    const isCents = (price: number): boolean => Number(price.toFixed(2)) === price
    for (const { symbol } of market.instruments()) {
      for (const session of SESSIONS.slice(0, 8)) {
        const { ts, open, high, low, close, volume, vwap, tradeCount } = await wholeDay(market, symbol, session)
        expect(ts.length).toBeGreaterThan(0)
        for (let i = 0; i < ts.length; i++) {
          const isRight =
            (i === 0 || ts[i] > ts[i - 1]) &&
            ts[i] % 60 === 0 &&
            [open[i], high[i], low[i], close[i]].every(isCents) &&
            low[i] > 0 &&
            low[i] <= Math.min(open[i], close[i], vwap[i]) &&
            high[i] >= Math.max(open[i], close[i], vwap[i]) &&
            Number.isInteger(volume[i]) &&
            volume[i] >= tradeCount[i] &&
            tradeCount[i] >= 1 &&
            (tradeCount[i] > 1 || high[i] === low[i])
          if (!isRight) wrong.push(`${symbol} ${ts[i]}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })

  it('are all there in liquid names, but for the halt, and some are missing in thin ones', async () => {
    const market = make()
    const halt = faultOf(market, 'halt')
    const missing = new Map<string, number>()
    for (const { symbol } of market.instruments()) {
      let minutes = 0
      for (const session of SESSIONS) {
        minutes += (session.closeTs - session.openTs) / 60 - (await regular(market, symbol, session)).ts.length
      }
      if (minutes > 0) missing.set(symbol, minutes)
    }
    expect([...missing.keys()].sort()).toEqual([...THIN, halt.symbol].sort())
    expect(missing.get(halt.symbol)).toBe((halt.resumeTs - halt.ts) / 60)
    for (const symbol of THIN) expect(missing.get(symbol)).toBeGreaterThan(1000)
  })

  it('end at 13:00 on an early close, and four hours later with extended hours', async () => {
    const session = XNYS.session('2024-07-03') as Session
    const { ts } = await regular(make(), 'SPY', session)
    expect([ts.length, ts[209]]).toEqual([210, Date.parse('2024-07-03T16:59:00Z') / 1000])
    const day = await wholeDay(make(), 'NVDA', session)
    expect(day.ts[0]).toBeGreaterThanOrEqual(Date.parse('2024-07-03T08:00:00Z') / 1000)
    expect(day.ts[day.ts.length - 1]).toBeLessThan(Date.parse('2024-07-03T21:00:00Z') / 1000)
    expect(day.ts.length).toBeGreaterThan(600)
  })

  it('are absent when the exchange is closed, and outside the dates of the market', async () => {
    const july4 = Date.parse('2024-07-04T00:00:00Z') / 1000
    expect((await make().minuteBars('SPY', july4 + 10 * 3600, july4 + 86_400, false)).ts.length).toBe(0)
    const after = XNYS.session('2024-08-01') as Session
    expect((await regular(make(), 'SPY', after)).ts.length).toBe(0)
  })

  it('are cut to the range that is asked for', async () => {
    const { openTs } = SESSIONS[3]
    const { ts } = await make().minuteBars('SPY', openTs + 60, openTs + 181, true)
    expect([...ts]).toEqual([openTs + 60, openTs + 120, openTs + 180])
  })
})

describe('the shape of a session', () => {
  /** Means over all sessions of regular length, by half hour. */
  async function halfHours(value: (bars: BarColumns, i: number) => number): Promise<number[]> {
    const market = make()
    const buckets: number[][] = Array.from({ length: 13 }, () => [])
    for (const session of SESSIONS.filter((each) => !each.earlyClose)) {
      const bars = await regular(market, 'SPY', session)
      for (let i = 0; i < bars.ts.length; i++)
        buckets[Math.floor((bars.ts[i] - session.openTs) / 1800)].push(value(bars, i))
    }
    return buckets.map(mean)
  }

  it('has a U of volume: the first half hour and the last are at least one and a half times noon', async () => {
    const volumes = await halfHours((bars, i) => bars.volume[i])
    expect(volumes[0]).toBeGreaterThan(1.5 * volumes[6])
    expect(volumes[12]).toBeGreaterThan(1.5 * volumes[6])
  })

  it('has a U of ranges', async () => {
    const ranges = await halfHours((bars, i) => bars.high[i] - bars.low[i])
    expect(ranges[0]).toBeGreaterThan(1.3 * ranges[6])
    expect(ranges[12]).toBeGreaterThan(1.1 * ranges[6])
  })

  it('trades little before the open and after the close', async () => {
    const market = make()
    const session = SESSIONS[5]
    const all = sum((await wholeDay(market, 'SPY', session)).volume)
    const inside = sum((await regular(market, 'SPY', session)).volume)
    expect((all - inside) / all).toBeGreaterThan(0.002)
    expect((all - inside) / all).toBeLessThan(0.1)
  })
})

describe('the daily path', () => {
  it('has overnight gaps, the volatility of its profile, and clusters of it', async () => {
    const market = syntheticMarket({ seed: 11, symbols: ['SPY'], calendar: XNYS, from: '2014-01-01', to: '2023-12-31' })
    const returns: number[] = []
    let gaps = 0
    let previous: number | null = null
    for (const session of XNYS.sessionsBetween('2014-01-01', '2023-12-31')) {
      const { open, close } = await regular(market, 'SPY', session)
      const last = close[close.length - 1]
      if (previous !== null) {
        returns.push(Math.log(last / previous))
        if (open[0] !== previous) gaps++
      }
      previous = last
    }
    expect(gaps / returns.length).toBeGreaterThan(0.95)
    const variance = mean(returns.map((r) => r * r))
    // 15 % a year; the variance of a GARCH process wanders around its mean.
    expect(Math.sqrt(variance * 252)).toBeGreaterThan(0.12)
    expect(Math.sqrt(variance * 252)).toBeLessThan(0.19)
    const squares = returns.map((r) => r * r - variance)
    const correlation = mean(squares.slice(1).map((s, i) => s * squares[i])) / mean(squares.map((s) => s * s))
    // Independent returns would give 0 with a standard error of 0.02.
    expect(correlation).toBeGreaterThan(0.05)
  })
})

describe('faults', () => {
  it('are one bad tick that the next bar takes back', async () => {
    const market = make()
    const fault = faultOf(market, 'badTick')
    const bars = await regular(market, fault.symbol, XNYS.session(fault.sessionDate) as Session)
    const i = bars.ts.indexOf(fault.ts)
    expect(bars.close[i]).toBe(fault.price)
    const jump = Math.abs(fault.price / fault.expectedPrice - 1)
    expect(jump).toBeGreaterThan(0.05)
    expect(Math.abs(bars.open[i + 1] / fault.expectedPrice - 1)).toBeLessThan(0.002)
    expect(Math.abs(bars.open[i] / fault.expectedPrice - 1)).toBeLessThan(0.01)
  })

  it('are in one bar of the whole market: no other minute jumps and comes back', async () => {
    const market = make()
    const fault = faultOf(market, 'badTick')
    const found: [string, number][] = []
    for (const { symbol } of market.instruments()) {
      for (const session of SESSIONS) {
        const { ts, open, close } = await regular(market, symbol, session)
        for (let i = 0; i + 1 < ts.length; i++) {
          if (Math.abs(close[i] / open[i] - 1) > 0.04 && Math.abs(open[i + 1] / open[i] - 1) < 0.02)
            found.push([symbol, ts[i]])
        }
      }
    }
    expect(found).toEqual([[fault.symbol, fault.ts]])
  })

  it('are one halt with a price gap across it', async () => {
    const market = make()
    const fault = faultOf(market, 'halt')
    const { ts, open, close } = await regular(market, fault.symbol, XNYS.session(fault.sessionDate) as Session)
    const before = ts.indexOf(fault.ts - 60)
    expect(ts[before + 1]).toBe(fault.resumeTs)
    expect(fault.resumeTs - fault.ts).toBe(900)
    const typical = mean([...open].slice(1).map((price, i) => Math.abs(price / close[i] - 1)))
    expect(Math.abs(open[before + 1] / close[before] - 1)).toBeGreaterThan(10 * typical)
  })

  it('lie in the dates of the market, also when it has one thin name and one session', async () => {
    const market = syntheticMarket({ seed: 5, symbols: ['SEB'], calendar: XNYS, from: '2024-07-03', to: '2024-07-03' })
    const [badTick, halt] = [faultOf(market, 'badTick'), faultOf(market, 'halt')]
    const { ts, close } = await regular(market, 'SEB', XNYS.session('2024-07-03') as Session)
    expect(close[ts.indexOf(badTick.ts)]).toBe(badTick.price)
    expect(ts.indexOf(badTick.ts + 60)).toBe(ts.indexOf(badTick.ts) + 1)
    expect([...ts].filter((at) => at >= halt.ts && at < halt.resumeTs)).toEqual([])
    expect(badTick.ts + 60).toBeLessThan(halt.ts)
  })
})

describe('instruments', () => {
  it('keep their contract ids in every market', () => {
    const idOf = (market: Market, symbol: string): number | undefined =>
      market.instruments().find((instrument) => instrument.symbol === symbol)?.conId
    const small = syntheticMarket({ seed: 1, symbols: ['SEB', 'AAPL'], calendar: XNYS, from: FROM, to: TO })
    expect(idOf(small, 'AAPL')).toBe(265_598)
    expect(idOf(small, 'SEB')).toBe(idOf(make(), 'SEB'))
    const ids = make()
      .instruments()
      .map(({ conId }) => conId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('have a head time stamp: the first regular minute', async () => {
    expect(await make().headTs('SPY')).toBe(SESSIONS[0].openTs)
  })
})

describe('a market that cannot be', () => {
  const options = { seed: 1, calendar: XNYS, from: FROM, to: TO }

  it.each([
    ['NO_SESSIONS', { ...options, from: '2024-07-06', to: '2024-07-07' }],
    ['CALENDAR_HORIZON', { ...options, to: '2050-01-01' }],
    ['BAD_ARGUMENTS', { ...options, seed: 0.5 }],
    ['BAD_ARGUMENTS', { ...options, symbols: [] }],
    ['BAD_ARGUMENTS', { ...options, symbols: ['SPY', 'SPY'] }],
  ])('is refused with %s', (code, wrong) => {
    expect(() => syntheticMarket(wrong)).toThrow(expect.objectContaining({ code }))
  })

  it('says which symbols there are', async () => {
    await expect(make().minuteBars('NOPE', 0, 1, true)).rejects.toMatchObject({ code: 'UNKNOWN_SYMBOL' })
  })
})
