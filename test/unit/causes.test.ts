import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Session } from '#shared/calendar/calendar.ts'
import { epochDayToDate } from '#shared/time.ts'
import type { Explanation, SessionPair } from '#main/compare/causes/cause.ts'
import type { Cause, CauseKind } from '#shared/comparison/cause.ts'
import { DOUBLED_ROW } from '#main/compare/causes/attribute-differences.ts'
import { explainDifferences } from '#main/compare/causes/explain-differences.ts'
import { compareSession } from '#main/compare/compare-session.ts'
import { sessionEdges, type SymbolTolerances, type Tolerances } from '#main/compare/tolerances.ts'
import { createRandom } from '#main/simulator/markets/random.ts'
import { anyDouble, barsOf, rowsOf } from './bars-fixtures.ts'
import { everywhere, plainBars, type QuirkRow } from './quirks.ts'

const tolerancesOf = (abs: number, rel: number): Tolerances => ({
  open: { abs, rel: 0 },
  high: { abs, rel: 0 },
  low: { abs, rel: 0 },
  close: { abs, rel: 0 },
  volume: { abs: 0, rel },
  vwap: { abs, rel: 0 },
  tradeCount: { abs: 0, rel },
})
const EXACT = tolerancesOf(0, 0)

const DAY_SECONDS = 86_400
/** Day `n` from 2024-07-01 on, open from 14:00 to 14:30 UTC. */
const sessionOf = (n: number, breakMinutes: readonly [number, number] | null = null): Session => {
  const openTs = 19_905 * DAY_SECONDS + n * DAY_SECONDS + 50_400
  return {
    date: epochDayToDate(19_905 + n),
    openTs,
    closeTs: openTs + 1_800,
    breakStartTs: breakMinutes === null ? null : openTs + 60 * breakMinutes[0],
    breakEndTs: breakMinutes === null ? null : openTs + 60 * breakMinutes[1],
    earlyClose: false,
  }
}

interface Day {
  readonly session: Session
  readonly fresh: readonly QuirkRow[]
  readonly old: readonly QuirkRow[]
}

/** Ten sessions of thirty minutes with prices in cents that go up and down and volumes that are no multiples of anything. */
const DAYS: readonly Day[] = Array.from({ length: 10 }, (_, n) => {
  const session = sessionOf(n)
  const random = createRandom(1, 'hand', session.date)
  let cents = 5_000 + 37 * n
  const rows = Array.from({ length: 30 }, (_row, minute): QuirkRow => {
    const open = cents
    cents += random.between(-9, 9)
    return {
      ts: session.openTs + 60 * minute,
      open: open / 100,
      high: (Math.max(open, cents) + random.between(0, 4)) / 100,
      low: (Math.min(open, cents) - random.between(0, 4)) / 100,
      close: cents / 100,
      volume: random.between(1_001, 9_999),
    }
  })
  return { session, fresh: rows, old: rows }
})

const pairsOf = (days: readonly Day[]): SessionPair[] =>
  days.map(({ session, fresh, old }) => ({ session, fresh: barsOf(fresh), old: plainBars(old) }))

const explain = (days: readonly Day[], tolerances = EXACT): Explanation =>
  explainDifferences(pairsOf(days), { tolerances: everywhere(tolerances), tickSize: 0.01 })

/** The old rows of each day changed; null leaves a row out. */
const changed = (
  map: (row: QuirkRow, minute: number, day: number) => QuirkRow | readonly QuirkRow[] | null,
  days = DAYS,
): Day[] => days.map((day, n) => ({ ...day, old: day.old.flatMap((row, minute) => map(row, minute, n) ?? []) }))

const fresh = (days: readonly Day[], isThere: (minute: number, row: QuirkRow) => boolean): Day[] =>
  days.map((day) => ({ ...day, fresh: day.fresh.filter((row, minute) => isThere(minute, row)) }))

const only = ({ causes }: Explanation): Cause => {
  expect(causes.map(({ kind }) => kind)).toHaveLength(1)
  return causes[0]
}

