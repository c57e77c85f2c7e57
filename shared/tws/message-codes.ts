/**
 * What TWS's message codes mean for this program and its operator. Sources: the broker's "Message Codes" page for the codes and
 * their texts; the notes in docs/tws.md for what clients have to do about them.
 */

/** What a refusal of a request asks for. */
export type Refusal =
  /** Too many requests: slow down and ask again. */
  | 'pacing'
  /** The broker has no bars for the range. Not proof that earlier ones are missing too. */
  | 'no-data'
  /** The answer to our own cancel. */
  | 'cancelled'
  /** Another session of the same user has taken the market data; ask again when it is gone. */
  | 'competing-session'
  /** No subscription or permission; asking again does not help. */
  | 'no-permission'
  /** TWS does not know the contract, or knows several. */
  | 'unknown-contract'
  /** The request itself is not allowed. */
  | 'invalid'
  /** The broker's data service is away for the moment. */
  | 'service-down'
  /** Something else that may pass. */
  | 'transient'

const NO_PERMISSION = new Set([354, 420, 10089, 10090, 10091, 10167, 10168, 10186, 10187, 10189, 10276])
const UNKNOWN_CONTRACT = new Set([200, 203])
const INVALID = new Set([320, 321, 10314])
const SERVICE_DOWN = new Set([165, 2103, 2105, 2157, 504, 1100, 2110])

/** What a refusal means. Code 162 says nothing by itself: it is told apart by its text. */
export function classifyRefusal(code: number, text: string): Refusal {
  if (code === 162 || code === 366) return classifyHistorical(code, text)
  if (code === 420 && /pacing/i.test(text)) return 'pacing'
  if (code === 100) return 'pacing'
  if (code === 10197) return 'competing-session'
  if (NO_PERMISSION.has(code)) return 'no-permission'
  if (UNKNOWN_CONTRACT.has(code)) return 'unknown-contract'
  if (INVALID.has(code)) return 'invalid'
  if (SERVICE_DOWN.has(code)) return 'service-down'
  return 'transient'
}

function classifyHistorical(code: number, text: string): Refusal {
  if (code === 366 || /query cancell?ed/i.test(text)) return 'cancelled'
  if (/pacing violation/i.test(text)) return 'pacing'
  if (/returned no data|no data of type/i.test(text)) return 'no-data'
  if (/different ip address|competing live session/i.test(text)) return 'competing-session'
  if (/no market data permissions|not subscribed|subscription/i.test(text)) return 'no-permission'
  if (/invalid step|invalid time length|time length exceed|bar size setting is invalid|invalid duration/i.test(text)) {
    return 'invalid'
  }
  if (/connection to hmds|inactive|not connected|hmds.*(lost|failed)|no security definition/i.test(text)) {
    return /no security definition/i.test(text) ? 'unknown-contract' : 'service-down'
  }
  return 'transient'
}

/** What a notice about a data farm says. */
export interface FarmNotice {
  readonly name: string
  readonly kind: 'market-data' | 'historical-data' | 'security-definitions'
  readonly state: 'ok' | 'broken' | 'inactive' | 'connecting'
}

const FARM_CODES: Readonly<Record<number, Omit<FarmNotice, 'name'>>> = {
  2103: { kind: 'market-data', state: 'broken' },
  2104: { kind: 'market-data', state: 'ok' },
  2105: { kind: 'historical-data', state: 'broken' },
  2106: { kind: 'historical-data', state: 'ok' },
  2107: { kind: 'historical-data', state: 'inactive' },
  2108: { kind: 'market-data', state: 'inactive' },
  2119: { kind: 'market-data', state: 'connecting' },
  2157: { kind: 'security-definitions', state: 'broken' },
  2158: { kind: 'security-definitions', state: 'ok' },
}

/** The farm that a notice is about; undefined for other notices. The name stands behind the last colon or after "is": `...:usfarm`. */
export function farmNotice(code: number, text: string): FarmNotice | undefined {
  const known = FARM_CODES[code]
  if (known === undefined) return undefined
  const name = /[:.]\s*([A-Za-z][\w.-]*)\s*\.?\s*$/.exec(text)?.[1] ?? 'unnamed'
  return { name, ...known }
}

