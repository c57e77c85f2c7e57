/**
 * The server versions at which the messages that this simulator sends or reads change their layout. Names and numbers are
 * those of the broker's client libraries.
 */
export const ServerVersion = {
  /** Contract details carry the (unused) market data size multiplier. */
  MdSizeMultiplier: 110,
  ReqHeadTimestamp: 118,
  AggGroup: 121,
  UnderlyingInfo: 122,
  CancelHeadTimestamp: 123,
  /** Historical replies lose their message version and the `hasGaps` field; requests gain `keepUpToDate`. */
  SyntRealtimeBars: 124,
  MarketRules: 126,
  RealExpirationDate: 134,
  StockType: 152,
  /** Free text is sent in ASCII with escapes. */
  EncodeMsgAscii7: 153,
  FractionalSizeSupport: 163,
  /** Contract details lose their message version, and sizes take three fields. */
  SizeRules: 164,
  HistoricalSchedule: 165,
  /** Error messages gain a field for the reason an order was rejected. */
  AdvancedOrderReject: 166,
  /** Times are written in the instrument's zone and name it. */
  InstrumentTimezone: 174,
  LastTradeDate: 182,
  IneligibilityReasons: 186,
} as const

/** The oldest version with length-prefixed messages. */
export const MIN_SERVER_VERSION = 100

/**
 * The newest version spoken. From 194 on error messages have other fields and from 201 on messages may be protobuf; a server
 * that settles on 193 or less is understood by every client with the text protocol.
 */
export const MAX_SERVER_VERSION = 193
