import { allocateBars, type BarColumns } from '#shared/bars.ts'
import { RowClass } from '#main/compare/block-comparer.ts'
import { DOUBLED_ROW, OLD_ONLY } from '#main/compare/causes/attribute-differences.ts'
import { causeKey } from '#main/compare/causes/cause-key.ts'
import { explainDifferences } from '#main/compare/causes/explain-differences.ts'
import { SessionComparer, type SessionRules } from '#main/compare/compare-session.ts'
import { ProfileBook } from '#main/compare/distributions/profile-book.ts'
import { ValueTests } from '#main/compare/distributions/value-tests.ts'
import { LargestDifferences } from '#main/compare/largest-differences.ts'
import { sessionEdges } from '#main/compare/tolerances.ts'
import { type ComparisonSession, ROW_HAS_OPEN, type SymbolCauses } from '#main/stores/comparison-store.ts'
import { LegacyStore } from '#main/stores/legacy-store.ts'
import { encodeDoubles, encodeTimes } from '#main/stores/session-block.ts'
import type { SessionDate } from '#shared/time.ts'
import type { CompareTask, Delivery, SymbolResult } from './compute-task.ts'
import { openNewSide, type OpenNewSide } from './new-side.ts'
import { StoredPairs } from './stored-pairs.ts'

const SESSIONS_PER_BATCH = 64
const NO_BARS: BarColumns = allocateBars(0)

/** Rows of a session that are not plainly equal: their times and classes, to which causes are attributed afterwards. */
interface SessionRows {
  readonly sessionDate: SessionDate
  readonly ts: Float64Array
  readonly class: Uint8Array
}

/** Compares the sessions of one symbol that either side has, batch by batch; then looks for the causes of what differs. */
export function* compareSymbol(task: CompareTask): Generator<Delivery<'compare'>, null> {
  const newSide = openNewSide(task.newSide)
  const legacy = new LegacyStore(task.legacyFile)
  try {
    // What is searched for causes afterwards must be what was compared, and what the hashes of the run say.
    legacy.holdSnapshot()
    const { symbol, tolerances, unsettledFromTs, sample } = task
    const comparer = new SessionComparer()
    const duplicateTs = new Set(legacy.duplicates(symbol).map(({ ts }) => ts))
    const rules: SessionRules = {
      ...(unsettledFromTs === null ? {} : { unsettledFromTs }),
      ...(sample === null ? {} : { sample }),
      ...(duplicateTs.size === 0 ? {} : { duplicateTs }),
    }
    const book = new ProfileBook()
    const tests = new ValueTests(symbol)
    const largest = new LargestDifferences(task.largestDifferences)
    const dates = [
      ...new Set([
        ...legacy.sessionDates(symbol, task.from, task.to),
        ...newSide.sessionDates(symbol, task.from, task.to),
      ]),
    ].sort()
    const unequal: SessionRows[] = []
    let batch: ComparisonSession[] = []
    for (const sessionDate of dates) {
      const old = legacy.block(symbol, sessionDate)
      const fresh = newSide.block(symbol, sessionDate)
      const hours = fresh?.hours
      const { counts, rows } = comparer.compare(old?.bars ?? NO_BARS, fresh?.bars ?? NO_BARS, tolerances.middle, {
        ...rules,
        observe: (field, a, b, ts, count) => {
          if (count === 0) return
          book.profile('day', field, sessionDate).addColumns(a, b, count)
          book.profile('symbol', field, symbol).addColumns(a, b, count)
          tests.add(field, a, b, count)
          if (hours === undefined) return
          for (let i = 0; i < count; i++) {
            book.profile('minute', field, String(Math.floor((ts[i] - hours.openTs) / 60))).add(a[i], b[i])
          }
        },
        ...(hours === undefined ? {} : { edges: sessionEdges(tolerances, hours.openTs, hours.closeTs) }),
      })
      largest.add(symbol, sessionDate, rows)
      if (task.hours !== null) unequal.push({ sessionDate, ts: rows.ts, class: rows.class })
      batch.push({
        symbol,
        sessionDate,
        oldHash: old?.contentHash ?? null,
        newHash: fresh?.contentHash ?? null,
        openTs: hours?.openTs ?? null,
        closeTs: hours?.closeTs ?? null,
        counts,
        rowCount: rows.ts.length,
        blobs: {
          ts: encodeTimes(rows.ts),
          class: rows.class,
          old_values: encodeDoubles(rows.oldValues),
          new_values: encodeDoubles(rows.newValues),
        },
      })
      if (batch.length === SESSIONS_PER_BATCH) {
        yield { batch: { kind: 'sessions', sessions: batch }, memory: [] }
        batch = []
      }
    }
    if (batch.length > 0) yield { batch: { kind: 'sessions', sessions: batch }, memory: [] }
    const causes = task.hours === null ? null : causesOf(task, task.hours, newSide, legacy, dates, unequal)
    const result = { largest: largest.list(), pages: book.pages(), tests: tests.list(), found: foundOf(causes) }
    yield { batch: { kind: 'symbol', symbol: { symbol, result, causes } }, memory: [] }
    return null
  } finally {
    newSide.close()
    legacy.close()
  }
}

