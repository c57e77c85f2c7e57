import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { asciiText } from '../wire/message-fields.ts'
import { ServerVersion } from '../wire/server-versions.ts'
import { twsZoneName } from '../wire/tws-time.ts'
import { type Instrument, type ExtendedHours } from './instrument.ts'
import { hoursText } from './trading-hours.ts'

const REGULAR: ExtendedHours = { beforeOpenSeconds: 0, afterCloseSeconds: 0 }

/**
 * Message 10, contract details, in the layout of `serverVersion`. Fields this simulator has nothing to say about (order
 * types, options, funds) are empty or zero as TWS sends them for a stock.
 */
export function contractDetailsMessage(
  reqId: number,
  instrument: Instrument,
  calendar: TradingCalendar,
  nowTs: number,
  serverVersion: number,
): (string | number)[] {
  const since = (version: number): boolean => serverVersion >= version
  const fields: (string | number)[] = [10]
  if (!since(ServerVersion.SizeRules)) fields.push(8)
  fields.push(reqId, instrument.contractSymbol, instrument.secType, instrument.lastTradeDate)
  if (since(ServerVersion.LastTradeDate)) {
    fields.push(instrument.lastTradeDate.length === 8 ? instrument.lastTradeDate : '')
  }
  fields.push(0, '', instrument.exchange, instrument.currency, instrument.localSymbol, instrument.marketName)
  fields.push(instrument.tradingClass, instrument.conId, String(instrument.minTick))
  if (since(ServerVersion.MdSizeMultiplier) && !since(ServerVersion.SizeRules)) fields.push(1)
  const validExchanges = [instrument.exchange, instrument.primaryExchange].filter((name) => name !== '')
  // Order types, valid exchanges, price magnifier, contract id of the underlying.
  fields.push(instrument.multiplier, '', validExchanges.join(','), 1, 0)
  fields.push(
    since(ServerVersion.EncodeMsgAscii7) ? asciiText(instrument.longName) : instrument.longName,
    instrument.primaryExchange,
  )
  // Contract month, industry, category, subcategory.
  fields.push(instrument.lastTradeDate.slice(0, 6), '', '', '', twsZoneName(calendar.zone))
  fields.push(hoursText(calendar, instrument.hours, nowTs), hoursText(calendar, REGULAR, nowTs))
  // Economic value rule and multiplier, number of security ids.
  fields.push('', 0, 0)
  if (since(ServerVersion.AggGroup)) fields.push(1)
  if (since(ServerVersion.UnderlyingInfo))
    fields.push(instrument.secType === 'FUT' ? instrument.contractSymbol : '', '')
  if (since(ServerVersion.MarketRules)) fields.push('')
  if (since(ServerVersion.RealExpirationDate)) {
    fields.push(instrument.lastTradeDate.length === 8 ? instrument.lastTradeDate : '')
  }
  if (since(ServerVersion.StockType)) fields.push(instrument.stockType)
  if (since(ServerVersion.FractionalSizeSupport) && !since(ServerVersion.SizeRules)) fields.push(1)
  // Smallest size, size increment, suggested size increment: whole units, round lots of stocks.
  if (since(ServerVersion.SizeRules)) fields.push(1, 1, instrument.secType === 'STK' ? 100 : 1)
  if (since(ServerVersion.IneligibilityReasons)) fields.push(0)
  return fields
}
