import { describe, expect, test } from 'vitest'
import { labelDefinitionSchema, labelHash } from '#shared/labels/definition.ts'
import { label } from './labels-fixtures.ts'

const RETURN = { name: 'forward_log_return_30m', kind: 'forward_log_return', horizon: { minutes: 30 } }
const BARRIER = {
  name: 'triple_barrier_20b',
  kind: 'triple_barrier',
  horizon: { bars: 20 },
  barriers: { unit: 'volatility', returns: 60, upper: 2, lower: 2 },
  atHorizon: 'zero',
}

/** Where the schema finds fault, as dotted keys. */
function faults(written: object): string[] {
  return labelDefinitionSchema.safeParse(written).error?.issues.map(({ path }) => path.join('.')) ?? []
}

describe('the definition of a label', () => {
  test('stays inside the session and takes no price that is old unless it says so', () => {
    expect(label(RETURN)).toEqual({
      ...RETURN,
      horizon: { minutes: 30, maxPriceAgeMinutes: 0 },
      followingSessions: 0,
    })
  })

  test.each([
    ['a name with another horizon', { ...RETURN, name: 'forward_log_return_15m' }, ['name']],
    ['minutes named as bars', { ...RETURN, name: 'forward_log_return_30b' }, ['name']],
    ['a name of another kind', { ...BARRIER, name: 'forward_log_return_20b' }, ['name']],
    ['a return named as a sign', { ...RETURN, name: 'forward_log_return_sign_30m' }, ['name']],
    ['a sign named as a return', { ...RETURN, kind: 'forward_log_return_sign' }, ['name']],
    ['a name that could be a path', { ...RETURN, name: '../forward_log_return_30m' }, ['name', 'name']],
    ['a horizon of no bars', { ...BARRIER, name: 'triple_barrier_0b', horizon: { bars: 0 } }, ['horizon.bars']],
    ['a horizon in two units', { ...BARRIER, horizon: { bars: 20, minutes: 20 } }, ['horizon']],
    ['barriers of a return', { ...RETURN, barriers: BARRIER.barriers }, ['']],
    ['no barrier', { ...BARRIER, barriers: { unit: 'log_return', upper: null, lower: null } }, ['barriers']],
    [
      'a barrier on the wrong side',
      { ...BARRIER, barriers: { unit: 'log_return', upper: 0.1, lower: -0.1 } },
      ['barriers.lower'],
    ],
    [
      'a price as old as the horizon',
      { ...RETURN, horizon: { minutes: 30, maxPriceAgeMinutes: 30 } },
      ['horizon.maxPriceAgeMinutes'],
    ],
    ['half a session', { ...RETURN, followingSessions: 0.5 }, ['followingSessions']],
  ])('is refused with %s', (_what, written, expected) => {
    expect(faults(written)).toEqual(expected)
  })

  test('may say more in its name between kind and horizon', () => {
    expect(faults({ ...BARRIER, name: 'triple_barrier_wide_20b' })).toEqual([])
  })

  test('has one hash whatever the order of its keys and whether defaults are written', () => {
    const written = {
      followingSessions: 0,
      horizon: { maxPriceAgeMinutes: 0, minutes: 30 },
      kind: 'forward_log_return',
      name: 'forward_log_return_30m',
    }
    expect(labelHash(label(written))).toBe(labelHash(label(RETURN)))
    expect(labelHash(label(RETURN))).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each([
    ['horizon', { ...BARRIER, horizon: { bars: 21 }, name: 'triple_barrier_21b' }],
    ['barriers', { ...BARRIER, barriers: { ...BARRIER.barriers, upper: 3 } }],
    ['label at the horizon', { ...BARRIER, atHorizon: 'sign' }],
    ['sessions', { ...BARRIER, followingSessions: 1 }],
  ])('has another hash with another %s', (_what, changed) => {
    expect(labelHash(label(changed))).not.toBe(labelHash(label(BARRIER)))
  })
})
