import { beforeAll, describe, expect, test } from 'vitest'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import type { Explanation } from '#main/compare/causes/cause.ts'
import type { Cause } from '#shared/comparison/cause.ts'
import { explainDifferences } from '#main/compare/causes/explain-differences.ts'
import type { Tolerances } from '#main/compare/compare-session.ts'
import { createRandom } from '#main/simulator/markets/random.ts'
import { syntheticMarket } from '#main/simulator/simulator.ts'
import { rowsOf } from './bars-fixtures.ts'
import {
  applyQuirks,
  canCombine,
  countChanged,
  everywhere,
  pairsOf,
  type Quirk,
  type QuirkDay,
  QUIRKS,
  type QuirkRow,
  withZeroVolumeRows,
} from './quirks.ts'

/** Forty-nine sessions; the clock changes on 10 March. */
const [FROM, TO] = ['2024-02-05', '2024-04-15']
const XNYS = loadCalendar('XNYS', ['data/calendars'])
/** Two liquid names and two that trade a few hundred times a day. */
const SYMBOLS = ['SPY', 'JPM', 'DJCO', 'SEB']

const same = (abs: number, rel: number): Tolerances => ({
  open: { abs, rel: 0 },
  high: { abs, rel: 0 },
  low: { abs, rel: 0 },
  close: { abs, rel: 0 },
  volume: { abs: 0, rel },
  vwap: { abs, rel: 0 },
  tradeCount: { abs: 0, rel },
})
const EXACT = same(0, 0)
const USUAL = same(0.01, 0.01)

/** Machines that do other things besides. */
const SLOW_MS = 600_000

/** A quirk that changes less than this is not worth a cause. */
const LEAST_CHANGED = 40

interface Trial {
  readonly names: string
  readonly symbol: string
  readonly missed: readonly string[]
  readonly falseCauses: readonly Cause[]
  readonly visible: readonly Quirk[]
  /** Otherwise what is left may be a quirk that made too few differences for a cause. */
  readonly isAllVisible: boolean
  readonly explanation: Explanation
}

const bySymbol = new Map<string, QuirkDay[]>()

/** Prices with fractions of a cent, such as dark pools make. */
function finer(row: QuirkRow, index: number): QuirkRow {
  const more = (value: number, step: number): number => Number((value + step * 0.0001).toFixed(4))
  return {
    ...row,
    open: more(row.open, (index * 7) % 89),
    close: more(row.close, (index * 11) % 97),
    high: more(row.high, 100 + ((index * 5) % 83)),
    low: more(row.low, -((index * 3) % 79)),
  }
}

function runTrial(symbol: string, quirks: readonly Quirk[], tolerances: Tolerances, seed: number): Trial {
  const plain = bySymbol.get(symbol) as QuirkDay[]
  const days = quirks.some(({ kind }) => kind === 'dropped_zero_volume') ? withZeroVolumeRows(plain) : plain
  const old = applyQuirks(days, quirks, seed)
  const visible = quirks.filter((quirk) => {
    const without = applyQuirks(
      days,
      quirks.filter((other) => other !== quirk),
      seed,
    )
    return countChanged(old, without, tolerances) >= LEAST_CHANGED
  })
  const explanation = explainDifferences(pairsOf(old), { tolerances: everywhere(tolerances), tickSize: 0.01 })
  const { causes } = explanation
  return {
    names: quirks.map(({ name }) => name).join(' + '),
    symbol,
    visible,
    isAllVisible: visible.length === quirks.length,
    missed: visible
      .filter((quirk) => !causes.some((cause) => cause.kind === quirk.kind && quirk.isRight(cause)))
      .map(({ name }) => name),
    falseCauses: causes.filter((cause) => !quirks.some((quirk) => quirk.kind === cause.kind && quirk.isRight(cause))),
    explanation,
  }
}

const shareOf = ({ explanation: { explained, total } }: Trial): number => (total === 0 ? 1 : explained / total)

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

