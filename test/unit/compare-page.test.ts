import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Acceptance, CompareGrid, CompareRow, RunCause, RunCauses } from '#shared/contract/causes.ts'
import type { ComparisonCounts } from '#shared/jobs/job-kinds.ts'
import { likeness } from '../../renderer/pages/compare/alike.ts'
import {
  acceptedScopeWords,
  acceptWords,
  decisionOf,
  outgrownWords,
  scopeWords,
} from '../../renderer/pages/compare/cause-words.ts'
import type { CompareView } from '../../renderer/pages/compare/compare-address.ts'
import { compareAddress, EVERY_ROW, viewFrom } from '../../renderer/pages/compare/compare-address.ts'
import { allCells, cellWords, gridPart, sumOf } from '../../renderer/pages/compare/compare-cells.ts'
import { kindsOf } from '../../renderer/pages/compare/compare-layers.ts'
import { apartWords, isApart } from '../../renderer/pages/compare/distribution-words.ts'
import { minMaxRows } from '../../renderer/pages/compare/min-max-rows.ts'
import type { OverlayRow } from '../../renderer/pages/compare/overlay-rows.ts'
import { moved, spanBetween, zoomed } from '../../renderer/pages/compare/overlay-zoom.ts'
import { unequalWords } from '../../renderer/pages/compare/row-words.ts'
import { scatterDomain, spreadOffsets } from '../../renderer/pages/compare/scatter-points.ts'
import { textsFrom, tolerancesFrom, wordsFrom, yamlOf } from '../../renderer/pages/compare/try-tolerances.ts'
import { togetherWith } from '../../renderer/pages/compare/together.ts'
import { judge, undecided } from '../../renderer/pages/compare/verdict-words.ts'

const counts = (values: Partial<ComparisonCounts>): ComparisonCounts => ({
  common: 100,
  oldOnly: 0,
  newOnly: 0,
  equal: 100,
  withinTolerance: 0,
  different: 0,
  nullVersusValue: 0,
  duplicateKeys: 0,
  notSettled: 0,
  fields: {},
  ...values,
})

const acceptance = (values: Partial<Acceptance>): Acceptance => ({
  id: 1,
  causeKey: 'shift',
  kind: 'time_shift',
  words: 'Old times are one minute late.',
  runId: 'run',
  scope: {},
  extents: {},
  reason: 'Label at the end of the bar',
  author: 'Ada',
  acceptedAtMs: 0,
  expiresAtMs: null,
  withdrawnAtMs: null,
  withdrawnBy: null,
  withdrawnReason: null,
  state: 'active',
  ...values,
})

const cause = (causeKey: string, values: Partial<RunCause> = {}): RunCause => ({
  causeKey,
  kind: 'time_shift',
  words: `Words of ${causeKey}.`,
  fields: null,
  symbols: [{ symbol: 'SPY', dates: null, explained: 10, fit: 1, words: '', extent: 0.1, isOutgrown: false }],
  explained: 10,
  share: 0.5,
  samples: [],
  acceptances: [],
  accepted: 0,
  ...values,
})

const found = (explained: number, waiting: number, open: number, causes: readonly RunCause[] = []): RunCauses => ({
  runId: 'run',
  isSearched: true,
  differences: { total: explained + waiting + open, explained, waiting, open },
  open: { fields: {}, oldOnly: 0, newOnly: 0, doubled: 0 },
  causes: [...causes],
  combinations: [],
})

