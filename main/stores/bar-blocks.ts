import type { BarColumns, CuratedColumns } from '#shared/bars.ts'
import {
  decodeDoubles,
  decodeFlags,
  decodeTimes,
  encodeDoublesInPlace,
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

/** Bytes of one encoded bar, without and for its flags. */
const BAR_BYTES = 64
const FLAG_BYTES = 2

/** Encodes bars. All blobs lie in one buffer of their own. */
export function encodeBars(bars: BarColumns): BarBlobs {
  return encodeInto(new ArrayBuffer(BAR_BYTES * bars.ts.length), bars)
}

/** Encodes the bars of one session after the other in the same memory. */
export class BarEncoder {
  #memory = new ArrayBuffer(0)

  /** As {@link encodeBars}; the blobs are valid until the next call. */
  encode(bars: BarColumns): BarBlobs {
    const bytes = BAR_BYTES * bars.ts.length
    if (this.#memory.byteLength < bytes) this.#memory = new ArrayBuffer(2 * bytes)
    return encodeInto(this.#memory, bars)
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

/** Encodes curated bars. All blobs lie in one buffer of their own, so that a block goes to another thread as one piece. */
export function encodeCurated(bars: CuratedColumns): CuratedBlobs {
  const rows = bars.ts.length
  const block = new ArrayBuffer((BAR_BYTES + FLAG_BYTES) * rows)
  return { ...encodeInto(block, bars), flags: encodeFlags(bars.flags, new Uint16Array(block, BAR_BYTES * rows, rows)) }
}

/** Encodes the columns of bars one after the other from the beginning of `block`. */
function encodeInto(block: ArrayBuffer, bars: BarColumns): BarBlobs {
  const rows = bars.ts.length
  const doubles = (place: number, column: Float64Array): Buffer => {
    const target = new Float64Array(block, 8 * place * rows, rows)
    target.set(column)
    return encodeDoublesInPlace(target)
  }
  return {
    ts: encodeTimes(bars.ts, new Int32Array(block, 0, 2 * rows)),
    open: doubles(1, bars.open),
    high: doubles(2, bars.high),
    low: doubles(3, bars.low),
    close: doubles(4, bars.close),
    volume: doubles(5, bars.volume),
    vwap: doubles(6, bars.vwap),
    trade_count: doubles(7, bars.tradeCount),
  }
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