const describeTrial = ({
  symbol,
  names,
  missed,
  falseCauses,
  explanation: { causes, explained, total, rest },
}: Trial): string =>
  [
    `${symbol}: ${names}`,
    missed.length === 0 ? '' : `  missed ${missed.join(', ')}`,
    falseCauses.length === 0 ? '' : `  false ${falseCauses.map(({ words }) => words).join(' ')}`,
    ...causes.map(({ words, fit, explained: n }) => `  ${n} (fit ${fit.toFixed(3)}) ${words}`),
    `  ${percent(total === 0 ? 1 : explained / total)} of ${total}, left ${JSON.stringify(rest)}`,
  ]
    .filter((line) => line !== '')
    .join('\n')

const isGood = (trial: Trial): boolean =>
  trial.missed.length === 0 && trial.falseCauses.length === 0 && (!trial.isAllVisible || shareOf(trial) >= 0.99)

beforeAll(async () => {
  const market = syntheticMarket({ seed: 5, calendar: XNYS, symbols: SYMBOLS, from: FROM, to: TO })
  for (const symbol of SYMBOLS) {
    const days: QuirkDay[] = []
    for (const session of XNYS.sessionsBetween(FROM, TO)) {
      const whole = rowsOf(
        await market.minuteBars(symbol, session.openTs - 6 * 3_600, session.closeTs + 5 * 3_600, false),
      )
      const isInside = ({ ts }: QuirkRow): boolean => ts >= session.openTs && ts < session.closeTs
      const rows = whole.map(({ ts, open, high, low, close, volume }) => ({ ts, open, high, low, close, volume }))
      const exact = symbol === 'JPM' || symbol === 'DJCO' ? rows.map(finer) : rows
      const fresh = exact.filter(isInside)
      days.push({ session, fresh, outside: exact.filter((row) => !isInside(row)), old: fresh })
    }
    bySymbol.set(symbol, days)
  }
})

describe('every quirk by itself', () => {
  const trials: Trial[] = []
  beforeAll(() => {
    for (const tolerances of [EXACT, USUAL]) {
      for (const quirk of QUIRKS) {
        for (const symbol of SYMBOLS) trials.push(runTrial(symbol, [quirk], tolerances, 1))
      }
    }
    const lines = QUIRKS.map(({ name }) => {
      const own = trials.filter(({ names }) => names === name)
      const visible = own.filter((trial) => trial.visible.length > 0)
      const found = visible.filter(({ missed }) => missed.length === 0).length
      const share = visible.reduce((least, trial) => Math.min(least, shareOf(trial)), 1)
      const wrong = own.reduce((sum, { falseCauses }) => sum + falseCauses.length, 0)
      return `${name.padEnd(58)}${String(visible.length).padStart(8)}${String(found).padStart(7)}${percent(share).padStart(17)}${String(wrong).padStart(14)}`
    })
    const header = `${'quirk'.padEnd(58)}${'applied'.padStart(8)}${'found'.padStart(7)}${'least explained'.padStart(17)}${'false causes'.padStart(14)}`
    console.log(
      `${SYMBOLS.length} symbols, two sets of tolerances; applied: where it changes anything.\n${header}\n${lines.join('\n')}`,
    )
  }, SLOW_MS)

  test('is found with its parameters, explains what it made, and nothing else is reported', () => {
    expect(
      trials
        .filter((trial) => !isGood(trial))
        .map(describeTrial)
        .join('\n'),
    ).toBe('')
  })

  test('is visible on some symbol', () => {
    const unseen = QUIRKS.filter(
      ({ name }) => !trials.some(({ names, visible }) => names === name && visible.length > 0),
    )
    // Volumes are whole as they are; this one goes with lots.
    expect(unseen.map(({ name }) => name)).toEqual(['round to 1 (volume)'])
  })
})