describe('the verdict of a run', () => {
  const different = { counts: counts({ equal: 60, different: 40 }), sample: null, oldRuns: null }

  test('is good only when every minute is equal or within tolerance', () => {
    expect(judge({ counts: counts({}), sample: null, oldRuns: null }, found(0, 0, 0))).toMatchObject({
      kind: 'pass',
      next: 'none',
    })
  })

  test('names what was accepted apart', () => {
    const judgement = judge(different, found(40, 0, 0))
    expect(judgement).toMatchObject({ kind: 'signed', next: 'none' })
    expect(judgement.word).toContain('but for what was accepted')
  })

  test('asks for decisions while causes wait, counting those that nobody decided about', () => {
    const judgement = judge(
      different,
      found(5, 35, 0, [cause('a'), cause('b', { acceptances: [acceptance({})], accepted: 10 })]),
    )
    expect(judgement).toMatchObject({ kind: 'attention', next: 'decide' })
    expect(judgement.sentence).toBe('Each of 40 differences has a known cause; 35 wait for a decision about 1 cause.')
  })

  test('asks for a look when something has no cause and nothing waits', () => {
    const judgement = judge(different, found(30, 0, 10))
    expect(judgement).toMatchObject({ kind: 'fail', next: 'look' })
    expect(judgement.sentence).toBe('Nothing explains 10 of 40 differences.')
  })

  test('begins with decisions when there are both', () => {
    expect(judge(different, found(0, 30, 10, [cause('a')]))).toMatchObject({ kind: 'fail', next: 'decide' })
  })

  test('never says that a sample is as good as everything', () => {
    const of = (sample: number | null, equal: number) =>
      judge(
        { counts: counts({ equal, different: 100 - equal }), sample, oldRuns: null },
        { ...found(0, 0, 100 - equal), isSearched: false },
      )
    expect(of(0.1, 100)).toMatchObject({ kind: 'unsure', next: 'compare' })
    expect(of(0.1, 90)).toMatchObject({ kind: 'unsure', next: 'compare' })
    expect(of(0.1, 90).sentence).toContain('sample')
    expect(of(null, 100)).toMatchObject({ kind: 'pass' })
    expect(of(null, 90)).toMatchObject({ kind: 'unsure', next: 'compare' })
  })

  test('of two runs of the old pipeline is about the old pipeline alone', () => {
    const of = (equal: number) =>
      judge(
        { counts: counts({ equal, different: 100 - equal }), sample: null, oldRuns: ['a', 'b'] },
        { ...found(0, 0, 100 - equal), isSearched: false },
      )
    expect(of(100)).toMatchObject({ word: 'Old against old', kind: 'pass', next: 'none' })
    expect(of(99)).toMatchObject({ word: 'Old against old', kind: 'info', next: 'none' })
    expect(of(99).sentence).toContain('1 minute;')
  })

  test('says when nothing was compared', () => {
    expect(
      judge({ counts: counts({ common: 0, equal: 0 }), sample: null, oldRuns: null }, found(0, 0, 0)),
    ).toMatchObject({
      kind: 'unsure',
    })
  })
})

describe('what accepting a cause would do', () => {
  test('is said in numbers, with what it will never do and when it ends', () => {
    expect(acceptWords({ differences: 12_480, minutes: undefined, alsoNeeded: [], lastDate: '2027-01-31' })).toBe(
      '12,480 differences become explained; they are never counted as equal. The same cause in other runs counts as explained, too. It ends on 2027-01-31.',
    )
  })

  test('is an upper limit while other causes are needed, which are named', () => {
    const words = acceptWords({ differences: 7, minutes: undefined, alsoNeeded: ['In lots'], lastDate: undefined })
    expect(words).toContain('Up to 7 differences become explained')
    expect(words).toContain('also need “In lots” wait')
    expect(words).toContain('until it is withdrawn')
  })

  test('is said in minutes where differences are not known', () => {
    expect(acceptWords({ differences: undefined, minutes: 1, alsoNeeded: [], lastDate: undefined })).toContain(
      'Differences in 1 minute become explained',
    )
  })

  test.each([
    [{}, 'everything it explains'],
    [{ symbols: ['SPY'], fields: ['open', 'high', 'low'] }, 'SPY, open, high and low'],
    [{ from: '2024-01-02' }, '2024-01-02 to the last'],
  ])('covers %j in words', (scope, words) => {
    expect(acceptedScopeWords(scope)).toBe(words)
  })

  test('is told apart from what has ended or is in part', () => {
    expect(decisionOf(cause('a')).word).toBe('Waiting')
    expect(decisionOf(cause('a', { acceptances: [acceptance({ state: 'expired' })] })).word).toBe('Expired')
    expect(decisionOf(cause('a', { acceptances: [acceptance({ state: 'withdrawn' })] })).word).toBe('Waiting')
    expect(decisionOf(cause('a', { acceptances: [acceptance({})], accepted: 4 })).word).toBe('Accepted in part')
    expect(decisionOf(cause('a', { acceptances: [acceptance({})], accepted: 10 })).word).toBe('Accepted')
    const [symbol] = cause('a').symbols
    const grown = cause('a', { acceptances: [acceptance({})], symbols: [{ ...symbol, isOutgrown: true }] })
    expect([decisionOf(grown).state, decisionOf(grown).word]).toEqual(['waiting', 'Has grown'])
    expect(outgrownWords(grown)).toBe(
      'More than twice as large in SPY as when it was accepted: its differences there wait again.',
    )
    expect(undecided([grown, cause('b', { acceptances: [acceptance({})] })])).toEqual([grown])
  })

  test('has the scope of a cause in words', () => {
    const dates = [
      { from: '2024-03-11', to: '2024-03-15' },
      { from: '2024-11-04', to: '2024-11-05' },
    ]
    const symbols = [{ symbol: 'SPY', dates, explained: 1, fit: 1, words: '', extent: 0.1, isOutgrown: false }]
    expect(scopeWords({ symbols, fields: ['close', 'volume'] })).toBe(
      'SPY, sessions from 2024-03-11 to 2024-11-05, close and volume',
    )
  })

  test('names the causes that part of its differences need besides', () => {
    const [a, b, c] = [cause('a'), cause('b'), cause('c')]
    const all: RunCauses = {
      ...found(0, 30, 0, [a, b, c]),
      combinations: [
        { causeKeys: ['a'], explained: 10 },
        { causeKeys: ['a', 'b'], explained: 5 },
        { causeKeys: ['a', 'b', 'c'], explained: 2 },
      ],
    }
    expect(togetherWith(all, a).map(({ cause: { causeKey }, explained }) => [causeKey, explained])).toEqual([
      ['b', 7],
      ['c', 2],
    ])
  })
})

