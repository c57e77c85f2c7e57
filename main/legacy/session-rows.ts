import { rmSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { allocateBars, type BarColumns } from '#shared/bars.ts'
import { isoUtc, type SessionDate } from '#shared/time.ts'

/** Places of the values of a row; the legacy features come after them. */
export const ROW = { ts: 0, line: 1, open: 2, high: 3, low: 4, close: 5, volume: 6, features: 7 } as const

/** Doubles kept in memory before sessions go to the disk: 64 MB. */
const MOST_DOUBLES = 8_000_000
const FIRST_ROWS = 400

/** Rows of one session, one after the other, in the order of the file. */
export class SessionRows {
  data: Float64Array<ArrayBuffer>
  count = 0
  readonly width: number
  readonly #onGrowth: (doubles: number) => void

  constructor(width: number, onGrowth: (doubles: number) => void) {
    this.width = width
    this.#onGrowth = onGrowth
    this.data = new Float64Array(FIRST_ROWS * width)
  }

  add(row: Float64Array): void {
    const { width } = this
    if ((this.count + 1) * width > this.data.length) {
      const larger = new Float64Array(2 * this.data.length)
      larger.set(this.data)
      this.#onGrowth(this.data.length)
      this.data = larger
    }
    this.data.set(row, this.count * width)
    this.count++
  }
}

/** A row that a later one of the same minute took the place of. */
interface Superseded {
  /** Its minute, epoch seconds. */
  readonly ts: number
  /** Whether prices and volume are those of the row that counts. */
  readonly isCopy: boolean
  readonly line: number
  readonly reason: string
  readonly text: string
}

export interface GatheredSession {
  readonly sessionDate: SessionDate
  readonly bars: BarColumns
  /** Line (row where there are no lines) of every bar. */
  readonly lines: Float64Array
  readonly features: readonly Float64Array[]
  readonly superseded: readonly Superseded[]
}

/** Where the rows of files go. */
export interface RowSink {
  /** Changes when the objects that `rowsOf` gave are no longer the ones to add to. */
  readonly generation: number
  /** Where to add rows of a session; valid while `generation` stays the same. */
  rowsOf(importId: number, symbol: string, sessionDate: SessionDate, width: number): SessionRows
}

/**
 * Gathers rows in any order by import, symbol and session. Beyond a bound they wait in a file of their own, so that memory does
 * not grow with what is imported.
 */
export class RowGatherer implements RowSink {
  readonly #scratchFile: string
  readonly #mostDoubles: number
  readonly #open = new Map<string, Map<SessionDate, SessionRows>>()
  #spill: Sqlite.Database | undefined
  #doubles = 0
  generation = 0

  /** @param scratchFile made when it is needed, and taken away by `close`. */
  constructor(scratchFile: string, mostDoubles = MOST_DOUBLES) {
    this.#scratchFile = scratchFile
    this.#mostDoubles = mostDoubles
    rmSync(scratchFile, { force: true })
  }

  rowsOf(importId: number, symbol: string, sessionDate: SessionDate, width: number): SessionRows {
    const key = `${importId}/${symbol}`
    let sessions = this.#open.get(key)
    if (sessions === undefined) this.#open.set(key, (sessions = new Map()))
    let rows = sessions.get(sessionDate)
    if (rows === undefined) {
      if (this.#doubles > this.#mostDoubles) {
        this.#spillAll()
        return this.rowsOf(importId, symbol, sessionDate, width)
      }
      rows = new SessionRows(width, (doubles) => (this.#doubles += doubles))
      this.#doubles += rows.data.length
      sessions.set(sessionDate, rows)
    }
    return rows
  }

  /** Takes out the sessions of one import and symbol, ascending, bars ascending; of the same minute the later row counts. */
  *take(importId: number, symbol: string, width: number): Generator<GatheredSession> {
    const key = `${importId}/${symbol}`
    const inMemory = this.#open.get(key) ?? new Map<SessionDate, SessionRows>()
    const select = this.#spill
      ?.prepare('select data from rows where owner = ? and session_date = ? order by id')
      .pluck()
    const onDisk = (this.#spill?.prepare('select distinct session_date from rows where owner = ?').pluck().all(key) ??
      []) as SessionDate[]
    for (const sessionDate of [...new Set([...onDisk, ...inMemory.keys()])].sort()) {
      const own = inMemory.get(sessionDate)
      const parts = (select?.all(key, sessionDate) ?? []) as Buffer[]
      const pieces: Float64Array[] = parts.map((part) => new Float64Array(Uint8Array.from(part).buffer))
      if (own !== undefined) pieces.push(own.data.subarray(0, own.count * width))
      yield inOrder(sessionDate, pieces.length === 1 ? pieces[0] : concat(pieces), width)
    }
    for (const rows of inMemory.values()) this.#doubles -= rows.data.length
    this.#open.delete(key)
    this.#spill?.prepare('delete from rows where owner = ?').run(key)
  }

  close(): void {
    this.#open.clear()
    this.#spill?.close()
    rmSync(this.#scratchFile, { force: true })
  }

  #spillAll(): void {
    if (this.#spill === undefined) {
      this.#spill = new Sqlite(this.#scratchFile)
      this.#spill.pragma('journal_mode = off')
      this.#spill.pragma('synchronous = off')
      this.#spill.exec(
        'create table rows (id integer primary key, owner text, session_date text, data blob); create index by_owner on rows (owner, session_date)',
      )
    }
    const insert = this.#spill.prepare('insert into rows (owner, session_date, data) values (?, ?, ?)')
    this.#spill.transaction(() => {
      for (const [owner, sessions] of this.#open) {
        for (const [sessionDate, { data, count, width }] of sessions) {
          insert.run(owner, sessionDate, Buffer.from(data.buffer, 0, 8 * count * width))
        }
      }
    })()
    this.#open.clear()
    this.#doubles = 0
    this.generation++
  }
}