const scaled = (row: QuirkRow, factor: number): QuirkRow => ({
  ...row,
  open: row.open * factor,
  high: row.high * factor,
  low: row.low * factor,
  close: row.close * factor,
})

const raised = (row: QuirkRow, cents: number): QuirkRow => {
  const up = (value: number): number => (Math.round(value * 100) + cents) / 100
  return { ...row, open: up(row.open), high: up(row.high), low: up(row.low), close: up(row.close) }
}

const flatAfter = (row: QuirkRow, before: QuirkRow): QuirkRow => ({
  ts: row.ts,
  open: before.close,
  high: before.close,
  low: before.close,
  close: before.close,
  volume: 0,
})

/** Old rows with minutes 5, 6 and 20 filled, and the new side without them. */
const filled = (row: QuirkRow, minute: number, day: number): QuirkRow => {
  if (minute === 5 || minute === 20) return flatAfter(row, DAYS[day].old[minute - 1])
  return minute === 6 ? flatAfter(row, DAYS[day].old[4]) : row
}
const NOT_TRADED = [5, 6, 20]

describe('a cause trips, nearly trips, and does not', () => {
  const roundTo = (quantum: number) => (row: QuirkRow) => ({
    ...row,
    volume: Math.round(row.volume / quantum) * quantum,
  })
  const cases: [string, Day[], CauseKind | null, object][] = [
    [
      'bars labelled with their end',
      changed((row) => ({ ...row, ts: row.ts + 60 })),
      'time_shift',
      { seconds: 60, reading: 'label' },
    ],
    ['labels half a minute late', changed((row) => ({ ...row, ts: row.ts + 30 })), null, {}],
    [
      'rows at times of their own',
      changed((row, minute) => ({ ...row, ts: row.ts + 60 * ((minute * 7) % 30) - 60 * minute })),
      null,
      {},
    ],
    [
      'an hour late on the last four days',
      changed((row, _minute, day) => ({ ...row, ts: row.ts + (day < 6 ? 0 : 3_600) })),
      'dst_shift',
      { seconds: 3600 },
    ],
    ['lots', changed((row) => ({ ...row, volume: row.volume / 100 })), 'scale', { factor: 0.01 }],
    [
      'lots in half of the rows',
      changed((row, minute) => ({ ...row, volume: row.volume / (minute % 2 === 0 ? 1 : 100) })),
      null,
      {},
    ],
    ['a constant that the tolerance hides', changed((row) => ({ ...row, volume: row.volume * 1.005 })), null, {}],
    ['volumes in hundreds', changed(roundTo(100)), 'rounding', { mode: 'round', quantum: 100, oldQuantum: 100 }],
    [
      'hundreds of which every tenth is another',
      changed((row, minute) => ({
        ...roundTo(100)(row),
        volume: roundTo(100)(row).volume + (minute % 10 === 0 ? 100 : 0),
      })),
      null,
      {},
    ],
    [
      'prices in steps of five cents',
      changed((row) => ({ ...row, close: Math.round(row.close * 20) / 20 })),
      'rounding',
      { mode: 'round', quantum: 0.05 },
    ],
    [
      'prices adjusted in the first half',
      changed((row, _minute, day) => (day < 5 ? scaled(row, 0.98) : row)),
      'adjustment',
      { periods: [{ from: '2024-07-01', to: '2024-07-05', ratio: 0.98 }] },
    ],
    ['prices on another basis', changed((row) => raised(row, 350)), 'other_contract', { basis: 3.5 }],
    [
      'prices on a basis that changes from bar to bar',
      changed((row, minute) => raised(row, 350 + ((minute * 31) % 17))),
      null,
      {},
    ],
    [
      'minutes filled forward',
      fresh(changed(filled), (minute) => !NOT_TRADED.includes(minute)),
      'forward_fill',
      { prices: 'close', volume: 'zero' },
    ],
    ['minutes that only the old side saw', fresh(DAYS, (minute) => !NOT_TRADED.includes(minute)), null, {}],
    ['zero volumes that the new side has too', changed(filled).map((day) => ({ ...day, fresh: day.old })), null, {}],
    [
      'rows without volume left out',
      changed(filled).map((day) => ({ ...day, fresh: day.old, old: day.old.filter(({ volume }) => volume > 0) })),
      'dropped_zero_volume',
      {},
    ],
    ['traded rows left out', changed((row, minute) => (NOT_TRADED.includes(minute) ? null : row)), null, {}],
    ['rows twice', changed((row, minute) => (minute % 9 === 0 ? [row, row] : row)), 'duplicate_rows', {}],
    [
      'rows twice with other values',
      changed((row, minute) => (minute % 9 === 0 ? [{ ...row, volume: 1 }, row] : row)),
      null,
      {},
    ],
    [
      'the first two bars cut',
      changed((row, minute) => (minute < 2 ? null : row)),
      'bars_cut',
      { end: 'open', count: 2, unit: 'bars' },
    ],
    [
      'the last bar cut',
      changed((row, minute) => (minute === 29 ? null : row)),
      'bars_cut',
      { end: 'close', count: 1, unit: 'bars' },
    ],
    ['a bar missing in the middle', changed((row, minute) => (minute === 14 ? null : row)), null, {}],
    [
      'first bars cut on three days only',
      changed((row, minute, day) => (minute < 9 && day < 3 ? null : row)),
      null,
      {},
    ],
    [
      'bars before the open',
      changed((row, minute) => (minute < 6 ? [{ ...row, ts: row.ts - 600 }, row] : row)),
      'extended_hours',
      { beforeOpen: 60, afterClose: 0, inBreak: 0 },
    ],
    [
      'bars of the opening and the closing auction',
      changed((row, minute) => {
        if (minute === 0) return [{ ...row, ts: row.ts - 60 }, row]
        return minute === 29 ? [row, { ...row, ts: row.ts + 60 }] : row
      }),
      null,
      {},
    ],
    [
      'last bars taken early',
      changed((row, minute) =>
        minute < 29 ? row : { ...row, high: Math.max(row.open, row.close), volume: row.volume - 900 },
      ),
      'unfinished_last_bar',
      { sessions: 10 },
    ],
    [
      'last bars that traded more',
      changed((row, minute) => (minute < 29 ? row : { ...row, volume: row.volume + 900 })),
      null,
      {},
    ],
    [
      'other volumes',
      changed((row, minute, day) => ({
        ...row,
        volume: Math.round(row.volume * (0.6 + ((minute * 7 + day * 3) % 11) / 20)),
      })),
      'other_volume_source',
      {},
    ],
    [
      'volumes that have nothing to do with it',
      changed((row, minute, day) => ({ ...row, volume: 1_000 + ((minute * 4_421 + day * 977) % 8_999) })),
      null,
      {},
    ],
  ]
  test.each(cases)('%s', (name, days, kind, parameters) => {
    const explanation = explain(days, name.includes('tolerance') ? tolerancesOf(0.01, 0.01) : EXACT)
    if (kind === null) {
      expect(explanation.causes.map(({ words }) => words)).toEqual([])
      expect(explanation.explained).toBe(0)
    } else {
      const cause = only(explanation)
      expect(cause).toMatchObject({ kind, parameters })
      expect(explanation).toMatchObject({ unexplained: 0, explained: cause.explained })
      expect(explanation.total).toBeGreaterThan(0)
      expect(cause).toMatchObject({ share: 1, restAfter: 0 })
    }
  })
})

