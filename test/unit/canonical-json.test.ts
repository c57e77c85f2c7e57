import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#shared/canonical-json.ts'
import { hashJson } from '#main/stores/hash-json.ts'

/** The same data with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, part]) => [key, reversed(part)]),
  )
}

/** What is left of a value when it is written as JSON: -0 becomes 0. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

describe('canonical JSON', () => {
  test('is the same for the same data, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('is another for other data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(canonicalJson(a) === canonicalJson(b)).toBe(isDeepStrictEqual(plain(a), plain(b)))
      }),
    )
  })

  test('has no white space and sorts keys by code unit, at every depth', () => {
    expect(canonicalJson({ b: 1, a: [{ d: null, c: 'x y' }], Z: true, é: 0, _: 0 })).toBe(
      '{"Z":true,"_":0,"a":[{"c":"x y","d":null}],"b":1,"é":0}',
    )
  })

  test('sorts keys that look like numbers by code unit too', () => {
    expect(canonicalJson({ a: 0, '-1': 1, 10: 'b', 9: 'c' })).toBe('{"-1":1,"10":"b","9":"c","a":0}')
  })

  test('leaves out what JSON has no word for, as JSON does', () => {
    expect(canonicalJson({ b: undefined, a: -0, c: NaN })).toBe('{"a":0,"c":null}')
  })

  test('keeps the order of lists', () => {
    expect(canonicalJson([3, 1, 2])).toBe('[3,1,2]')
  })

  test('takes a key named __proto__ as a key', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"x":2}}'))).toBe('{"__proto__":{"x":2},"b":1}')
  })
})

describe('the hash of JSON', () => {
  test('is SHA-256 of the canonical text', () => {
    expect(hashJson({ b: 1, a: 2 })).toBe(createHash('sha256').update('{"a":2,"b":1}').digest('hex'))
  })

  test('does not depend on the order of keys and depends on everything else', () => {
    expect(hashJson({ a: 1, b: [1, 2] })).toBe(hashJson({ b: [1, 2], a: 1 }))
    expect(hashJson({ a: 1, b: [1, 2] })).not.toBe(hashJson({ a: 1, b: [2, 1] }))
    expect(hashJson({ a: 1 })).not.toBe(hashJson({ a: '1' }))
  })
})
