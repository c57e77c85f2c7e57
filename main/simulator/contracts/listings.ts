/** What is known of an instrument apart from its prices. */
export interface Listing {
  /** The broker's name for the company or fund. */
  readonly longName: string
  readonly primaryExchange: string
  /** `COMMON` or `ETF`. */
  readonly stockType: string
  /** The broker's contract id, where it is widely published. */
  readonly conId?: number
}

/** US stocks and funds the markets are made of. Symbols that are not here are served with an empty name and listing. */
export const STOCK_LISTINGS: ReadonlyMap<string, Listing> = new Map([
  ['AAPL', { longName: 'APPLE INC', primaryExchange: 'NASDAQ', stockType: 'COMMON', conId: 265_598 }],
  ['AIG', { longName: 'AMERICAN INTERNATIONAL GROUP', primaryExchange: 'NYSE', stockType: 'COMMON' }],
  ['AMZN', { longName: 'AMAZON.COM INC', primaryExchange: 'NASDAQ', stockType: 'COMMON', conId: 3_691_937 }],
  ['BAC', { longName: 'BANK OF AMERICA CORP', primaryExchange: 'NYSE', stockType: 'COMMON', conId: 10_098 }],
  ['DJCO', { longName: 'DAILY JOURNAL CORP', primaryExchange: 'NASDAQ', stockType: 'COMMON' }],
  ['GOOG', { longName: 'ALPHABET INC-CL C', primaryExchange: 'NASDAQ', stockType: 'COMMON', conId: 208_813_720 }],
  ['IBM', { longName: 'INTL BUSINESS MACHINES CORP', primaryExchange: 'NYSE', stockType: 'COMMON', conId: 8_314 }],
  ['IWM', { longName: 'ISHARES RUSSELL 2000 ETF', primaryExchange: 'ARCA', stockType: 'ETF', conId: 9_579_970 }],
  ['JPM', { longName: 'JPMORGAN CHASE & CO', primaryExchange: 'NYSE', stockType: 'COMMON', conId: 1_520_593 }],
  ['MSFT', { longName: 'MICROSOFT CORP', primaryExchange: 'NASDAQ', stockType: 'COMMON', conId: 272_093 }],
  ['NVDA', { longName: 'NVIDIA CORP', primaryExchange: 'NASDAQ', stockType: 'COMMON', conId: 4_815_747 }],
  ['QQQ', { longName: 'INVESCO QQQ TRUST SERIES 1', primaryExchange: 'NASDAQ', stockType: 'ETF', conId: 320_227_571 }],
  ['SEB', { longName: 'SEABOARD CORP', primaryExchange: 'AMEX', stockType: 'COMMON' }],
  ['SPY', { longName: 'SPDR S&P 500 ETF TRUST', primaryExchange: 'ARCA', stockType: 'ETF', conId: 756_733 }],
  ['XOM', { longName: 'EXXON MOBIL CORP', primaryExchange: 'NYSE', stockType: 'COMMON' }],
])

/** What is known of a future apart from its prices. */
export interface FutureListing {
  readonly longName: string
  readonly minTick: number
  readonly multiplier: string
}

export const FUTURE_LISTINGS: ReadonlyMap<string, FutureListing> = new Map([
  ['ES', { longName: 'E-mini S&P 500', minTick: 0.25, multiplier: '50' }],
])