test('what is explained is counted by hand: thirty closes and a lost row', () => {
  // Closes of the first day are 1.25 times the new ones, and so are all others; the row of minute 7 on day 3 is lost.
  const days = changed((row, minute, day) => (day === 3 && minute === 7 ? null : { ...row, close: row.close * 1.25 }))
  const { total, explained, unexplained, rest, causes, combinations } = explain(days)
  expect({ total, explained, unexplained }).toEqual({ total: 300, explained: 299, unexplained: 1 })
  expect(rest).toMatchObject({ oldOnly: 0, newOnly: 1 })
  expect(combinations).toEqual([{ causes: [0], differences: 299 }])
  const [{ samples, scope, words, restAfter }] = causes
  expect({ scope, words, restAfter }).toEqual({
    scope: { dates: null, fields: ['close'] },
    words: 'Old close is 1.25 times the new.',
    restAfter: 1,
  })
  expect(samples).toHaveLength(3)
  const { open, high, low, close, volume, ts } = DAYS[0].fresh[0]
  expect(samples[0]).toEqual({
    sessionDate: '2024-07-01',
    old: { ts, open, high, low, close: close * 1.25, volume, vwap: NaN, tradeCount: NaN },
    fresh: { ts, open, high, low, close, volume, vwap: NaN, tradeCount: NaN },
    undone: { ts, open, high, low, close: (close * 1.25) / 1.25, volume, vwap: NaN, tradeCount: NaN },
  })
})