function foundOf(symbol: SymbolCauses | null): SymbolResult['found'] {
  if (symbol === null) return null
  let differences = 0
  let attributed = 0
  for (const { entries } of symbol.sessions) {
    for (const [, causes, count] of entries) {
      differences += count
      if (causes !== 0) attributed += count
    }
  }
  const causes = symbol.causes.map(({ key, words, explained }) => ({ key, words, explained }))
  return { differences, attributed, causes }
}

function causesOf(
  { symbol, tolerances, tickSize, unsettledFromTs }: CompareTask,
  hours: NonNullable<CompareTask['hours']>,
  newSide: OpenNewSide,
  legacy: LegacyStore,
  dates: readonly SessionDate[],
  unequal: readonly SessionRows[],
): SymbolCauses {
  const duplicates = legacy.duplicates(symbol)
  const isAlike = unequal.every(({ class: classes }) => classes.every(needsNoExplanation))
  if (isAlike && duplicates.length === 0) {
    const sessions = unequal.map(({ sessionDate, ts }) => ({
      sessionDate,
      entries: [],
      rowCauses: new Uint32Array(ts.length),
    }))
    return { causes: [], sessions }
  }
  const pairs = new StoredPairs({ newSide, legacy, symbol, dates, hours, unsettledFromTs })
  const { causes, dates: explained, ledger } = explainDifferences(pairs, { tolerances, tickSize })
  const rowsBySession = ledger.rowsBySession()
  const placeOf = new Map(explained.map((date, place) => [date, place]))
  const sessions = unequal.map(({ sessionDate, ts, class: classes }) => {
    const place = placeOf.get(sessionDate)
    if (place === undefined) {
      // On a day without a session there is no way to say when a bar should be: nothing explains it.
      const rowCauses = new Uint32Array(ts.length).fill(ROW_HAS_OPEN)
      const isOld = new Set(ts.filter((_ts, i) => classes[i] === RowClass.OldOnly))
      const doubled = duplicates.filter((row) => isOld.has(row.ts)).length
      const entries = [[DOUBLED_ROW, 0, doubled] as const, [OLD_ONLY, 0, isOld.size] as const]
      return { sessionDate, entries: entries.filter(([, , count]) => count > 0), rowCauses }
    }
    const rowCauses = new Uint32Array(ts.length)
    const rows = rowsBySession.get(place) ?? []
    for (let i = 0, r = 0; i < ts.length; i++) {
      if (needsNoExplanation(classes[i])) continue
      while (r < rows.length && rows[r].ts < ts[i]) r++
      if (r < rows.length && rows[r].ts === ts[i]) {
        rowCauses[i] = (rows[r].causes | (rows[r].hasOpen ? ROW_HAS_OPEN : 0)) >>> 0
      }
    }
    const entries = ledger.entriesOf(place).map(({ field, causes: bits, count }) => [field, bits, count] as const)
    return { sessionDate, entries, rowCauses }
  })
  const span = { first: explained[0], last: explained[explained.length - 1] }
  return { causes: causes.map((cause) => ({ ...cause, key: causeKey(cause, cause.scope, span) })), sessions }
}

/** Whether nothing about a row has to be explained. */
function needsNoExplanation(rowClass: number): boolean {
  return rowClass === RowClass.Equal || rowClass === RowClass.WithinTolerance || rowClass === RowClass.NotSettled
}
