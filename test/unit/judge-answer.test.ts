import { describe, expect, test } from 'vitest'
import { judgeSession, rangeProblem, type SessionEvidence, shortReason } from '#main/tws/ingest/judge-answer.ts'
import { CLOSE_TS, OPEN_TS, SESSION } from './bars-fixtures.ts'

const minutesFrom = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => OPEN_TS + (from + i) * 60)
const ALL = minutesFrom(0, 390)
const FIRST_300 = minutesFrom(0, 300)

/** An answer to a request: minutes of the session that it holds, and whether it asked for this session alone. */
interface Answer {
  readonly minutes: readonly number[]
  readonly alone: boolean
}

const answer = (minutes: readonly number[], alone = false): Answer => ({ minutes, alone })

/** Judges answers one after the other, as a run does, and gives the verdicts. */
function judged(answers: readonly Answer[], change: Partial<SessionEvidence> = {}): string[] {
  const known = new Set<number>()
  let last = 0
  return answers.map(({ minutes, alone }, i) => {
    const before = known.size
    for (const ts of minutes) known.add(ts)
    const verdict = judgeSession({
      hours: SESSION,
      minutes: [...known].sort((a, b) => a - b),
      answered: known.size,
      answers: i + 1,
      isNew: known.size > before,
      isLess: minutes.length < last,
      wasAlone: alone,
      confirmations: 2,
      headTs: undefined,
      ...change,
    })
    last = minutes.length
    return verdict.kind === 'settled' ? verdict.reason : verdict.kind
  })
}

describe('a session', () => {
  test.each([
    ['with all its minutes is complete at once', [answer(ALL)], ['complete']],
    ['that was cut short and then came whole is complete', [answer(FIRST_300), answer(ALL)], ['confirm', 'complete']],
    [
      'that came short twice alike has no more',
      [answer(FIRST_300.slice(0, 299)), answer(FIRST_300.slice(0, 299))],
      ['confirm', 'halted'],
    ],
    [
      'of a thin name that came twice alike has no more',
      [answer(ALL.filter((_ts, i) => i % 2 === 0)), answer(ALL.filter((_ts, i) => i % 2 === 0))],
      ['confirm', 'no-trades'],
    ],
    [
      'whose parts make it whole is complete',
      [answer(FIRST_300), answer(minutesFrom(300, 90))],
      ['confirm', 'complete'],
    ],
    [
      'that was absent among others is asked for alone, and only then has no bars',
      [answer([]), answer([], true)],
      ['confirm', 'no-data'],
    ],
    [
      'that is absent among others again is asked for alone',
      [answer([]), answer([]), answer([])],
      Array(3).fill('confirm'),
    ],
    [
      'that was absent alone is asked for once more before it is believed',
      [answer([], true), answer([], true)],
      ['confirm', 'no-data'],
    ],
    ['that was absent and then came is complete', [answer([]), answer(ALL, true)], ['confirm', 'complete']],
    [
      'of which nothing comes after a part came is asked for again: the two do not agree',
      [answer(FIRST_300), answer([]), answer(FIRST_300)],
      ['confirm', 'confirm', 'halted'],
    ],
    [
      'of which less comes each time is not asked for without end',
      [answer(FIRST_300), answer(FIRST_300.slice(0, 200)), answer(FIRST_300.slice(0, 100))],
      ['confirm', 'confirm', 'unstable'],
    ],
    [
      'of which more comes each time is unstable when it was asked for often enough',
      [answer(minutesFrom(0, 100)), answer(minutesFrom(100, 100)), answer(minutesFrom(200, 100))],
      ['confirm', 'confirm', 'unstable'],
    ],
  ] as const)('%s', (_name, answers, verdicts) => {
    expect(judged(answers)).toEqual(verdicts)
  })

  test('that is before the first bar of the broker needs no second answer', () => {
    expect(judged([answer([])], { headTs: CLOSE_TS })).toEqual(['not-listed'])
    expect(judged([answer([])], { headTs: CLOSE_TS + 1 })).toEqual(['not-listed'])
    // The first bar is its last one.
    expect(judged([answer([])], { headTs: CLOSE_TS - 60 })).toEqual(['confirm'])
    expect(judged([answer([ALL[389]])], { headTs: CLOSE_TS })).toEqual(['confirm'])
  })

  test('is believed at once when no confirmation is wanted, unless it was absent among others', () => {
    expect(judged([answer(FIRST_300)], { confirmations: 0 })).toEqual(['halted'])
    expect(judged([answer([], true)], { confirmations: 0 })).toEqual(['no-data'])
    expect(judged([answer([]), answer([], true)], { confirmations: 0 })).toEqual(['confirm', 'no-data'])
  })

  test('that is stored whole is asked for again when the answer has less, until two answers agree', () => {
    const evidence = {
      hours: SESSION,
      minutes: ALL,
      answered: 300,
      answers: 1,
      isNew: true,
      isLess: false,
      wasAlone: false,
      confirmations: 2,
      headTs: undefined,
    }
    expect(judgeSession(evidence)).toEqual({ kind: 'confirm' })
    expect(judgeSession({ ...evidence, answers: 2, isNew: false })).toEqual({ kind: 'complete' })
    expect(judgeSession({ ...evidence, answers: 3, isLess: true, isNew: false })).toEqual({ kind: 'complete' })
    expect(judgeSession({ ...evidence, answered: 390, answers: 2 })).toEqual({ kind: 'complete' })
    // Of an answer to several sessions nothing of this one came.
    expect(judgeSession({ ...evidence, answered: 0, answers: 0, isNew: false })).toEqual({ kind: 'confirm' })
  })

  test('without minutes, as on a day that the broker has as closed, is complete', () => {
    expect(judged([answer([])], { hours: { ...SESSION, closeTs: OPEN_TS } })).toEqual(['complete'])
  })
})