test('a difference that needs two causes counts for both, and once in all', () => {
  const days = changed((row) => ({ ...row, ts: row.ts + 60, volume: row.volume / 100 }))
  const { total, explained, causes, combinations } = explain(days)
  expect(causes.map(({ kind }) => kind)).toEqual(['time_shift', 'scale'])
  expect(explained).toBe(total)
  expect(causes[0].explained).toBe(total)
  // All 300 volumes, and with them each session's first new and last old minute.
  expect(causes[1].explained).toBeGreaterThanOrEqual(300)
  expect(combinations.reduce((sum, { differences }) => sum + differences, 0)).toBe(total)
  expect(combinations.map((set) => set.causes.join())).toEqual(expect.arrayContaining(['0', '0,1']))
})

test('bars that a label shift moves into the next session are brought back', () => {
  // Sessions that follow each other without a pause: the label of the last bar is the next session's first minute.
  const sessions = Array.from({ length: 10 }, (_, n): Session => ({
    ...sessionOf(0),
    date: epochDayToDate(19_905 + n),
    openTs: sessionOf(0).openTs + n * 1_800,
    closeTs: sessionOf(0).openTs + (n + 1) * 1_800,
  }))
  const rows = DAYS.flatMap(({ old }, n) =>
    old.map((row, minute) => ({ ...row, ts: sessions[n].openTs + 60 * minute })),
  )
  const within = (all: readonly QuirkRow[], { openTs, closeTs }: Session, isLast: boolean): QuirkRow[] =>
    all.filter(({ ts }) => ts >= openTs && (ts < closeTs || isLast))
  const late = rows.map((row) => ({ ...row, ts: row.ts + 60 }))
  const days = sessions.map((session, n) => ({
    session,
    fresh: within(rows, session, false),
    old: within(late, session, n === 9),
  }))
  const explanation = explain(days)
  expect(only(explanation)).toMatchObject({ kind: 'time_shift', parameters: { seconds: 60 } })
  expect(explanation.unexplained).toBe(0)
})

const someTolerances = fc.constantFrom(EXACT, tolerancesOf(0.01, 0.01), tolerancesOf(Infinity, 0.5))
const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(10, 10.01, 10.05, 11, 0, NaN) },
  { weight: 1, arbitrary: anyDouble },
)
const anyRows = (times: fc.Arbitrary<number>): fc.Arbitrary<QuirkRow[]> =>
  fc.array(fc.record({ ts: times, open: anyValue, high: anyValue, low: anyValue, close: anyValue, volume: anyValue }), {
    maxLength: 40,
  })