describe('the address', () => {
  const view: CompareView = {
    part: 'rows',
    layer: 'open',
    selection: {
      anchor: { symbol: 'BRK B', sessionDate: '2024-11-25' },
      focus: { symbol: 'BRK B', sessionDate: '2024-11-25' },
    },
    cause: 'scale volume=0.01',
    field: 'volume',
    atTs: 1_732_545_000,
    zoom: [1_732_545_000, 1_732_546_800],
    rows: {
      ...EVERY_ROW,
      symbols: ['BRK B', 'SPY'],
      from: '2024-11-25',
      to: '2024-11-26',
      class: 'old_only',
      field: 'close',
      least: 0.02,
      cause: 'scale volume=0.01',
      state: 'waiting',
      order: 'time',
      row: { symbol: 'BRK B', sessionDate: '2024-11-25', ts: 1_732_545_060 },
    },
    tolerances: 'close=2ticks+1bp,volume=1%',
  }
  const again = (one: CompareView): CompareView =>
    viewFrom(new URLSearchParams(compareAddress('run 1', one).split('?')[1]), 'close')

  test('brings back everything that is looked at', () => {
    expect(compareAddress('run 1', view)).toMatch(/^\/compare\/run%201\?/)
    expect(again(view)).toEqual(view)
  })

  test('brings back a range of sessions, which has no minute', () => {
    const selection = {
      anchor: { symbol: 'SPY', sessionDate: '2024-11-26' },
      focus: { symbol: 'AIG', sessionDate: '2024-11-25' },
    }
    expect(again({ ...view, selection })).toEqual({ ...view, selection, atTs: undefined })
  })

  test('with nonsense in it shows what is usual', () => {
    const search =
      'part=x&layer=y&symbol=SPY&session=1&at=z&field=q&zoom=9-3&row=SPY&row-least=-1&row-from=no&row-order=up'
    expect(viewFrom(new URLSearchParams(search), 'close')).toEqual({
      part: 'causes',
      layer: 'unexplained',
      selection: undefined,
      cause: undefined,
      field: 'close',
      atTs: undefined,
      zoom: undefined,
      rows: EVERY_ROW,
      tolerances: undefined,
    })
  })
})

describe('rows in fewer pixels', () => {
  const row = (ts: number, old: number | null, fresh: number | null): OverlayRow => ({
    ts,
    old,
    new: fresh,
    difference: old === null || fresh === null ? null : fresh - old,
  })

  test('are all of them where there is room', () => {
    const rows = [row(0, 1, 1), row(60, 2, 2)]
    expect(minMaxRows(rows, 2)).toBe(rows)
  })

  test('keep a spike of one minute and a minute that is missing', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => row(i * 60, 100, 100))
    rows[417] = row(417 * 60, 100, 250)
    rows[731] = row(731 * 60, null, 100)
    const kept = minMaxRows(rows, 90)
    expect(kept.length).toBeLessThanOrEqual(90)
    expect(kept).toContain(rows[417])
    expect(kept).toContain(rows[731])
  })

  test('never lose an extreme, never outnumber the pixels, and stay in order', () => {
    const value = fc.option(fc.integer({ min: -50, max: 50 }), { nil: null })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 9, max: 200 }),
        (values, pixels) => {
          const rows = values.map(([old, fresh], i) => row(i, old, fresh))
          const kept = minMaxRows(rows, pixels)
          expect(kept.length).toBeLessThanOrEqual(pixels)
          expect(kept.map(({ ts }) => ts)).toEqual(kept.map(({ ts }) => ts).toSorted((a, b) => a - b))
          for (const key of ['old', 'new', 'difference'] as const) {
            const of = (list: readonly OverlayRow[]): number[] => list.flatMap((entry) => entry[key] ?? [])
            expect(Math.max(...of(kept))).toBe(Math.max(...of(rows)))
            expect(Math.min(...of(kept))).toBe(Math.min(...of(rows)))
            expect(kept.some((entry) => entry[key] === null)).toBe(rows.some((entry) => entry[key] === null))
          }
        },
      ),
    )
  })
})

