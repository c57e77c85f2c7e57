import { barsBetween, type BarColumns } from '#shared/bars.ts'
import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { SessionDate } from '#shared/time.ts'
import { stockInstrument, US_STOCK_HOURS, withUniqueConIds } from '../contracts/instrument.ts'
import { tradingDayOf, tradingDaysOverlapping, visibleHours, type TradingDay } from '../contracts/trading-days.ts'
import type { Market, MarketFault } from '../market.ts'
import { joinBars } from './bar-ranges.ts'
import { dailyPath, type SessionAnchor } from './daily-path.ts'
import { createRandom } from './random.ts'
import { createRecentCache } from './recent-cache.ts'
import { NO_FAULTS, type SessionFaults, sessionMinutes } from './session-minutes.ts'
import { planFaults } from './synthetic-faults.ts'
import { DEFAULT_PROFILES, profileOf, type SyntheticProfile } from './synthetic-profile.ts'

export interface SyntheticMarketOptions {
  /** Any safe integer. The same seed, symbol and dates give the same bars to the last bit. */
  readonly seed: number
  /** Names, or profiles of one's own; {@link DEFAULT_PROFILES} unless given. */
  readonly symbols?: readonly (string | SyntheticProfile)[]
  readonly calendar: TradingCalendar
  /** First and last date with data, both included. */
  readonly from: SessionDate
  readonly to: SessionDate
}

/** Bars of this many rows are kept; a session with its extended hours has up to 960. */
const CACHED_ROWS = 100_000

/**
 * A made-up stock market: daily log prices by a GARCH walk with overnight gaps, minutes by a bridge between a session's open
 * and close with U-shaped volatility and volume, thin names with missing minutes, early closes as the calendar has them, and
 * over the whole market exactly one bad tick and one halt, listed in `faults`.
 *
 * Each session is drawn from its own random stream, so any of them can be made alone, in any order, with identical bytes.
 * Extending `to` changes no session that was there, apart from the two faults, which are placed over the whole range.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS for a seed that is no integer or a symbol given twice, NO_SESSIONS when the
 * exchange is closed from `from` to `to`, CALENDAR_HORIZON when the calendar does not know those dates.
 */
