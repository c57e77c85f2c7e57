import type { BarColumns } from '#shared/bars.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'

/** Bars as the search for causes needs them: ascending, one row a minute. Fields in the order of COMPARED_FIELDS. */
export interface Rows {
  readonly ts: Float64Array
  readonly fields: readonly Float64Array[]
}

export interface OldRows extends Rows {
  /** Rows whose minute comes again in a later row, which takes their place; `kept` is the place of that row. */
  readonly superseded: readonly {
    readonly kept: number
    readonly values: readonly number[]
    readonly isCopy: boolean
  }[]
  /** Rows whose time is no finite number. */
  readonly untimed: number
}

/** Puts old bars in order. The last given row of a minute counts, as for the import of old files. */
export function orderRows(bars: BarColumns): OldRows {
  const fields = COMPARED_FIELDS.map((field) => bars[field])
  const { ts } = bars
  let isOrdered = true
  for (let i = 0; i < ts.length && isOrdered; i++) {
    isOrdered = Number.isFinite(ts[i]) && (i === 0 || ts[i] > ts[i - 1])
  }
  if (isOrdered) return { ts, fields, superseded: [], untimed: 0 }

  const order: number[] = []
  for (let i = 0; i < ts.length; i++) if (Number.isFinite(ts[i])) order.push(i)
  order.sort((a, b) => ts[a] - ts[b] || a - b)
  const kept: number[] = []
  const superseded: { kept: number; values: number[]; isCopy: boolean }[] = []
  order.forEach((row, i) => {
    if (i + 1 === order.length || ts[order[i + 1]] !== ts[row]) {
      kept.push(row)
      return
    }
    let last = i + 1
    while (last + 1 < order.length && ts[order[last + 1]] === ts[row]) last++
    const values = fields.map((column) => column[row])
    const isCopy = fields.every((column, f) => Object.is(column[order[last]], values[f]))
    superseded.push({ kept: kept.length, values, isCopy })
  })
  return {
    ts: Float64Array.from(kept, (row) => ts[row]),
    fields: fields.map((column) => Float64Array.from(kept, (row) => column[row])),
    superseded,
    untimed: ts.length - order.length,
  }
}