describe('the part of a session that is shown', () => {
  const whole = [0, 390 * 60] as const

  test('is whole minutes between where a drag began and ended, in either direction', () => {
    expect(spanBetween(95, 3_605, whole)).toEqual([60, 3_660])
    expect(spanBetween(3_605, 95, whole)).toEqual([60, 3_660])
  })

  test('is never shorter than five minutes and never outside of the session', () => {
    expect(spanBetween(600, 610, whole)).toEqual([480, 780])
    expect(spanBetween(-500, 10, whole)).toEqual([0, 540 + 60])
    expect(spanBetween(390 * 60 - 30, 390 * 60, whole)).toEqual([385 * 60, 390 * 60])
  })

  test('is halved and doubled around a minute that keeps its place', () => {
    expect(zoomed([0, 120 * 60], 'in', 60 * 60, whole)).toEqual([30 * 60, 90 * 60])
    expect(zoomed([30 * 60, 90 * 60], 'out', 60 * 60, whole)).toEqual([0, 120 * 60])
    expect(zoomed([0, 300 * 60], 'out', 0, whole)).toEqual(whole)
  })

  test('moves by half of its length as far as there is room', () => {
    expect(moved([60 * 60, 120 * 60], 'later', whole)).toEqual([90 * 60, 150 * 60])
    expect(moved([60, 60 * 60 + 60], 'earlier', whole)).toEqual([0, 60 * 60])
  })
})

describe('the cells of the grid', () => {
  const grid: CompareGrid = {
    runId: 'run',
    symbols: ['SPY', 'DJCO'],
    sessionDates: ['2024-11-25', '2024-11-26', '2024-11-27'],
    compared: [2_000, 2_000, -1, 1_000, 1_000, 1_000],
    total: [0, 20, 0, 600, 600, 10],
    explained: [0, 20, 0, 0, 100, 0],
    waiting: [0, 0, 0, 600, 400, 1],
  }
  const everything = { symbol: undefined, from: undefined, to: undefined }

  test('are left out where nothing was compared', () => {
    expect(allCells(gridPart(grid, everything)).length).toBe(5)
  })

  test('are narrowed to what the header lets through', () => {
    const part = gridPart(grid, { symbol: 'DJCO', from: '2024-11-26', to: undefined })
    expect(part.axes).toEqual({ symbols: ['DJCO'], sessions: ['2024-11-26', '2024-11-27'] })
    expect(sumOf(allCells(part))).toEqual({ compared: 2_000, total: 610, explained: 100, waiting: 401, open: 109 })
  })

  test('say what is open, waiting and explained', () => {
    const [first, second, , , last] = allCells(gridPart(grid, everything))
    expect(cellWords(first)).toBe('no difference in 2,000 values')
    expect(cellWords(second)).toBe('0.00 % unexplained, 20 explained, of 2,000 values')
    expect(cellWords(last)).toBe('1.00 % unexplained, 9 open, 1 waiting for a decision, of 1,000 values')
  })

  test.each([
    ['unexplained', ['none', 'explained', 'more', '≤ 50 %', '≤ 1 %']],
    ['waiting', ['none', 'others', 'more', '≤ 50 %', '≤ 0.1 %']],
    ['open', ['none', 'others', 'others', '≤ 10 %', '≤ 1 %']],
  ] as const)('have one kind each in the layer %s', (layer, keys) => {
    const kinds = kindsOf(layer)
    const cells = allCells(gridPart(grid, everything))
    expect(cells.map((cell) => kinds.find(({ is }) => is(cell))?.key)).toEqual(keys)
  })
})

