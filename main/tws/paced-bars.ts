import type { Contract } from '@stoqey/ib'
import type { PacedRequest } from './pacing/paced-request.ts'
import type { BarsRequest } from './tws-requests.ts'

/** Bar sizes of 30 s and less, for which TWS has hard limits. */
const SMALL_BAR_SIZES = new Set(['1 secs', '5 secs', '10 secs', '15 secs', '30 secs'])

/** What TWS counts requests by: contract, exchange and tick type. */
export function contractKeyOf(
  { conId, symbol, secType, exchange, currency, localSymbol }: Contract,
  whatToShow: string,
): string {
  return [conId ?? '', symbol, secType, exchange, currency, localSymbol ?? '', whatToShow].join('|')
}

/** How a request for bars that ends at `end` is paced. */
export function pacedBars(request: BarsRequest, end: string): Omit<PacedRequest, 'id' | 'priority'> {
  const { symbol, contract, duration, barSize, whatToShow, useRth } = request
  const contractKey = contractKeyOf(contract, whatToShow)
  return {
    symbol,
    kind: SMALL_BAR_SIZES.has(barSize) ? 'small-bars' : 'bars',
    identity: [contractKey, end, duration, barSize, useRth].join('|'),
    contractKey,
    weight: whatToShow === 'BID_ASK' ? 2 : 1,
  }
}