describe('the reason of missing minutes', () => {
  const without = (from: number, count: number): number[] => [
    ...minutesFrom(0, from),
    ...minutesFrom(from + count, 390 - from - count),
  ]

  test.each([
    ['a run of five in a session that has all others', without(100, 5), 'halted'],
    ['a run of four', without(100, 4), 'no-trades'],
    ['the last hour and a half of a session that has all others', FIRST_300, 'halted'],
    ['every second minute', ALL.filter((_ts, i) => i % 2 === 0), 'no-trades'],
    // 390 - 15 = 375 others; 95 % of them are 356.25.
    ['a run of 15 and 18 single ones', without(0, 15).filter((_ts, i) => i % 20 !== 0 || i > 360), 'halted'],
    ['a run of 15 and 20 single ones', without(0, 15).filter((_ts, i) => i % 18 !== 0 || i > 350), 'no-trades'],
    ['all of them', [], 'no-data'],
  ])('for %s', (_name, minutes, reason) => {
    expect(shortReason(SESSION, minutes)).toBe(reason)
  })

  test('does not take the pause of a session for a halt', () => {
    const hours = { ...SESSION, breakStartTs: OPEN_TS + 120 * 60, breakEndTs: OPEN_TS + 180 * 60 }
    expect(shortReason(hours, [...minutesFrom(0, 118), ...minutesFrom(180, 210)])).toBe('no-trades')
  })
})

describe('the range of an answer', () => {
  const DAY = 86_400
  test.each([
    ['the whole session', ALL, undefined],
    ['one bar of it', [OPEN_TS + 60], undefined],
    ['one bar that begins where the range ends', [OPEN_TS, CLOSE_TS], undefined],
    ['bars of the days before', [OPEN_TS - 9 * DAY, OPEN_TS], undefined],
    ['bars in any order', [OPEN_TS + 60, OPEN_TS - DAY, OPEN_TS], undefined],
    ['one bar after the end', [OPEN_TS, CLOSE_TS + 60], /after the end of the range at 2024-07-02T20:00:00Z/],
    ['another week', ALL.map((ts) => ts - 7 * DAY), /none of its bars lies between 2024-07-02T13:30:00Z and/],
    ['only a bar at the end', [CLOSE_TS], /none of its bars/],
    [
      'bars from long before',
      [OPEN_TS - 11 * DAY, OPEN_TS],
      /its first bar begins at 2024-06-21T13:30:00Z, long before/,
    ],
    ['a time that cannot be one', [OPEN_TS, 9e11], /after the end/],
  ] as const)('that holds %s', (_name, ts, problem) => {
    const found = rangeProblem(ts, OPEN_TS, CLOSE_TS)
    if (problem === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(problem)
  })
})
