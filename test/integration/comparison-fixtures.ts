import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { FieldCounts } from '#shared/jobs/job-kinds.ts'
import { RowClass } from '#main/compare/compare-session.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { ComparisonSession, SymbolCauses } from '#main/stores/comparison-store.ts'
import { encodeDoubles, encodeTimes } from '#main/stores/session-block.ts'

export const OPEN_TS = Date.UTC(2024, 6, 1, 13, 30) / 1000
export const dateOf = (day: number): string => new Date((OPEN_TS + 86_400 * day) * 1000).toISOString().slice(0, 10)
const NO_FIELD: FieldCounts = { equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 }
const NO_COUNTS = {
  common: 0,
  oldOnly: 0,
  newOnly: 0,
  equal: 0,
  withinTolerance: 0,
  different: 0,
  nullVersusValue: 0,
  duplicateKeys: 0,
  notSettled: 0,
}
const BARS = ['open', 'high', 'low', 'close', 'volume']

export interface Row {
  readonly class?: number
  readonly old: readonly number[]
  readonly fresh: readonly number[]
}

/** A session whose rows are a minute apart; only `compared` fields were compared. */
export function sessionOf(symbol: string, day: number, rows: readonly Row[], compared = BARS): ComparisonSession {
  const openTs = OPEN_TS + 86_400 * day
  const columns = (side: 'old' | 'fresh'): Float64Array =>
    Float64Array.from(COMPARED_FIELDS.flatMap((_field, f) => rows.map((row) => row[side][f])))
  return {
    symbol,
    sessionDate: dateOf(day),
    oldHash: null,
    newHash: null,
    openTs,
    closeTs: openTs + 23_400,
    counts: {
      ...NO_COUNTS,
      common: rows.length,
      fields: Object.fromEntries(compared.map((field) => [field, NO_FIELD])),
    },
    rowCount: rows.length,
    blobs: {
      ts: encodeTimes(Float64Array.from(rows, (_row, i) => openTs + 60 * i)),
      class: Uint8Array.from(rows, (row) => row.class ?? RowClass.Different),
      old_values: encodeDoubles(columns('old')),
      new_values: encodeDoubles(columns('fresh')),
    },
  }
}

/** Closes of 100 on the old side; the new ones are so much higher. The new side alone has vwap and trade count. */
export const closeOff = (by: number): Row => ({
  old: [100, 100, 100, 100, 500, NaN, NaN],
  fresh: [100, 100, 100, 100 + by, 500, 100.01, 7],
})

/** Stores a finished run; without causes as one in which none were looked for. */
export function putRun(
  engine: Engine,
  runId: string,
  sessions: readonly ComparisonSession[],
  causes: Readonly<Record<string, SymbolCauses>> = {},
): void {
  const { comparisons } = engine.stores
  const dates = sessions.map(({ sessionDate }) => sessionDate).sort()
  const symbols = [...new Set(sessions.map(({ symbol }) => symbol))]
  comparisons.begin(
    {
      runId,
      from: dates[0],
      to: dates[dates.length - 1],
      symbols,
      oldPipeline: 'script',
      settings: '{}',
      codeVersion: '1.0.0',
      sample: null,
    },
    1,
  )
  comparisons.addSessions(runId, sessions)
  for (const [symbol, own] of Object.entries(causes)) comparisons.addSymbol(runId, { symbol, result: {}, causes: own })
  comparisons.finish(runId, {
    runId,
    sessions: sessions.length,
    oldRuns: null,
    sample: null,
    counts: { ...NO_COUNTS, fields: {} },
    errors: {},
    tests: [],
    largest: [],
    found: null,
    features: null,
  })
}
