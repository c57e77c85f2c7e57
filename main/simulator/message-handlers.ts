import type { ClientSession } from './client-session.ts'
import { contractDetailsMessage } from './contracts/contract-details-message.ts'
import { readContract } from './contracts/contract-query.ts'
import { matchingInstruments } from './contracts/requested-instrument.ts'
import { onCancelHeadTimestamp, onHeadTimestamp } from './history/serve-head-timestamp.ts'
import { onCancelHistoricalData, onHistoricalData } from './history/serve-historical.ts'
import { onCancelRealTimeBars, onRealTimeBars } from './live/serve-real-time-bars.ts'
import { START_UP_HANDLERS } from './start-up-sync.ts'
import type { FieldReader } from './wire/message-fields.ts'
import { UNKNOWN_CONTRACT } from './wire/tws-errors.ts'

type Handler = (session: ClientSession, reader: FieldReader) => void

/** The first order id told to a client. */
const FIRST_ORDER_ID = 1

/** Message 15, the accounts of the login, comma separated. */
export function sendManagedAccounts(session: ClientSession): void {
  session.send([15, 1, session.accounts.join(',')])
}

/** Message 9, the next order id. */
export function sendNextValidId(session: ClientSession): void {
  session.send([9, 1, FIRST_ORDER_ID])
}

/** What to do with each message after startApi, by message id; the reader stands behind the id. */
export const MESSAGE_HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ...START_UP_HANDLERS,
  ['8', sendNextValidId],
  ['9', onContractDetails],
  ['17', sendManagedAccounts],
  ['20', onHistoricalData],
  ['25', onCancelHistoricalData],
  ['49', (session) => session.send([49, 1, Math.floor(session.nowTs())])],
  ['50', onRealTimeBars],
  ['51', onCancelRealTimeBars],
  ['87', onHeadTimestamp],
  ['90', onCancelHeadTimestamp],
])

function onContractDetails(session: ClientSession, reader: FieldReader): void {
  reader.integer()
  const reqId = reader.integer()
  const found = matchingInstruments(session, readContract(reader))
  if (found.length === 0) {
    session.sendError(reqId, UNKNOWN_CONTRACT)
    return
  }
  for (const instrument of found) {
    const calendar = session.market.calendar(instrument.symbol)
    session.send(contractDetailsMessage(reqId, instrument, calendar, session.nowTs(), session.serverVersion))
  }
  session.send([52, 1, reqId])
}
