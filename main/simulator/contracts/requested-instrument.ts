import type { ClientSession } from '../client-session.ts'
import type { SymbolCondition } from '../scenario/scenario-schema.ts'
import { COMPETING_SESSION, DELAYED_DATA, notSubscribed, partlySubscribed } from '../wire/service-notices.ts'
import {
  ambiguousContract,
  DIFFERENT_IP,
  noDataError,
  noPermissionError,
  type TwsError,
  UNKNOWN_CONTRACT,
} from '../wire/tws-errors.ts'
import { type ContractQuery, findInstruments } from './contract-query.ts'
import { type Instrument, twinInstrument } from './instrument.ts'

/** The instruments that a query fits, the twins of ambiguous symbols included. */
export function matchingInstruments(session: ClientSession, query: ContractQuery): Instrument[] {
  const { conditions } = session.service
  const candidates = session.market
    .instruments()
    .flatMap((instrument) =>
      conditions.get(instrument.symbol) === 'ambiguous' ? [instrument, twinInstrument(instrument)] : [instrument],
    )
  return findInstruments(candidates, query)
}

/** The one instrument a data request means, or the error to answer with. */
export type RequestedInstrument =
  | { readonly kind: 'found'; readonly instrument: Instrument; readonly warning: TwsError | null }
  | { readonly kind: 'refused'; readonly error: TwsError }

/** Finds the instrument of a data request and what its symbol is answered whatever is asked. */
export function requestedInstrument(session: ClientSession, query: ContractQuery): RequestedInstrument {
  const found = matchingInstruments(session, query)
  if (found.length === 0) return { kind: 'refused', error: UNKNOWN_CONTRACT }
  const [instrument] = found
  if (found.length > 1) return { kind: 'refused', error: ambiguousContract(instrument.contractSymbol) }
  // A twin is a contract without data.
  if (!session.market.instruments().some(({ conId }) => conId === instrument.conId)) {
    return { kind: 'refused', error: noDataOf(instrument) }
  }
  const condition = session.service.conditions.get(instrument.symbol)
  const answer = condition === undefined ? null : answerOf(condition, instrument)
  if (answer === null) return { kind: 'found', instrument, warning: null }
  return condition === 'partlySubscribed' || condition === 'delayed'
    ? { kind: 'found', instrument, warning: answer }
    : { kind: 'refused', error: answer }
}

function noDataOf({ contractSymbol, exchange }: Instrument): TwsError {
  return noDataError(`${contractSymbol}@${exchange} Trades`)
}

/** What TWS says of a symbol in this condition; null when it is to be told apart first. */
function answerOf(condition: SymbolCondition, instrument: Instrument): TwsError | null {
  const { contractSymbol, primaryExchange, exchange } = instrument
  const listing = primaryExchange === '' ? exchange : primaryExchange
  const feed = `${contractSymbol} ${listing}/TOP/ALL`
  switch (condition) {
    case 'ambiguous':
      return null
    case 'noPermission':
      return noPermissionFor(instrument)
    case 'notSubscribed':
      return notSubscribed(feed)
    case 'partlySubscribed':
      return partlySubscribed(feed)
    case 'delayed':
      return DELAYED_DATA
    case 'noData':
      return noDataOf(instrument)
    case 'competingSession':
      return COMPETING_SESSION
    case 'differentIp':
      return DIFFERENT_IP
    default:
      return condition satisfies never
  }
}

/** 162 for the exchange an instrument is listed on, by the name TWS uses for it (`ISLAND` for NASDAQ). */
export function noPermissionFor({ primaryExchange, exchange, secType }: Instrument): TwsError {
  const listing = primaryExchange === '' ? exchange : primaryExchange
  return noPermissionError(`${listing === 'NASDAQ' ? 'ISLAND' : listing} ${secType}`)
}