describe('words of rows and distributions', () => {
  const row = (values: Partial<CompareRow>): CompareRow => ({
    symbol: 'SPY',
    sessionDate: '2024-11-25',
    ts: 0,
    class: 'different',
    old: {},
    fresh: {},
    unequal: [],
    causeKeys: [],
    state: 'open',
    ...values,
  })

  test('say in which fields a row differs', () => {
    const words = unequalWords(
      row({
        old: { open: 1, close: 2, volume: 300, vwap: null },
        fresh: { open: 1, close: 2.01, volume: null, vwap: 2 },
        // Nobody compared vwap: the old side has none in the whole session.
        unequal: ['close', 'volume'],
      }),
      ['open', 'close', 'volume', 'vwap'],
    )
    expect(words).toBe('close +0.01, volume 300 against none')
  })

  test('say what only one side has', () => {
    expect(unequalWords(row({ class: 'old_only', old: { close: 2, volume: 0 } }), [])).toBe(
      'old close 2.00, old volume 0',
    )
  })

  test('hold distributions apart only beyond chance', () => {
    const measures = { d: 0.2, adjustedPValue: 0.5, wasserstein: 0.034, psi: 0.15, psiUpper99: 0.2 }
    expect(isApart(measures)).toBe(false)
    expect(apartWords('close', measures)).toBe('No further apart than chance gives.')
    expect(apartWords('close', { ...measures, psi: 0.21 })).toBe(
      'Up to 20 % more minutes of one side lie below some value; on average a value is 0.034 price off.',
    )
    expect(apartWords('close', { ...measures, d: 0 })).toBe('The same values as often.')
  })

  test('mark a value by the tolerance of the run', () => {
    const run = { tolerances: { close: { abs: 0, rel: 0, ticks: 1, bp: 0 } }, tickSizes: { SPY: 0.01 } }
    expect(likeness(run, 'SPY', 'close', 33.33, 33.33)).toBe('equal')
    // 33.34 - 33.33 is a little more than 0.01 in doubles.
    expect(likeness(run, 'SPY', 'close', 33.33, 33.34)).toBe('within')
    expect(likeness(run, 'SPY', 'close', 33.33, 33.35)).toBe('different')
    expect(likeness(run, 'SPY', 'close', null, 33.35)).toBe('different')
  })
})

describe('points of old against new', () => {
  test('are spread over all rows without overlap', () => {
    expect(spreadOffsets(0, 1_000, 5)).toEqual([0])
    expect(spreadOffsets(2_400, 1_000, 5)).toEqual([0, 1_000, 2_000])
    expect(spreadOffsets(5_000, 1_000, 5)).toEqual([0, 1_000, 2_000, 3_000, 4_000])
    expect(spreadOffsets(9_000, 1_000, 5)).toEqual([0, 2_000, 4_000, 6_000, 8_000])
  })

  test('have both axes from the lowest to the highest value of either side', () => {
    expect(
      scatterDomain(
        [
          { old: 0, fresh: 50 },
          { old: 100, fresh: 20 },
        ],
        false,
      ),
    ).toEqual([-4, 104])
    expect(
      scatterDomain(
        [
          { old: 0, fresh: 500 },
          { old: 12, fresh: 20 },
        ],
        true,
      ),
    ).toEqual([10, 1_000])
    expect(scatterDomain([{ old: 0, fresh: 0 }], true)).toBeUndefined()
  })
})

describe('tolerances that are tried out', () => {
  test('are the same in the address and in the form', () => {
    const texts = { close: '2ticks+1bp', volume: '1%' }
    expect(wordsFrom(texts)).toBe('close=2ticks+1bp,volume=1%')
    expect(textsFrom('close=2ticks+1bp,volume=1%')).toEqual(texts)
    expect(tolerancesFrom(texts)).toEqual({
      close: { abs: 0, rel: 0, ticks: 2, bp: 1 },
      volume: { abs: 0, rel: 0.01, ticks: 0, bp: 0 },
    })
    expect(wordsFrom({})).toBeUndefined()
  })

  test.each(['close=none', 'volume=1tick', 'nothing=1', undefined])('are none when they are %j', (words) => {
    expect(tolerancesFrom(textsFrom(words))).toBeUndefined()
  })

  test('can be kept in the configuration', () => {
    expect(yamlOf({ close: '0.01+5bp', volume: '0' })).toBe(
      'comparison:\n  tolerances:\n    close: { abs: 0.01, bp: 5 }\n    volume: { abs: 0 }',
    )
  })
})
