import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { type FeaturesPlan, planFeatures } from '#main/jobs/definitions/plan-features.ts'
import type { CuratedSessionInfo } from '#main/stores/curated-store.ts'
import type { FeatureSessionInfo } from '#main/stores/feature-store.ts'

const xnys = loadCalendar('XNYS', [join(import.meta.dirname, '../../data/calendars')])

/** The 64 sessions of the second quarter of 2024: 22 in April, 22 in May, 19 in June and one in July. */
const SESSIONS = xnys.sessionsBetween('2024-04-01', '2024-07-01')
const DATES = SESSIONS.map(({ date }) => date)

/** Curated blocks of these sessions; `versions` gives those that were curated again another content. */
function curatedOf(dates: readonly string[], versions: Readonly<Record<string, string>> = {}): CuratedSessionInfo[] {
  return SESSIONS.filter(({ date }) => dates.includes(date)).map((session) => ({
    symbol: 'SPY',
    session,
    window: { fromTs: 0, toTs: 1 },
    count: 390,
    rawWatermark: 1,
    configHash: 'config',
    contentHash: versions[session.date] ?? 'first',
    ownHash: 'own',
    historyHash: 'history',
  }))
}

type PlanInput = Parameters<typeof planFeatures>[0]

const plan = (change: Partial<PlanInput>): FeaturesPlan =>
  planFeatures({
    calendar: xnys,
    curated: curatedOf(DATES),
    stored: [],
    definitionHash: 'definition-1',
    historySessions: 20,
    from: '0000-00-00',
    to: '9999-99-99',
    ...change,
  })

const wantedDates = ({ runs }: FeaturesPlan): string[] =>
  runs.flat().flatMap(({ session, wanted }) => (wanted ? [session.date] : []))

/** The features that carrying out a plan leaves. */
function carriedOut({ runs }: FeaturesPlan): FeatureSessionInfo[] {
  return runs
    .flat()
    .flatMap(({ session, wanted, inputsHash }) =>
      wanted ? [{ symbol: 'SPY', sessionDate: session.date, count: 390, inputsHash, contentHash: 'values' }] : [],
    )
}

const STORED = carriedOut(plan({}))

describe('a plan', () => {
  test('wants every curated session at first, in one run', () => {
    const first = plan({})
    expect(first).toMatchObject({ wanted: 64, unchanged: 0 })
    expect(first.runs).toHaveLength(1)
    expect(wantedDates(first)).toEqual(DATES)
  })

  test('wants nothing once it was carried out', () => {
    expect(plan({ stored: STORED })).toEqual({ runs: [], wanted: 0, unchanged: 64, gone: [] })
  })

  test('wants nothing where nothing is curated', () => {
    expect(plan({ curated: [] })).toEqual({ runs: [], wanted: 0, unchanged: 0, gone: [] })
  })

  test('wants everything again under another definition', () => {
    expect(plan({ stored: STORED, definitionHash: 'definition-2' }).wanted).toBe(64)
  })

  test('keeps to the dates that were asked for and reads the twenty sessions before them', () => {
    const found = plan({ from: DATES[30], to: DATES[31] })
    expect(wantedDates(found)).toEqual([DATES[30], DATES[31]])
    expect(found.runs.map((run) => run.map(({ session }) => session.date))).toEqual([DATES.slice(10, 32)])
    expect(found.unchanged).toBe(0)
  })

  test('has features that do not depend on what was asked for', () => {
    const alone = carriedOut(plan({ from: DATES[40], to: DATES[40] }))
    expect(alone).toEqual(STORED.filter(({ sessionDate }) => sessionDate === DATES[40]))
  })
})

