import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import { createCalendar } from '#shared/calendar/create-calendar.ts'
import { CalendarDefinition } from '#shared/calendar/definition.ts'
import { ownedSessions } from '#shared/calendar/session-windows.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { planTransform, type TransformPlan } from '#main/jobs/definitions/plan-transform.ts'
import type { CuratedSessionInfo } from '#main/stores/curated-store.ts'
import type { ResponseSpan } from '#main/stores/raw-types.ts'

const xnys = loadCalendar('XNYS', [join(import.meta.dirname, '../../data/calendars')])

/** An exchange in New York that keeps the given hours in 2024. */
function calendarOf(hours: object, closures: readonly string[] = []): TradingCalendar {
  const specialClosures = closures.map((date) => ({ date, reason: 'closed' }))
  return createCalendar(
    CalendarDefinition.parse({
      id: 'TEST',
      name: 'Test',
      zone: 'America/New_York',
      firstDate: '2024-01-01',
      lastDate: '2024-12-31',
      sources: [{ title: 'this test' }],
      hours: [hours],
      specialClosures,
    }),
    'hash',
  )
}

type PlanInput = Parameters<typeof planTransform>[0]

const plan = (change: Partial<PlanInput>): TransformPlan =>
  planTransform({
    calendar: xnys,
    spans: [],
    scaleOf: () => ({ price: 1, volume: 1 }),
    states: new Map(),
    brokerHoursOf: () => null,
    dailyBars: new Map(),
    secondSource: new Map(),
    historySessions: 2,
    stored: [],
    configHash: 'config-1',
    from: '0000-00-00',
    to: '9999-99-99',
    rebuildAll: false,
    ...change,
  })

const settledOn = (...dates: readonly string[]): PlanInput['states'] =>
  new Map(dates.map((date) => [date, { settled: true, reason: null }]))

/** Seconds of a time in New York in July 2024: `03 09:30`. */
const july = (text: string): number => Date.parse(`2024-07-${text.replace(' ', 'T')}:00-04:00`) / 1000
const span = (id: number, first: string, last: string): ResponseSpan => ({
  id,
  firstTs: july(first),
  lastTs: july(last),
})

/** What a plan wants, by day of July: the responses of each session. */
const wanted = ({ stale }: TransformPlan): unknown[] =>
  stale.map(({ session, responses }) => [session.date.slice(8), ...responses.map(({ id }) => id)])

/** The blocks that carrying out a plan leaves. */
function carriedOut({ stale }: TransformPlan): CuratedSessionInfo[] {
  return stale.map(({ session, window, responses, ownHash, historyHash }) => ({
    symbol: 'SPY',
    session,
    window,
    count: 1,
    rawWatermark: responses.at(-1)?.id ?? 0,
    configHash: 'config-1',
    contentHash: 'content',
    ownHash,
    historyHash,
  }))
}

/** Monday to Wednesday in one response. */
const SPANS = [span(1, '01 09:30', '03 12:59')]

describe('a plan', () => {
  test('wants every session that a response reaches into', () => {
    const found = plan({ spans: SPANS })
    expect(wanted(found)).toEqual([
      ['01', 1],
      ['02', 1],
      ['03', 1],
    ])
    expect(found.unchanged).toBe(0)
    expect(found.stale[1]).toMatchObject({
      session: { date: '2024-07-02', openTs: july('02 09:30'), closeTs: july('02 16:00') },
      window: { fromTs: july('02 00:00'), toTs: july('03 00:00') },
    })
  })

  test('wants nothing where there is nothing', () => {
    expect(plan({})).toEqual({ stale: [], unchanged: 0, gone: [] })
  })

  test('wants nothing again once it was carried out', () => {
    const stored = carriedOut(plan({ spans: SPANS }))
    expect(plan({ spans: SPANS, stored })).toEqual({ stale: [], unchanged: 3, gone: [] })
  })

  test('wants everything when everything is to be rebuilt', () => {
    const first = plan({ spans: SPANS })
    const again = plan({ spans: SPANS, stored: carriedOut(first), rebuildAll: true })
    expect(wanted(again)).toEqual(wanted(first))
    expect(again.unchanged).toBe(0)
  })

  test('wants again only the sessions that a new response reaches into', () => {
    const stored = carriedOut(plan({ spans: SPANS }))
    const found = plan({ spans: [...SPANS, span(2, '02 09:30', '02 15:59')], stored })
    // The normal of the session after it is measured on it.
    expect(wanted(found)).toEqual([
      ['02', 1, 2],
      ['03', 1],
    ])
    expect(found.stale.map(({ cause }) => cause)).toEqual(['raw', 'history'])
    expect(found.unchanged).toBe(1)
  })

  test('lists responses in the order in which they were received', () => {
    const found = plan({
      spans: [span(9, '01 09:30', '01 10:00'), span(4, '01 11:00', '02 10:00'), span(7, '01 12:00', '01 13:00')],
    })
    expect(wanted(found)).toEqual([
      ['01', 4, 7, 9],
      ['02', 4],
    ])
  })

  test('gives bars on a holiday to the session that follows', () => {
    expect(wanted(plan({ spans: [span(1, '04 12:00', '04 12:00'), span(2, '05 09:30', '05 15:59')] }))).toEqual([
      ['05', 1, 2],
    ])
  })

  test('leaves bars of a holiday for later while the session that follows has not begun', () => {
    expect(wanted(plan({ spans: [span(1, '04 12:00', '04 12:00')] }))).toEqual([])
  })

  test('tells the last second of a window from the first of the next', () => {
    const lastOfMonday = { id: 1, firstTs: july('02 00:00') - 1, lastTs: july('02 00:00') - 1 }
    const firstOfTuesday = { id: 2, firstTs: july('02 00:00'), lastTs: july('02 00:00') }
    expect(wanted(plan({ spans: [lastOfMonday, firstOfTuesday] }))).toEqual([
      ['01', 1],
      ['02', 2],
    ])
  })

  test('keeps to the dates that were asked for, both included', () => {
    expect(wanted(plan({ spans: SPANS, from: '2024-07-02', to: '2024-07-02' }))).toEqual([['02', 1]])
    expect(plan({ spans: SPANS, from: '2024-07-04' })).toEqual({ stale: [], unchanged: 0, gone: [] })
    expect(plan({ spans: SPANS, to: '2024-06-30' })).toEqual({ stale: [], unchanged: 0, gone: [] })
  })

  test('keeps to what the calendar knows', () => {
    const spans = [
      { id: 1, firstTs: Date.UTC(1980, 0, 2, 15) / 1000, lastTs: Date.UTC(1990, 0, 2, 15) / 1000 },
      { id: 2, firstTs: Date.UTC(2030, 11, 31, 15) / 1000, lastTs: Date.UTC(2040, 0, 2, 15) / 1000 },
    ]
    expect(plan({ spans }).stale.map(({ session }) => session.date)).toEqual(['1990-01-02', '2030-12-31'])
  })
})

