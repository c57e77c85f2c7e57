import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { LabelDefinition } from '#shared/labels/definition.ts'
import { computeSessionLabels, LabelState } from '#main/pipeline/labels/compute-labels.ts'
import type { SessionInput } from '#main/pipeline/features/compute-features.ts'
import { sessionInput, sessionNumber } from './features-fixtures.ts'
import type { TestBar } from './features-fixtures.ts'
import { labelsByDefinition } from './labels-by-definition.ts'
import { label } from './labels-fixtures.ts'

/** A minute of a made-up session: nothing, or a bar, in twelve one whose close is not known or that was not observed. */
const minuteOfMarket = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 9,
    arbitrary: fc.record({ close: fc.integer({ min: 97, max: 103 }), flag: fc.constant(0) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      close: fc.constantFrom(NaN, 0, -1, Infinity, 100),
      flag: fc.constantFrom(0, BarFlag.Filled, BarFlag.Quarantined),
    }),
  },
)
type Minute = { readonly close: number; readonly flag: number } | null

/** A session of the given minutes of trading, with a break of two minutes after the fourth where asked. */
function session(index: number, minutes: readonly Minute[], hasBreak: boolean): SessionInput {
  const plain = sessionNumber(index, minutes.length + (hasBreak ? 2 : 0))
  const hours = hasBreak ? { ...plain, breakStartTs: plain.openTs + 240, breakEndTs: plain.openTs + 360 } : plain
  const bars: (TestBar & { flag: number })[] = []
  for (const [at, bar] of minutes.entries()) {
    if (bar !== null) bars.push({ minute: hasBreak && at >= 4 ? at + 2 : at, ...bar })
  }
  const input = sessionInput(hours, bars)
  return { session: hours, bars: { ...input.bars, flags: Uint16Array.from(bars, ({ flag }) => flag) } }
}

const sessions = fc
  .tuple(
    fc.array(minuteOfMarket, { minLength: 6, maxLength: 20 }),
    fc.array(fc.array(minuteOfMarket, { minLength: 5, maxLength: 8 }), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([first, rest, hasBreak]) => [first, ...rest].map((minutes, index) => session(index, minutes, hasBreak)))

const horizon = fc.oneof(
  fc.record({ bars: fc.integer({ min: 1, max: 9 }) }),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(3))
    .map(([minutes, age]) => ({ minutes, maxPriceAgeMinutes: Math.min(age, minutes - 1) })),
)

const distances = fc.constantFrom(
  { upper: 0.0155, lower: 0.0155 },
  { upper: 0.0255, lower: null },
  { upper: null, lower: 0.0155 },
)
const volatility = fc.constantFrom(
  { unit: 'volatility', returns: 2, upper: 0.71, lower: 1.13 },
  { unit: 'volatility', returns: 4, upper: null, lower: 0.87 },
)

const definitions: fc.Arbitrary<LabelDefinition> = fc
  .record({
    kind: fc.constantFrom('forward_log_return', 'forward_log_return_sign', 'triple_barrier'),
    horizon,
    followingSessions: fc.nat(2),
    barriers: fc.oneof(
      distances.map((distance) => ({ unit: 'log_return', ...distance })),
      volatility,
    ),
    atHorizon: fc.constantFrom('zero', 'sign'),
  })
  .map(({ kind, horizon, followingSessions, ...barrier }) =>
    label({
      name: `${kind}_${'bars' in horizon ? `${horizon.bars}b` : `${horizon.minutes}m`}`,
      kind,
      horizon,
      followingSessions,
      ...(kind === 'triple_barrier' ? barrier : {}),
    }),
  )

const RUNS = { numRuns: 1_500 }

function stateNamed(value: number): string {
  return Object.entries(LabelState).find(([, state]) => state === value)?.[0] ?? `state ${value}`
}

/** The sessions with every bar that ends after `moment` replaced, taken away or added as `changes` say. */
function changedAfter(inputs: readonly SessionInput[], moment: number, changes: readonly Minute[]): SessionInput[] {
  let next = 0
  return inputs.map(({ session: hours, bars }) => {
    const kept = Array.from(bars.ts, (ts, row) => ({ ts, close: bars.close[row], flag: bars.flags[row] })).filter(
      ({ ts }) => ts + 60 <= moment,
    )
    for (let ts = hours.openTs; ts < hours.closeTs; ts += 60) {
      const isBreak = ts >= (hours.breakStartTs ?? Infinity) && ts < (hours.breakEndTs ?? -Infinity)
      const change = changes[next++ % changes.length]
      if (ts + 60 > moment && !isBreak && change !== null) kept.push({ ts, ...change })
    }
    const input = sessionInput(
      hours,
      kept.map(({ ts, close }) => ({ minute: (ts - hours.openTs) / 60, close })),
    )
    return { session: hours, bars: { ...input.bars, flags: Uint16Array.from(kept, ({ flag }) => flag) } }
  })
}

