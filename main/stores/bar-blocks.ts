import type { BarColumns, CuratedColumns } from '#shared/bars.ts'
import {
  decodeDoubles,
  decodeFlags,
  decodeTimes,
  encodeDoubles,
  encodeFlags,
  encodeTimes,
  hashBlobs,
} from './session-block.ts'

/** The BLOB columns of stored bars, named as in the tables. */
export interface BarBlobs {
  readonly ts: Uint8Array
  readonly open: Uint8Array
  readonly high: Uint8Array
  readonly low: Uint8Array
  readonly close: Uint8Array
  readonly volume: Uint8Array
  readonly vwap: Uint8Array
  readonly trade_count: Uint8Array
}

export interface CuratedBlobs extends BarBlobs {
  readonly flags: Uint8Array
}

/** SQL list of the BLOB columns of bars. */
export const BAR_BLOB_COLUMNS = 'ts, open, high, low, close, volume, vwap, trade_count'

export function encodeBars(bars: BarColumns): BarBlobs {
  return {
    ts: encodeTimes(bars.ts),
    open: encodeDoubles(bars.open),
    high: encodeDoubles(bars.high),
    low: encodeDoubles(bars.low),
    close: encodeDoubles(bars.close),
    volume: encodeDoubles(bars.volume),
    vwap: encodeDoubles(bars.vwap),
    trade_count: encodeDoubles(bars.tradeCount),
  }
}

export function decodeBars(blobs: BarBlobs): BarColumns {
  return {
    ts: decodeTimes(blobs.ts),
    open: decodeDoubles(blobs.open),
    high: decodeDoubles(blobs.high),
    low: decodeDoubles(blobs.low),
    close: decodeDoubles(blobs.close),
    volume: decodeDoubles(blobs.volume),
    vwap: decodeDoubles(blobs.vwap),
    tradeCount: decodeDoubles(blobs.trade_count),
  }
}

export function encodeCurated(bars: CuratedColumns): CuratedBlobs {
  return { ...encodeBars(bars), flags: encodeFlags(bars.flags) }
}

export function decodeCurated(blobs: CuratedBlobs): CuratedColumns {
  return { ...decodeBars(blobs), flags: decodeFlags(blobs.flags) }
}

/** Content hash (SHA-256 hex) of bars as stored. */
export function hashBars(blobs: BarBlobs): string {
  return hashBlobs(barBlobList(blobs))
}

/** Content hash (SHA-256 hex) of curated bars as stored, flags included. */
export function hashCurated(blobs: CuratedBlobs): string {
  return hashBlobs([...barBlobList(blobs), ['flags', blobs.flags]])
}

function barBlobList(blobs: BarBlobs): (readonly [string, Uint8Array])[] {
  return [
    ['ts', blobs.ts],
    ['open', blobs.open],
    ['high', blobs.high],
    ['low', blobs.low],
    ['close', blobs.close],
    ['volume', blobs.volume],
    ['vwap', blobs.vwap],
    ['trade_count', blobs.trade_count],
  ]
}