describe('two quirks together', () => {
  const trials: Trial[] = []
  beforeAll(() => {
    const random = createRandom(7, 'pairs')
    while (trials.length < 200) {
      const a = QUIRKS[random.between(0, QUIRKS.length - 1)]
      const b = QUIRKS[random.between(0, QUIRKS.length - 1)]
      if (!canCombine(a, b)) continue
      const symbol = SYMBOLS[random.between(0, SYMBOLS.length - 1)]
      // Tolerances are in units of the new side: what they hide is only plain to see where nothing is scaled.
      const isScaled = [a, b].some(({ kind }) => kind === 'scale' || kind === 'adjustment')
      const tolerances = isScaled || random.uniform() < 0.6 ? EXACT : USUAL
      trials.push(runTrial(symbol, [a, b], tolerances, trials.length))
    }
    const good = trials.filter(isGood).length
    const visible = trials.reduce((sum, trial) => sum + trial.visible.length, 0)
    const missed = trials.reduce((sum, trial) => sum + trial.missed.length, 0)
    const wrong = trials.reduce((sum, trial) => sum + trial.falseCauses.length, 0)
    const least = trials.reduce((share, trial) => Math.min(share, trial.isAllVisible ? shareOf(trial) : 1), 1)
    console.log(
      `${trials.length} pairs: ${good} as expected; ${visible} quirks applied, ${visible - missed} found, least explained ${percent(least)}, ${wrong} false causes`,
    )
  }, SLOW_MS)

  test('are both found, explain what they made, and nothing else is reported', () => {
    expect(
      trials
        .filter((trial) => !isGood(trial))
        .map(describeTrial)
        .join('\n'),
    ).toBe('')
  })
})

test.each([
  [
    'times +1 min',
    'lots (volume × 0.01)',
    'round to 1 (volume)',
    'round to 0.01 (prices)',
    'fill forward (close, volume zero)',
  ],
  [
    'times +300 min',
    'cents (prices × 100)',
    'floor to 0.05 (prices)',
    'fill forward (row, volume copied)',
    'all rows twice',
  ],
  [
    'times +1 h in winter',
    'split not seen (prices × 0.25)',
    'extended hours mixed in',
    'some rows twice',
    '3 bars cut at the close',
  ],
  [
    'times -1 min',
    'prices +1.25',
    'round to 0.05 (prices)',
    'volumes of another vendor (× 0.8, spread 0.2)',
    '5 bars cut at the open',
  ],
  [
    'times +1 min',
    'times +1 h in summer',
    'prices adjusted by 0.9952 up to a date',
    'float32 (prices)',
    'last bar unfinished in every session',
  ],
])('many habits at once are told apart: %s, %s, %s, %s, %s', (...names) => {
  const quirks = QUIRKS.filter(({ name }) => names.includes(name))
  expect(quirks).toHaveLength(names.length)
  const trials = SYMBOLS.map((symbol) => runTrial(symbol, quirks, EXACT, 1))
  expect(
    trials
      .filter((trial) => !isGood(trial))
      .map(describeTrial)
      .join('\n'),
  ).toBe('')
})

describe('noise', () => {
  test.each([
    ['a tick on some prices', 0.2, 0.01, 0],
    ['much on few prices', 0.01, 0.5, 0],
    ['a little on all prices', 1, 0.0001, 0],
    ['some percent of all volumes', 0, 0, 0.02],
    ['all of it', 0.3, 0.02, 0.03],
  ])('that is independent, %s, has no cause', (_name, share, size, volume) => {
    for (const symbol of SYMBOLS) {
      const random = createRandom(3, 'noise', symbol)
      const noisy = (value: number): number =>
        random.uniform() < share ? Number((value + size * random.normal()).toFixed(4)) : value
      const days = (bySymbol.get(symbol) as QuirkDay[]).map((day) => ({
        ...day,
        fresh: day.fresh.filter(() => random.uniform() > 0.003),
        old: day.fresh
          .filter(() => random.uniform() > 0.003)
          .map((row) => ({
            ts: row.ts,
            open: noisy(row.open),
            high: noisy(row.high),
            low: noisy(row.low),
            close: noisy(row.close),
            volume: Math.round(row.volume * (1 + volume * random.normal())),
          })),
      }))
      for (const tolerances of [EXACT, USUAL]) {
        const { causes, total, explained, unexplained } = explainDifferences(pairsOf(days), {
          tolerances: everywhere(tolerances),
          tickSize: 0.01,
        })
        expect(causes.map(({ words, fit }) => [symbol, words, fit])).toEqual([])
        expect([explained, unexplained]).toEqual([0, total])
      }
    }
  })
})

test('bars that are the same have no differences and no causes', () => {
  for (const days of bySymbol.values()) {
    expect(explainDifferences(pairsOf(days), { tolerances: everywhere(EXACT), tickSize: null })).toMatchObject({
      total: 0,
      explained: 0,
      causes: [],
      combinations: [],
    })
  }
})