describe('labels of random bars', () => {
  test('equal those worked out minute by minute, at any moment', () => {
    const reached = new Set<string>()
    fc.assert(
      fc.property(definitions, sessions, fc.nat(4_000), (definition, [current, ...following], minute) => {
        const asOf = minute % 2 === 0 ? Infinity : current.session.openTs + (minute % 60) * 30
        const labels = computeSessionLabels(definition, current, following, asOf)
        const found = Array.from(labels.state, (state, row) =>
          state === LabelState.Known ? { label: labels.label[row], knownAt: labels.knownAt[row] } : stateNamed(state),
        )
        for (const row of found) reached.add(typeof row === 'string' ? row : `${definition.kind} known`)
        expect(found).toEqual(labelsByDefinition(definition, current, following, asOf))
      }),
      RUNS,
    )
    // The bars above reach every state: the comparison is of more than nulls.
    expect([...reached].toSorted()).toEqual([
      'BeyondSessions',
      'NoPrice',
      'NoVolatility',
      'NotYet',
      'forward_log_return known',
      'forward_log_return_sign known',
      'triple_barrier known',
    ])
  })

  test('are null in value and moment unless known, and known later than their row', () => {
    fc.assert(
      fc.property(definitions, sessions, (definition, [current, ...following]) => {
        const { ts, label: values, knownAt, state } = computeSessionLabels(definition, current, following, Infinity)
        for (let row = 0; row < ts.length; row++) {
          const isKnown = state[row] === LabelState.Known
          expect([Number.isFinite(values[row]), Number.isFinite(knownAt[row])]).toEqual([isKnown, isKnown])
          if (isKnown) expect(knownAt[row]).toBeGreaterThan(ts[row] + 60)
          if (isKnown && definition.followingSessions === 0) {
            expect(knownAt[row]).toBeLessThanOrEqual(current.session.closeTs)
          }
        }
      }),
      RUNS,
    )
  })
})

describe('look-ahead', () => {
  const changes = fc.array(minuteOfMarket, { minLength: 3, maxLength: 15 })

  test('no change to bars that end after a label is known changes it', () => {
    let compared = 0
    fc.assert(
      fc.property(definitions, sessions, changes, fc.nat(40), (definition, inputs, change, pick) => {
        const before = computeSessionLabels(definition, inputs[0], inputs.slice(1), Infinity)
        const known = [...before.state.keys()].filter((row) => before.state[row] === LabelState.Known)
        if (known.length === 0) return
        const row = known[pick % known.length]
        const [current, ...following] = changedAfter(inputs, before.knownAt[row], change)
        const after = computeSessionLabels(definition, current, following, Infinity)
        compared++
        expect([after.ts[row], after.label[row], after.knownAt[row], after.state[row]]).toEqual([
          before.ts[row],
          before.label[row],
          before.knownAt[row],
          LabelState.Known,
        ])
      }),
      RUNS,
    )
    expect(compared).toBeGreaterThan(RUNS.numRuns / 4)
  })

  test('a label needs every bar until it is known and none after', () => {
    fc.assert(
      fc.property(definitions, sessions, (definition, [current, ...following]) => {
        const all = computeSessionLabels(definition, current, following, Infinity)
        for (let row = 0; row < all.ts.length; row++) {
          if (all.state[row] !== LabelState.Known) continue
          const then = computeSessionLabels(definition, current, following, all.knownAt[row])
          expect([then.label[row], then.knownAt[row]]).toEqual([all.label[row], all.knownAt[row]])
          const before = computeSessionLabels(definition, current, following, all.knownAt[row] - 1)
          expect(before.state[row]).toBe(LabelState.NotYet)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('what is said never to be known stays so when more bars come', () => {
    fc.assert(
      fc.property(definitions, sessions, fc.nat(40), (definition, [current, ...following], halfMinutes) => {
        const asOf = current.session.openTs + halfMinutes * 30
        const then = computeSessionLabels(definition, current, following, asOf)
        const later = computeSessionLabels(definition, current, following, Infinity)
        for (let row = 0; row < then.ts.length; row++) {
          if (then.state[row] !== LabelState.NotYet) expect(later.state[row]).toBe(then.state[row])
        }
      }),
      RUNS,
    )
  })
})