function concat(pieces: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

function inOrder(sessionDate: SessionDate, data: Float64Array, width: number): GatheredSession {
  const count = data.length / width
  const tsOf = (row: number): number => data[row * width + ROW.ts]
  const lineOf = (row: number): number => data[row * width + ROW.line]
  const order = Array.from({ length: count }, (_, i) => i)
  let ascends = true
  for (let i = 1; i < count && ascends; i++) ascends = tsOf(i) > tsOf(i - 1)
  if (!ascends) order.sort((a, b) => tsOf(a) - tsOf(b) || lineOf(a) - lineOf(b))
  const valuesOf = (row: number): Float64Array => data.subarray(row * width + ROW.open, row * width + ROW.features)
  const superseded: Superseded[] = []
  const kept = ascends ? order : []
  let counting: Float64Array = valuesOf(0)
  for (let i = count - 1; i >= 0 && !ascends; i--) {
    const row = order[i]
    if (i + 1 === count || tsOf(order[i + 1]) !== tsOf(row)) {
      kept.push(row)
      counting = valuesOf(row)
      continue
    }
    const values = valuesOf(row)
    superseded.push({
      ts: tsOf(row),
      isCopy: values.every((value, f) => Object.is(value, counting[f])),
      line: lineOf(row),
      reason: `line ${lineOf(order[i + 1])} has the same minute, ${isoUtc(tsOf(row))}, and comes later`,
      text: Array.from(values).join(','),
    })
  }
  if (!ascends) {
    kept.reverse()
    superseded.reverse()
  }
  const bars = allocateBars(kept.length)
  const lines = new Float64Array(kept.length)
  const features = Array.from({ length: width - ROW.features }, () => new Float64Array(kept.length))
  kept.forEach((row, i) => {
    const at = row * width
    bars.ts[i] = data[at]
    lines[i] = data[at + ROW.line]
    bars.open[i] = data[at + ROW.open]
    bars.high[i] = data[at + ROW.high]
    bars.low[i] = data[at + ROW.low]
    bars.close[i] = data[at + ROW.close]
    bars.volume[i] = data[at + ROW.volume]
    for (let f = 0; f < features.length; f++) features[f][i] = data[at + ROW.features + f]
  })
  bars.vwap.fill(NaN)
  bars.tradeCount.fill(NaN)
  return { sessionDate, bars, lines, features, superseded }
}
