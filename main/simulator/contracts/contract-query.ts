import type { FieldReader } from '../wire/message-fields.ts'
import type { Instrument } from './instrument.ts'

/** The contract of a request. Unset fields are empty, an unset contract id is 0. */
export interface ContractQuery {
  readonly conId: number
  readonly symbol: string
  readonly secType: string
  readonly lastTradeDate: string
  readonly exchange: string
  readonly primaryExchange: string
  readonly currency: string
  readonly localSymbol: string
  readonly tradingClass: string
}

/**
 * Reads the thirteen contract fields that the requests for contract details, head time stamps and historical data share:
 * contract id, symbol, security type, expiry, strike, right, multiplier, exchange, primary exchange, currency, local symbol,
 * trading class, include expired.
 */
export function readContract(reader: FieldReader): ContractQuery {
  const contract = readLiveContract(reader)
  reader.flag()
  return contract
}

/** Reads the contract of a request for real-time bars, which speaks of nothing that has expired: twelve fields. */
export function readLiveContract(reader: FieldReader): ContractQuery {
  const conId = reader.integerOrZero()
  const symbol = reader.text()
  const secType = reader.text()
  const lastTradeDate = reader.text()
  // Strike, right and multiplier tell options apart, of which there are none.
  for (let skipped = 0; skipped < 3; skipped++) reader.text()
  const exchange = reader.text()
  const primaryExchange = reader.text()
  const currency = reader.text()
  const localSymbol = reader.text()
  const tradingClass = reader.text()
  return { conId, symbol, secType, lastTradeDate, exchange, primaryExchange, currency, localSymbol, tradingClass }
}

/** Names that mean the same exchange. */
const EXCHANGE_ALIASES: ReadonlyMap<string, string> = new Map([
  ['ISLAND', 'NASDAQ'],
  ['BEST', 'SMART'],
  ['NYSEARCA', 'ARCA'],
])

function sameExchange(a: string, b: string): boolean {
  const canonical = (name: string): string => EXCHANGE_ALIASES.get(name.toUpperCase()) ?? name.toUpperCase()
  return canonical(a) === canonical(b)
}

function matches(instrument: Instrument, query: ContractQuery): boolean {
  const same = (asked: string, actual: string): boolean => asked === '' || asked.toUpperCase() === actual.toUpperCase()
  if (query.conId > 0) {
    if (query.conId !== instrument.conId) return false
  } else if (query.symbol === '' && query.localSymbol === '') {
    return false
  }
  return (
    same(query.symbol, instrument.contractSymbol) &&
    same(query.localSymbol, instrument.localSymbol) &&
    same(query.secType, instrument.secType) &&
    same(query.currency, instrument.currency) &&
    same(query.tradingClass, instrument.tradingClass) &&
    instrument.lastTradeDate.startsWith(query.lastTradeDate.slice(0, Math.max(6, instrument.lastTradeDate.length))) &&
    (query.exchange === '' ||
      sameExchange(query.exchange, instrument.exchange) ||
      sameExchange(query.exchange, instrument.primaryExchange)) &&
    (query.primaryExchange === '' ||
      instrument.primaryExchange === '' ||
      sameExchange(query.primaryExchange, instrument.primaryExchange))
  )
}

/**
 * The instruments that fit every field the query gives. The contract id decides where it is given; else symbol or local
 * symbol must be. A primary exchange is not held against an instrument whose listing is unknown.
 */
export function findInstruments(instruments: readonly Instrument[], query: ContractQuery): Instrument[] {
  return instruments.filter((instrument) => matches(instrument, query))
}
