import { FUTURE_LISTINGS, STOCK_LISTINGS } from './listings.ts'

/** How far an instrument trades beyond the regular hours of its calendar. */
export interface ExtendedHours {
  readonly beforeOpenSeconds: number
  readonly afterCloseSeconds: number
}

/** US stocks trade from 04:00 to 20:00 in New York, and four hours past an early close. */
export const US_STOCK_HOURS: ExtendedHours = { beforeOpenSeconds: 5.5 * 3600, afterCloseSeconds: 4 * 3600 }

/** CME index futures trade from 18:00 of the evening before to 17:00 in New York. */
const CME_FUTURE_HOURS: ExtendedHours = { beforeOpenSeconds: 15.5 * 3600, afterCloseSeconds: 3600 }

/** One tradable contract of a market, with the fields that TWS tells about it. An unknown text is empty. */
export interface Instrument {
  /** Name of the instrument within its market: the ticker, or for a future root, month code and year (`ESZ2013`). */
  readonly symbol: string
  /** What the contract's symbol field says; futures of one root share it. */
  readonly contractSymbol: string
  readonly secType: 'STK' | 'FUT'
  /** `yyyyMM` of a future, or `yyyyMMdd` where the day is known. */
  readonly lastTradeDate: string
  readonly multiplier: string
  /** Where orders and data requests go: `SMART` for stocks. */
  readonly exchange: string
  readonly primaryExchange: string
  readonly currency: string
  readonly localSymbol: string
  readonly tradingClass: string
  readonly conId: number
  readonly longName: string
  readonly marketName: string
  readonly minTick: number
  readonly stockType: string
  readonly hours: ExtendedHours
}

/** Contract ids below this are the broker's own; made-up ones lie above, so that the two cannot meet. */
const FIRST_DERIVED_CON_ID = 900_000_000
const DERIVED_CON_IDS = 1_000_000_000

/** A contract id that depends on the name alone (32-bit FNV-1a), so that it is the same in every run and every market. */
function derivedConId(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return FIRST_DERIVED_CON_ID + ((hash >>> 0) % DERIVED_CON_IDS)
}

/** A US stock or fund traded through SMART in USD. */
export function stockInstrument(symbol: string): Instrument {
  const listing = STOCK_LISTINGS.get(symbol)
  const primaryExchange = listing?.primaryExchange ?? ''
  const tradingClass = primaryExchange === 'NASDAQ' ? 'NMS' : symbol
  return {
    symbol,
    contractSymbol: symbol,
    secType: 'STK',
    lastTradeDate: '',
    multiplier: '',
    exchange: 'SMART',
    primaryExchange,
    currency: 'USD',
    localSymbol: symbol,
    tradingClass,
    conId: listing?.conId ?? derivedConId(`STK ${symbol}`),
    longName: listing?.longName ?? '',
    marketName: tradingClass,
    minTick: 0.01,
    stockType: listing?.stockType ?? 'COMMON',
    hours: US_STOCK_HOURS,
  }
}

/** CME month codes, January first. */
const MONTH_CODES = 'FGHJKMNQUVXZ'

/**
 * A future of `root` traded on `exchange` in USD.
 *
 * @param lastTradeDate `yyyyMM`, or `yyyyMMdd` where the day is known.
 */
export function futureInstrument(root: string, exchange: string, lastTradeDate: string): Instrument {
  const listing = FUTURE_LISTINGS.get(root)
  const month = MONTH_CODES[Number(lastTradeDate.slice(4, 6)) - 1]
  const localSymbol = `${root}${month}${lastTradeDate[3]}`
  return {
    // Local symbols come round every ten years, so the name within the market has the whole year.
    symbol: `${root}${month}${lastTradeDate.slice(0, 4)}`,
    contractSymbol: root,
    secType: 'FUT',
    lastTradeDate,
    multiplier: listing?.multiplier ?? '',
    exchange,
    primaryExchange: '',
    currency: 'USD',
    localSymbol,
    tradingClass: root,
    conId: derivedConId(`FUT ${root} ${exchange} ${lastTradeDate.slice(0, 6)}`),
    longName: listing?.longName ?? '',
    marketName: root,
    minTick: listing?.minTick ?? 0.01,
    stockType: '',
    hours: CME_FUTURE_HOURS,
  }
}

/** Another listing of the same name elsewhere, which is what makes a contract ambiguous that says no more than the name. */
export function twinInstrument(instrument: Instrument): Instrument {
  return {
    ...instrument,
    conId: derivedConId(`TWIN ${instrument.symbol}`),
    primaryExchange: 'PINK',
    longName: `${instrument.longName} TWIN`.trim(),
    marketName: 'PINK',
    tradingClass: 'PINK',
  }
}

/** `instruments` with every contract id unique: of two that share one, the later by symbol gets the next free number. */
export function withUniqueConIds(instruments: readonly Instrument[]): Instrument[] {
  const taken = new Set<number>()
  return [...instruments]
    .sort((a, b) => (a.symbol < b.symbol ? -1 : 1))
    .map((instrument) => {
      let conId = instrument.conId
      while (taken.has(conId)) conId++
      taken.add(conId)
      return conId === instrument.conId ? instrument : { ...instrument, conId }
    })
}