/** The port that notice 1300 names; undefined where it names none. */
export function portOfNotice1300(text: string): number | undefined {
  const found = /(?<!\d)(\d{2,5})\D*$/.exec(text)
  const port = Number(found?.[1])
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined
}

const MEANINGS: Readonly<Record<number, string>> = {
  100: 'More messages a second than TWS allows. Requests are sent more slowly; after three such errors TWS ends the session.',
  162: 'The historical data service refused a request; its text says why.',
  165: 'The historical data service reports on a query of its own.',
  166: 'The historical data service knows the contract under several entries.',
  200: 'TWS knows no such contract, or several. Check symbol, exchange, currency and contract id in switchyard.yaml.',
  320: 'TWS could not read a message of this program.',
  321: 'TWS found a value in the request that is not allowed.',
  322: 'TWS could not process the request; it is made again.',
  326: 'Another program uses this client id. The next one is tried.',
  354: 'The account has no market data subscription for this instrument. Its sessions are named as without permission.',
  366: 'TWS no longer knows the historical request; usually the answer to a cancel that came too late.',
  386: 'TWS already has a request of this number; it is made again under another one.',
  420: 'Too many requests for real-time bars; they are made again later.',
  502: 'TWS could not be reached.',
  504: 'The connection to TWS is not there.',
  507: 'A message of TWS could not be read.',
  1100: 'TWS lost its connection to the broker. Requests wait until it is back.',
  1101: 'TWS is connected to the broker again and has lost its subscriptions. They are made again, and open requests are repeated.',
  1102: 'TWS is connected to the broker again and kept its subscriptions. Open requests go on.',
  1300: 'TWS listens on another port from now on. The connection is made anew there.',
  2103: 'The market data farm is not connected. Live bars may stop; history can be fetched.',
  2104: 'The market data farm is connected.',
  2105: 'The historical data farm is not connected. Requests for history wait until it is back.',
  2106: 'The historical data farm is connected.',
  2107: 'The historical data farm sleeps until it is asked. That is no fault.',
  2108: 'The market data farm sleeps until it is asked. That is no fault.',
  2110: 'TWS lost its connection to the broker and restores it by itself. Requests wait.',
  2119: 'TWS is connecting to the market data farm.',
  2157: 'The farm of contract definitions is not connected. Contracts may not be resolved.',
  2158: 'The farm of contract definitions is connected.',
  2174: 'A time was sent without a zone. This program sends UTC; the warning should not occur.',
  10090: 'Part of the requested data is not subscribed.',
  10167: 'Market data of this instrument is not subscribed; TWS offers delayed data.',
  10197: 'Another session of the same user holds the market data. Requests are tried again every minute.',
  10225: 'TWS stopped a subscription. It is made anew, and the bars since are fetched.',
  10314: 'TWS could not read the end time of a request.',
}

/** What a code means and what is done about it, one or two sentences; undefined for codes that nothing is known about. */
export function meaningOf(code: number, text: string): string | undefined {
  if (code === 162) {
    switch (classifyHistorical(code, text)) {
      case 'pacing':
        return 'More historical requests than TWS allows. Everything historical pauses, then goes on more slowly.'
      case 'no-data':
        return 'The broker has no bars for the range. The sessions are asked for alone before this is believed.'
      case 'cancelled':
        return 'TWS confirms that a request was taken back.'
      case 'competing-session':
        return 'Another session of the same user, from another address, holds the data. Requests are tried again every minute.'
      case 'no-permission':
        return 'The account may not see this data. Its sessions are named as without permission.'
      case 'invalid':
        return 'TWS does not accept this combination of range and bar size.'
      default:
        return MEANINGS[code]
    }
  }
  return MEANINGS[code]
}

/** How much a notice matters to the operator. */
export function severityOf(code: number): 'info' | 'warn' | 'error' {
  if (code === 2103 || code === 2105 || code === 2157 || code === 1101 || code === 1300 || code === 10197) return 'warn'
  if (code === 1100 || code === 2110 || code === 326 || code === 100) return 'error'
  return (code >= 2100 && code <= 2199) || code === 1102 ? 'info' : 'warn'
}
