import type { ClientSession } from './client-session.ts'
import { MalformedMessage, type FieldReader } from './wire/message-fields.ts'

/**
 * What clients ask about account, orders and positions when they start. The simulated account has no orders and no positions;
 * the ends of the lists are what clients wait for. Message ids are those of the broker's client libraries.
 */

/** What the account is worth; made up. */
const NET_LIQUIDATION = '1000000.00'
const CURRENCY = 'USD'

type Handler = (session: ClientSession, reader: FieldReader) => void

/** Version and request id, with which most of these begin. */
function readReqId(reader: FieldReader): number {
  reader.integer()
  return reader.integer()
}

const endOf =
  (...message: readonly number[]): Handler =>
  (session) =>
    session.send(message)

const ignore: Handler = () => undefined

/** Message 6: begins (or ends) updates of the account: values, their time, the end of the first round. */
const onAccountUpdates: Handler = (session, reader) => {
  reader.integer()
  if (!reader.flag()) return
  const asked = reader.text()
  const account = asked === '' ? session.accounts[0] : asked
  session.send([6, 2, 'AccountCode', account, '', account])
  session.send([6, 2, 'NetLiquidation', NET_LIQUIDATION, CURRENCY, account])
  session.send([8, 1, new Date(session.nowTs() * 1000).toISOString().slice(11, 16)])
  session.send([54, 1, account])
}

/** Message 62: the tags that are known of each account, then the end. */
const onAccountSummary: Handler = (session, reader) => {
  const reqId = readReqId(reader)
  reader.text()
  const tags = reader.text().split(',')
  if (tags.includes('NetLiquidation')) {
    for (const account of session.accounts) {
      session.send([63, 1, reqId, account, 'NetLiquidation', NET_LIQUIDATION, CURRENCY])
    }
  }
  session.send([64, 1, reqId])
}

/** Message 76: the values of one account and model, then the end. */
const onAccountUpdatesMulti: Handler = (session, reader) => {
  const reqId = readReqId(reader)
  const asked = reader.text()
  const model = reader.text()
  const account = asked === '' ? session.accounts[0] : asked
  session.send([73, 1, reqId, account, model, 'NetLiquidation', NET_LIQUIDATION, CURRENCY])
  session.send([74, 1, reqId])
}

/** Messages 7 and 74: nothing to list, only the end under the request's id. */
const emptyList =
  (endMessage: number): Handler =>
  (session, reader) => {
    session.send([endMessage, 1, readReqId(reader)])
  }

/** Message 59: live, frozen or delayed data, as it makes no difference here. */
const onMarketDataType: Handler = (_session, reader) => {
  reader.integer()
  const type = reader.integer()
  if (type < 1 || type > 4) throw new MalformedMessage(`"${type}" is not a type of market data`)
}

/** The handlers by message id; the reader stands behind the id. */
export const START_UP_HANDLERS: readonly (readonly [string, Handler])[] = [
  ['5', endOf(53, 1)],
  ['6', onAccountUpdates],
  ['7', emptyList(55)],
  // Binds orders of TWS to this client; there are none.
  ['15', ignore],
  ['16', endOf(53, 1)],
  ['59', onMarketDataType],
  ['61', endOf(62, 1)],
  ['62', onAccountSummary],
  // Ends of account summary, positions, positions and account updates by model: nothing is answered.
  ['63', ignore],
  ['64', ignore],
  ['74', emptyList(72)],
  ['75', ignore],
  ['76', onAccountUpdatesMulti],
  ['77', ignore],
  ['99', endOf(102)],
]