describe('a session that was fetched and has no bars', () => {
  test('gets a block of its own, once', () => {
    const states = settledOn('2024-07-01', '2024-07-02', '2024-07-04')
    const found = plan({ spans: [span(3, '01 09:30', '01 15:59')], states })
    expect(wanted(found)).toEqual([['01', 3], ['02']])
    expect(plan({ spans: [span(3, '01 09:30', '01 15:59')], states, stored: carriedOut(found) })).toEqual({
      stale: [],
      unchanged: 2,
      gone: [],
    })
  })

  test('is planned even where no response came at all', () => {
    expect(wanted(plan({ states: settledOn('2024-07-02') }))).toEqual([['02']])
  })

  test('is wanted again when a response comes after all', () => {
    const states = settledOn('2024-07-02')
    const stored = carriedOut(plan({ states }))
    expect(wanted(plan({ states, stored, spans: [span(5, '02 09:30', '02 15:59')] }))).toEqual([['02', 5]])
  })
})

describe('a stored block is out of date', () => {
  const [monday, tuesday, wednesday] = carriedOut(plan({ spans: SPANS }))
  const withTuesday = (change: Partial<CuratedSessionInfo>): CuratedSessionInfo[] => [
    monday,
    { ...tuesday, ...change },
    wednesday,
  ]
  const hours = (change: Partial<Session>): Partial<CuratedSessionInfo> => ({
    session: { ...tuesday.session, ...change },
  })

  test.each([
    ['it was made from fewer responses', { rawWatermark: 0 }],
    ['it was made from a response that is not there', { rawWatermark: 2 }],
    ['the configuration was another', { configHash: 'config-0' }],
    ['the session opened at another time', hours({ openTs: tuesday.session.openTs + 60 })],
    ['the session closed at another time', hours({ closeTs: tuesday.session.closeTs - 60 })],
    [
      'the session had a break',
      hours({ breakStartTs: tuesday.session.openTs + 60, breakEndTs: tuesday.session.openTs + 120 }),
    ],
    ['its window began earlier', { window: { ...tuesday.window, fromTs: tuesday.window.fromTs - 86_400 } }],
    ['its window ended later', { window: { ...tuesday.window, toTs: tuesday.window.toTs + 3600 } }],
  ])('when %s', (_name, change) => {
    expect(wanted(plan({ spans: SPANS, stored: withTuesday(change) }))).toEqual([['02', 1]])
  })

  test('and not when only its content is another', () => {
    expect(plan({ spans: SPANS, stored: withTuesday({ contentHash: 'other', count: 7 }) }).unchanged).toBe(3)
  })

  test('when the day before it has become a holiday, whose bars it now has to account for', () => {
    const open = { open: '09:30', close: '16:00' }
    const stored = carriedOut(plan({ calendar: calendarOf(open), spans: SPANS }))
    expect(wanted(plan({ calendar: calendarOf(open, ['2024-07-02']), spans: SPANS, stored }))).toEqual([['03', 1]])
  })
})