const inSession = fc.integer({ min: 0, max: 29 })
const anywhere = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -20, max: 60 }).map((minute) => 60 * minute) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 30.5) },
)
/** Up to six days with anything on either side, some of it the same. */
const anyDays: fc.Arbitrary<Day[]> = fc
  .array(fc.record({ fresh: anyRows(inSession), old: anyRows(anywhere), isCopied: fc.boolean() }), { maxLength: 6 })
  .map((days) =>
    days.map((day, n) => {
      const session = sessionOf(n, n % 2 === 0 ? null : [10, 15])
      const byMinute = new Map(day.fresh.map((row) => [row.ts, { ...row, ts: session.openTs + 60 * row.ts }]))
      const rows = [...byMinute].sort((a, b) => a[0] - b[0]).map(([, row]) => row)
      const old = day.old.map((row) => ({ ...row, ts: session.openTs + row.ts }))
      return { session, fresh: rows, old: day.isCopied ? [...rows, ...old] : old }
    }),
  )

/** The real market with anything done to it: shifted, scaled, thinned, doubled, out of order. */
const quirkyDays: fc.Arbitrary<Day[]> = fc
  .record({
    minutes: fc.constantFrom(0, 1, 60, -7),
    factor: fc.constantFrom(1, 0.01, 1.1),
    lost: fc.integer({ min: 0, max: 12 }),
    twice: fc.integer({ min: 0, max: 12 }),
    basis: fc.constantFrom(0, 125),
    isReversed: fc.boolean(),
  })
  .map(({ minutes, factor, lost, twice, basis, isReversed }) =>
    changed((row, minute, day) => {
      if ((minute * 5 + day) % 13 < lost / 4) return null
      const next = { ...raised(row, basis), ts: row.ts + 60 * minutes, volume: row.volume * factor }
      return (minute + day) % 13 < twice / 2 ? [next, next] : next
    }).map((day) => (isReversed ? { ...day, old: day.old.toReversed() } : day)),
  )
const days = fc.oneof(anyDays, quirkyDays)

/** All differences, from compareSession itself and the rows that it cannot take. */
/** Differences of each session as the comparison counts them, and old rows whose minute comes again. */
function differencesOf(pairs: readonly SessionPair[], tolerances: SymbolTolerances): number[] {
  return pairs.map(({ session, old, fresh: rows }) => {
    const all = rowsOf(old)
    const byTime = new Map(all.filter(({ ts }) => Number.isFinite(ts)).map((row) => [row.ts, row]))
    const kept = barsOf([...byTime.values()].sort((x, y) => x.ts - y.ts))
    const { counts } = compareSession(kept, rows, tolerances.middle, {
      edges: sessionEdges(tolerances, session.openTs, session.closeTs),
    })
    return Object.values(counts.fields).reduce(
      (sum, { different, nullVersusValue }) => sum + different + nullVersusValue,
      counts.oldOnly + counts.newOnly + all.length - byTime.size,
    )
  })
}