describe('when one curated session changes', () => {
  const changed = (index: number): string[] =>
    wantedDates(plan({ curated: curatedOf(DATES, { [DATES[index]]: 'second' }), stored: STORED }))

  test('its features and those of the twenty sessions after it are out of date, and no others', () => {
    expect(changed(10)).toEqual(DATES.slice(10, 31))
    expect(changed(0)).toEqual(DATES.slice(0, 21))
    expect(changed(60)).toEqual(DATES.slice(60))
    expect(changed(63)).toEqual([DATES[63]])
  })

  test('without history only its own are', () => {
    const curated = curatedOf(DATES, { [DATES[10]]: 'second' })
    const stored = carriedOut(plan({ historySessions: 0 }))
    expect(wantedDates(plan({ historySessions: 0, curated, stored }))).toEqual([DATES[10]])
  })

  test('the run starts twenty sessions before the first that is wanted', () => {
    const [run] = plan({ curated: curatedOf(DATES, { [DATES[30]]: 'second' }), stored: STORED }).runs
    expect(run.map(({ session }) => session.date)).toEqual(DATES.slice(10, 51))
    expect(run.map(({ wanted }) => wanted)).toEqual([...Array(20).fill(false), ...Array(21).fill(true)])
  })

  test('two changes far apart are two runs, near each other one', () => {
    const stored = carriedOut(plan({ historySessions: 3 }))
    const runs = (a: number, b: number): [string, string][] =>
      plan({ curated: curatedOf(DATES, { [DATES[a]]: 'x', [DATES[b]]: 'x' }), stored, historySessions: 3 }).runs.map(
        (run) => [run[0].session.date, run[run.length - 1].session.date],
      )
    // Wanted are 10 to 13 and 30 to 33, each with three sessions before.
    expect(runs(10, 30)).toEqual([
      [DATES[7], DATES[13]],
      [DATES[27], DATES[33]],
    ])
    // 10 to 13 and 17 to 20, whose history begins with 14: it joins on.
    expect(runs(10, 17)).toEqual([[DATES[7], DATES[20]]])
    expect(runs(10, 18)).toEqual([
      [DATES[7], DATES[13]],
      [DATES[15], DATES[21]],
    ])
  })
})

describe('the history of a session', () => {
  test('counts sessions of the calendar, also those that were never curated', () => {
    const gap = DATES.filter((_date, i) => i < 10 || i > 20)
    const stored = carriedOut(plan({ curated: curatedOf(gap) }))
    const found = plan({ curated: curatedOf(gap, { [DATES[5]]: 'second' }), stored })
    expect(wantedDates(found)).toEqual([...DATES.slice(5, 10), ...DATES.slice(21, 26)])
    expect(
      found.runs
        .flat()
        .filter(({ curated }) => !curated)
        .map(({ session }) => session.date),
    ).toEqual(DATES.slice(10, 21))
  })

  test('changes when a session in it is curated for the first time', () => {
    const without = DATES.filter((date) => date !== DATES[10])
    const stored = carriedOut(plan({ curated: curatedOf(without) }))
    expect(wantedDates(plan({ stored }))).toEqual(DATES.slice(10, 31))
  })

  test('changes when sessions before the first one are curated', () => {
    const stored = carriedOut(plan({ curated: curatedOf(DATES.slice(5)) }))
    // Sessions 5 to 24 now have more before them.
    expect(wantedDates(plan({ stored }))).toEqual(DATES.slice(0, 25))
  })

  test('changes when a session in it was built for other hours', () => {
    const curated = curatedOf(DATES).map((info) =>
      info.session.date === DATES[40]
        ? { ...info, session: { ...info.session, closeTs: info.session.closeTs - 3600 } }
        : info,
    )
    const found = plan({ curated, stored: STORED })
    expect(wantedDates(found)).toEqual(DATES.slice(40, 61))
    // What is computed is about the hours of the block, not of the calendar.
    expect(found.runs[0].find(({ session }) => session.date === DATES[40])?.session.closeTs).toBe(
      SESSIONS[40].closeTs - 3600,
    )
  })
})

describe('any plan', () => {
  const some = fc.subarray(DATES.slice(0, 24), { minLength: 1 })

  test('wants what depends on something that changed, and gives each its history once', () => {
    fc.assert(
      fc.property(some, some, fc.integer({ min: 0, max: 6 }), (before, after, historySessions) => {
        const stored = carriedOut(plan({ curated: curatedOf(before), historySessions }))
        const found = plan({ curated: curatedOf(after), stored, historySessions })

        // By the book: a session is as it was when the same sessions of its history, itself included, are curated.
        const inputsOf = (dates: readonly string[], date: string): string => {
          const index = DATES.indexOf(date)
          const start = Math.max(index - historySessions, DATES.indexOf(dates[0]))
          return JSON.stringify(DATES.slice(start, index + 1).map((each) => [each, dates.includes(each)]))
        }
        const expected = after.filter(
          (date) => !before.includes(date) || inputsOf(before, date) !== inputsOf(after, date),
        )
        expect(wantedDates(found)).toEqual(expected)
        expect(found).toMatchObject({ wanted: expected.length, unchanged: after.length - expected.length })

        for (const run of found.runs) {
          const first = DATES.indexOf(run[0].session.date)
          expect(run.map(({ session }) => session.date)).toEqual(DATES.slice(first, first + run.length))
          for (const [i, { wanted }] of run.entries()) {
            const available = first + i - DATES.indexOf(after[0])
            expect(!wanted || i >= Math.min(historySessions, available)).toBe(true)
          }
        }
        const all = found.runs.flat().map(({ session }) => session.date)
        expect(all).toEqual([...new Set(all)].sort())
      }),
      { numRuns: 150 },
    )
  })
})