export function syntheticMarket(options: SyntheticMarketOptions): Market {
  const { seed, calendar, from, to } = options
  if (!Number.isSafeInteger(seed)) {
    throw new SwitchyardError('BAD_ARGUMENTS', `The seed ${seed} is not an integer.`, { hint: 'Give a whole number.' })
  }
  const profiles = profilesBySymbol(options)
  const sessions = calendar.sessionsBetween(from, to)
  if (sessions.length === 0) {
    throw new SwitchyardError('NO_SESSIONS', `${calendar.id} has no session from ${from} to ${to}.`, {
      hint: 'Choose dates on which the exchange is open.',
    })
  }
  const indexOf = new Map(sessions.map((session, index) => [session.date, index]))
  const instruments = withUniqueConIds([...profiles.keys()].map(stockInstrument))
  const paths = new Map<string, SessionAnchor[]>()
  const cache = createRecentCache<BarColumns>(CACHED_ROWS)

  const profileFor = (symbol: string): SyntheticProfile => {
    const profile = profiles.get(symbol)
    if (profile !== undefined) return profile
    throw new SwitchyardError('UNKNOWN_SYMBOL', `The synthetic market has no ${symbol}.`, {
      hint: `It has ${[...profiles.keys()].join(', ')}.`,
    })
  }

  const anchorOf = (profile: SyntheticProfile, date: SessionDate): SessionAnchor => {
    let path = paths.get(profile.symbol)
    if (path === undefined) {
      path = dailyPath(seed, profile, sessions.length)
      paths.set(profile.symbol, path)
    }
    return path[indexOf.get(date) as number]
  }

  const makeDay = (symbol: string, session: Session, faults: SessionFaults): BarColumns => {
    const profile = profileFor(symbol)
    // Sessions of the market are sessions of its calendar.
    const day = tradingDayOf(calendar, US_STOCK_HOURS, session.date) as TradingDay
    const random = createRandom(seed, symbol, session.date)
    return sessionMinutes(profile, anchorOf(profile, session.date), day, random, faults)
  }

  const plan = planFaults(seed, [...profiles.values()], sessions)
  const faultsOf = (symbol: string, session: Session): SessionFaults => {
    const is = (planned: { symbol: string; session: Session }): boolean =>
      planned.symbol === symbol && planned.session.date === session.date
    const badTick = is(plan.badTick) ? plan.badTick.faults.badTick : null
    const halt = is(plan.halt) ? plan.halt.faults.halt : null
    return badTick === null && halt === null ? NO_FAULTS : { badTick, halt }
  }

  const dayMinutes = (symbol: string, session: Session): BarColumns => {
    const key = `${symbol} ${session.date}`
    let bars = cache.get(key)
    if (bars === undefined) {
      bars = makeDay(symbol, session, faultsOf(symbol, session))
      cache.set(key, bars, bars.ts.length)
    }
    return bars
  }

  /** Close of the minute with the bad tick, as it is and as it would be with a tick of `factor`. */
  const closeAtBadTick = (factor: number): number => {
    const { symbol, session } = plan.badTick
    const faults = faultsOf(symbol, session)
    const { ts } = faults.badTick as NonNullable<SessionFaults['badTick']>
    const bars = makeDay(symbol, session, { ...faults, badTick: { ts, factor } })
    return barsBetween(bars, ts, ts + 1).close[0]
  }

  const badTick = plan.badTick.faults.badTick as NonNullable<SessionFaults['badTick']>
  const halt = plan.halt.faults.halt as NonNullable<SessionFaults['halt']>
  const faults: MarketFault[] = [
    {
      kind: 'badTick',
      symbol: plan.badTick.symbol,
      sessionDate: plan.badTick.session.date,
      ts: badTick.ts,
      price: closeAtBadTick(badTick.factor),
      expectedPrice: closeAtBadTick(1),
    },
    { kind: 'halt', symbol: plan.halt.symbol, sessionDate: plan.halt.session.date, ...halt },
  ]

  return {
    instruments: () => instruments,
    calendar: (symbol) => {
      profileFor(symbol)
      return calendar
    },
    headTs: async (symbol) => {
      profileFor(symbol)
      for (const session of sessions) {
        const bars = barsBetween(dayMinutes(symbol, session), session.openTs, session.closeTs)
        if (bars.ts.length > 0) return bars.ts[0]
      }
      return null
    },
    minuteBars: async (symbol, fromTs, toTs, useRth) => {
      profileFor(symbol)
      const days = tradingDaysOverlapping(calendar, visibleHours(US_STOCK_HOURS, useRth), fromTs, toTs)
      return joinBars(
        days
          .filter((day) => indexOf.has(day.session.date))
          .map((day) =>
            barsBetween(dayMinutes(symbol, day.session), Math.max(fromTs, day.startTs), Math.min(toTs, day.endTs)),
          ),
      )
    },
    faults,
  }
}

function profilesBySymbol(options: SyntheticMarketOptions): Map<string, SyntheticProfile> {
  const profiles = new Map<string, SyntheticProfile>()
  for (const entry of options.symbols ?? DEFAULT_PROFILES) {
    const profile = typeof entry === 'string' ? profileOf(options.seed, entry) : entry
    if (profiles.has(profile.symbol)) {
      throw new SwitchyardError('BAD_ARGUMENTS', `The symbol ${profile.symbol} is given twice.`, {
        hint: 'Name each symbol once.',
      })
    }
    profiles.set(profile.symbol, profile)
  }
  if (profiles.size === 0) {
    throw new SwitchyardError('BAD_ARGUMENTS', 'A synthetic market needs at least one symbol.', {
      hint: 'Name a symbol, or leave the symbols out for the usual ones.',
    })
  }
  return profiles
}
