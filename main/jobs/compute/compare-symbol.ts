import { allocateBars, type BarColumns, observedBars } from '#shared/bars.ts'
import { SessionComparer, type SessionRules } from '#main/compare/compare-session.ts'
import { ProfileBook } from '#main/compare/distributions/profile-book.ts'
import { ValueTests } from '#main/compare/distributions/value-tests.ts'
import { LargestDifferences } from '#main/compare/largest-differences.ts'
import { sessionEdges } from '#main/compare/tolerances.ts'
import type { ComparisonSession } from '#main/stores/comparison-store.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'
import { LegacyStore } from '#main/stores/legacy-store.ts'
import { encodeDoubles, encodeTimes } from '#main/stores/session-block.ts'
import type { ComparedSymbol, CompareTask, Delivery } from './compute-task.ts'

const SESSIONS_PER_BATCH = 64
const NO_BARS: BarColumns = allocateBars(0)

/** Compares the sessions of one symbol that either side has, batch by batch; returns its largest differences and distributions. */
export function* compareSymbol(task: CompareTask): Generator<Delivery<'compare'>, ComparedSymbol> {
  const curated = new CuratedStore(task.curatedFile)
  const legacy = new LegacyStore(task.legacyFile)
  try {
    const { tolerances, unsettledFromTs, sample } = task
    const comparer = new SessionComparer()
    const duplicateTs = legacy.duplicateMinutes(task.symbol)
    const rules: SessionRules = {
      ...(unsettledFromTs === null ? {} : { unsettledFromTs }),
      ...(sample === null ? {} : { sample }),
      ...(duplicateTs.size === 0 ? {} : { duplicateTs }),
    }
    const book = new ProfileBook()
    const tests = new ValueTests(task.symbol)
    const largest = new LargestDifferences(task.largestDifferences)
    const dates = new Set([
      ...legacy.sessionDates(task.symbol, task.from, task.to),
      ...curated.sessions(task.symbol, task.from, task.to).map(({ session }) => session.date),
    ])
    let batch: ComparisonSession[] = []
    for (const sessionDate of [...dates].sort()) {
      const old = legacy.block(task.symbol, sessionDate)
      const fresh = curated.block(task.symbol, sessionDate)
      // A bar that stands for a minute without trades was not received: there is nothing to compare.
      const received = fresh === undefined ? NO_BARS : observedBars(fresh.bars)
      const hours = fresh?.session
      const { counts, rows } = comparer.compare(old?.bars ?? NO_BARS, received, tolerances.middle, {
        ...rules,
        observe: (field, a, b, ts, count) => {
          if (count === 0) return
          book.profile('day', field, sessionDate).addColumns(a, b, count)
          book.profile('symbol', field, task.symbol).addColumns(a, b, count)
          tests.add(field, a, b, count)
          if (hours === undefined) return
          for (let i = 0; i < count; i++) {
            book.profile('minute', field, String(Math.floor((ts[i] - hours.openTs) / 60))).add(a[i], b[i])
          }
        },
        ...(hours === undefined ? {} : { edges: sessionEdges(tolerances, hours.openTs, hours.closeTs) }),
      })
      largest.add(task.symbol, sessionDate, rows)
      batch.push({
        symbol: task.symbol,
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
        yield { batch, memory: [] }
        batch = []
      }
    }
    if (batch.length > 0) yield { batch, memory: [] }
    return { largest: largest.list(), pages: book.pages(), tests: tests.list() }
  } finally {
    curated.close()
    legacy.close()
  }
}
