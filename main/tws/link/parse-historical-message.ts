import { allocateBars, type BarColumns } from '#shared/bars.ts'

/** Message 17 of TWS, taken apart. */
export type HistoricalMessage =
  | {
      readonly kind: 'bars'
      readonly id: number
      /** Range of the answer in TWS's words. */
      readonly start: string
      readonly end: string
      readonly bars: BarColumns
    }
  /** A message that is not what its own count says, or holds no epoch seconds. Nothing of it can be used. */
  | { readonly kind: 'unreadable'; readonly id: number; readonly reason: string }

/** Server version from which on message 17 carries neither a version of its own nor a gaps field. */
export const PLAIN_HISTORY_VERSION = 124

const HEAD_FIELDS = 5
const ROW_FIELDS = 8
const NUL = 0

const PREFIX = Buffer.from('17\0')

/** Whether a message carries historical bars. */
export function isHistoricalMessage(message: Buffer): boolean {
  return message.length >= PREFIX.length && message.compare(PREFIX, 0, PREFIX.length, 0, PREFIX.length) === 0
}

/**
 * Reads `17, reqId, start, end, n, (time, open, high, low, close, volume, wap, count) x n` straight into columns: the client library
 * takes apart 10,000 bars in seconds, and answers a message that is cut short with bars that were never sent. Times are epoch seconds
 * (formatDate = 2); daily bars have a date, which becomes 00:00 UTC. Values that are no numbers, and an empty count, become NaN: they are judged later. Undefined when not even the
 * request can be told.
 */
export function parseHistoricalMessage(message: Buffer): HistoricalMessage | undefined {
  if (message[message.length - 1] !== NUL) return unreadable(message, 'it does not end with its last field')
  const fields = message.toString('latin1', 0, message.length - 1).split('\0')
  const id = requestId(fields[1])
  if (fields.length < HEAD_FIELDS || id === undefined) return unreadable(message, 'it is cut short')
  const count = Number(fields[4])
  if (!/^\d{1,9}$/.test(fields[4]) || fields.length !== HEAD_FIELDS + count * ROW_FIELDS) {
    return {
      kind: 'unreadable',
      id,
      reason: `it announces ${fields[4].slice(0, 20)} bars and holds ${Math.floor((fields.length - HEAD_FIELDS) / ROW_FIELDS)}`,
    }
  }
  const bars = allocateBars(count)
  for (let i = 0; i < count; i++) {
    const at = HEAD_FIELDS + i * ROW_FIELDS
    const time = fields[at]
    if (!/^\d{1,12}$/.test(time)) {
      return { kind: 'unreadable', id, reason: `a bar has the time "${time.slice(0, 40)}" instead of epoch seconds` }
    }
    bars.ts[i] = DATE.test(time) ? epochOfDate(time) : Number(time)
    bars.open[i] = value(fields[at + 1])
    bars.high[i] = value(fields[at + 2])
    bars.low[i] = value(fields[at + 3])
    bars.close[i] = value(fields[at + 4])
    bars.volume[i] = value(fields[at + 5])
    bars.vwap[i] = value(fields[at + 6])
    bars.tradeCount[i] = value(fields[at + 7])
  }
  return { kind: 'bars', id, start: fields[2], end: fields[3], bars }
}

/** `YYYYMMDD`. Epoch seconds had that many digits until 1973. */
const DATE = /^(19|20|21)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/

function epochOfDate(date: string): number {
  return Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6))) / 1000
}

function value(text: string): number {
  return text === '' ? NaN : Number(text)
}

function unreadable(message: Buffer, reason: string): HistoricalMessage | undefined {
  const id = requestId(message.toString('latin1', 0, 64).split('\0')[1])
  return id === undefined ? undefined : { kind: 'unreadable', id, reason }
}

function requestId(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