describe('what a block depends on besides its own responses', () => {
  // Monday to Thursday of the second week of July; two sessions tell what is normal.
  const spans = ['08', '09', '10', '11'].map((day, i) => span(i + 1, `${day} 09:30`, `${day} 15:59`))
  const first = plan({ spans })
  const stored = carriedOut(first)
  const causes = (change: Partial<PlanInput>): string[] =>
    plan({ spans, stored, ...change }).stale.map(({ session, cause }) => `${session.date.slice(8)} ${cause}`)

  test('is carried along: the sessions before it, as many as tell what is normal', () => {
    expect(first.stale.map(({ history }) => history.map(({ session }) => session.date.slice(8)))).toEqual([
      [],
      ['08'],
      ['08', '09'],
      ['09', '10'],
    ])
    // Also when only the last one is wanted.
    const last = plan({ spans, from: '2024-07-11' }).stale
    expect(last.map(({ history }) => history.map(({ session }) => session.date.slice(8)))).toEqual([['09', '10']])
    expect(last[0].historyHash).toBe(first.stale[3].historyHash)
  })

  test('makes it stale when it changes: answers for two sessions after it, too', () => {
    expect(causes({ spans: [...spans, span(5, '08 09:30', '08 15:59')] })).toEqual([
      '08 raw',
      '09 history',
      '10 history',
    ])
  })

  test('is what requests prove, the hours of the broker, its daily bar and the second source', () => {
    const settled = settledOn('2024-07-09')
    expect(causes({ states: settled })).toEqual(['09 facts'])
    expect(causes({ brokerHoursOf: ({ date }) => (date === '2024-07-10' ? 'closed' : null) })).toEqual(['10 facts'])
    const daily = { open: 1, high: 1, low: 1, close: 1, volume: 1 }
    expect(causes({ dailyBars: new Map([['2024-07-08', daily]]) })).toEqual(['08 facts'])
    expect(causes({ secondSource: new Map([['2024-07-11', 'hash']]) })).toEqual(['11 facts'])
  })

  test('is the basis of its responses: a split that was found out concerns every session before', () => {
    const scaleOf: PlanInput['scaleOf'] = (id) => (id <= 2 ? { price: 0.5, volume: 2 } : { price: 1, volume: 1 })
    expect(causes({ scaleOf })).toEqual(['08 facts', '09 facts', '10 history', '11 history'])
  })

  test('is the configuration, which comes before everything but answers', () => {
    expect(causes({ configHash: 'config-2', states: settledOn('2024-07-09') })).toEqual([
      '08 rules',
      '09 rules',
      '10 rules',
      '11 rules',
    ])
  })
})

test('blocks of days that are no sessions are to go, in the range and as far as the calendar knows', () => {
  const [known] = carriedOut(plan({ spans: [span(1, '02 09:30', '02 15:59')] }))
  const stored = ['2024-07-02', '2024-07-04', '2024-07-06', '2099-07-04'].map((date) => ({
    ...known,
    session: { ...known.session, date },
  }))
  expect(plan({ stored }).gone).toEqual(['2024-07-04', '2024-07-06'])
  expect(plan({ stored, from: '2024-07-05' }).gone).toEqual(['2024-07-06'])
})

describe('where sessions open on the evening before', () => {
  const calendar = calendarOf({ open: '18:00', openDay: 'previous', close: '17:00' })

  test('the bars of an evening belong to the session that opens in it, also when they are the last', () => {
    expect(wanted(plan({ calendar, spans: [span(1, '01 16:00', '01 19:00')] }))).toEqual([
      ['01', 1],
      ['02', 1],
    ])
    expect(wanted(plan({ calendar, spans: [span(1, '01 18:00', '01 19:00')] }))).toEqual([['02', 1]])
  })
})

test('any plan has exactly the sessions into which a response reaches', () => {
  // Spans of 2024-07-01 to 2024-08-03 and a few days more, all in daylight time.
  const day = fc.integer({ min: 0, max: 30 })
  const anySpan = fc.record({
    start: day,
    minutes: fc.integer({ min: 0, max: 5000 }),
    first: fc.integer({ min: 0, max: 1439 }),
  })
  const all = ownedSessions(xnys, '2024-06-03', '2024-08-30')
  fc.assert(
    fc.property(fc.array(anySpan, { minLength: 1, maxLength: 6 }), (list) => {
      const spans = list
        .map(({ start, first, minutes }, i) => {
          const firstTs = july('01 00:00') + 86_400 * start + 60 * first
          return { id: i + 1, firstTs, lastTs: firstTs + 60 * minutes }
        })
        .sort((a, b) => a.firstTs - b.firstTs || a.id - b.id)
      // A session that has not begun by the last bar is not planned for the bars of the weekend before it.
      const lastTs = Math.max(...spans.map((each) => each.lastTs))
      const lastDate = new Date((lastTs - 4 * 3600) * 1000).toISOString().slice(0, 10)
      const expected = all.flatMap(({ session, fromTs, toTs }) => {
        const ids = spans.filter((each) => each.firstTs < toTs && each.lastTs >= fromTs).map(({ id }) => id)
        return ids.length === 0 || session.date > lastDate ? [] : [[session.date, ...ids.sort((x, y) => x - y)]]
      })
      expect(
        plan({ spans }).stale.map(({ session, responses }) => [session.date, ...responses.map((ref) => ref.id)]),
      ).toEqual(expected)
    }),
  )
})