describe('any two sides', () => {
  test('have the differences that the comparison counts, each explained or not', () => {
    fc.assert(
      fc.property(days, someTolerances, someTolerances, fc.boolean(), (all, middle, edge, hasMore) => {
        const tolerances = { open: edge, middle, close: edge, openMinutes: 5, closeMinutes: 3 }
        const pairs = hasMore
          ? all.map(({ session, fresh: rows, old }) => ({ session, fresh: barsOf(rows), old: barsOf(old) }))
          : pairsOf(all)
        const { total, explained, unexplained, rest, combinations, ledger } = explainDifferences(pairs, {
          tolerances,
          tickSize: 0.01,
        })
        const bySession = differencesOf(pairs, tolerances)
        expect(total).toBe(bySession.reduce((a, b) => a + b, 0))
        const entries = pairs.map((_pair, at) => ledger.entriesOf(at))
        expect(entries.map((own) => own.reduce((a, { count }) => a + count, 0))).toEqual(bySession)
        expect(entries.flat().reduce((a, { causes, count }) => a + (causes === 0 ? count : 0), 0)).toBe(unexplained)
        expect(explained + unexplained).toBe(total)
        const sum = (counts: Readonly<Record<string, number>>): number =>
          Object.values(counts).reduce((a, b) => a + b, 0)
        expect(sum(rest.different) + sum(rest.nullVersusValue) + rest.oldOnly + rest.newOnly).toBe(unexplained)
        expect(combinations.reduce((a, { differences }) => a + differences, 0)).toBe(explained)
        expect(combinations.every(({ causes }) => causes.length > 0)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('never have more left after another step, and each cause counts at most all', () => {
    fc.assert(
      fc.property(days, someTolerances, (all, tolerances) => {
        const { total, unexplained, causes, combinations } = explain(all, tolerances)
        const rests = causes.map(({ restAfter }) => restAfter)
        expect(Math.min(total, ...rests)).toBe(unexplained)
        expect(Math.max(0, ...rests)).toBeLessThanOrEqual(total)
        causes.forEach((cause, at) => {
          const own = combinations.filter((set) => set.causes.includes(at))
          expect(own.reduce((sum, { differences }) => sum + differences, 0)).toBe(cause.explained)
        })
      }),
      { numRuns: 150 },
    )
  })

  test('give the same answer in whatever order their sessions are', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 5 }), (all, by) => {
        const turned = [...all.slice(by), ...all.slice(0, by)].reverse()
        expect(explain(turned)).toEqual(explain(all))
      }),
      { numRuns: 60 },
    )
  })

  test('are not changed by being looked at', () => {
    const pairs = pairsOf(changed((row) => ({ ...row, ts: row.ts + 60 })))
    const before = pairs.map(({ old }) => rowsOf(old))
    explainDifferences(pairs, { tolerances: everywhere(EXACT), tickSize: null })
    expect(pairs.map(({ old }) => rowsOf(old))).toEqual(before)
  })
})

test('sides without sessions or bars have nothing to explain', () => {
  expect(explain([])).toMatchObject({ total: 0, causes: [] })
  expect(explain(changed(() => null))).toMatchObject({ total: 300, unexplained: 300, causes: [] })
  expect(explain(fresh(DAYS, () => false))).toMatchObject({ total: 300, unexplained: 300, causes: [] })
})

test('a scale of prices is one of the volume-weighted price too, where both sides have it', () => {
  const pairs = DAYS.map(({ session, fresh: rows }) => {
    const withVwap = rows.map((row) => ({ ...row, vwap: (row.high + row.low) / 2 }))
    const old = barsOf(withVwap)
    for (const column of [old.open, old.high, old.low, old.close, old.vwap])
      column.forEach((v, i) => (column[i] = v * 100))
    return { session, fresh: barsOf(withVwap), old }
  })
  const { causes, unexplained } = explainDifferences(pairs, { tolerances: everywhere(EXACT), tickSize: 0.01 })
  expect(unexplained).toBe(0)
  expect(causes.map(({ words, scope }) => [words, scope.fields])).toEqual([
    ['Old prices are 100 times the new: cents.', ['open', 'high', 'low', 'close', 'vwap']],
  ])
})

test('old rows that the import left out for a later one are doubled rows when they say the same', () => {
  const pairs = pairsOf(DAYS).map((pair) => ({
    ...pair,
    superseded: [...pair.old.ts].filter((_ts, i) => i % 3 === 0).map((ts) => ({ ts, isCopy: true })),
  }))
  const { total, causes, ledger } = explainDifferences(pairs, { tolerances: everywhere(EXACT), tickSize: null })
  expect([total, causes.map(({ kind, explained }) => [kind, explained])]).toEqual([100, [['duplicate_rows', 100]]])
  expect(ledger.entriesOf(0)).toEqual([{ field: DOUBLED_ROW, causes: 1, count: 10 }])
  const others = pairs.map((pair) => ({
    ...pair,
    superseded: pair.superseded.map((row) => ({ ...row, isCopy: false })),
  }))
  expect(explainDifferences(others, { tolerances: everywhere(EXACT), tickSize: null })).toMatchObject({
    total: 100,
    unexplained: 100,
    causes: [],
  })
})
