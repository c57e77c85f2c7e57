import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeDoubles,
  decodeFlags,
  decodeTimes,
  encodeDoubles,
  encodeDoublesInPlace,
  encodeFlags,
  encodeTimes,
  hashBlobs,
} from '#main/stores/session-block.ts'
import { anyDouble, anyTime, column } from './bars-fixtures.ts'

const doubles = fc.array(anyDouble, { maxLength: 60 }).map(column)
const times = fc.array(anyTime, { maxLength: 60 }).map(column)
const flags = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((list) => Uint16Array.from(list))

/** A NaN whose 64 bits are `high` and `low`: a payload, a sign, or the signalling form. */
function nanOf(high: number, low: number): Float64Array {
  const view = new DataView(new ArrayBuffer(8))
  view.setUint32(4, high, true)
  view.setUint32(0, low, true)
  return new Float64Array(view.buffer)
}

/** The bytes of `blob` at an address that is not a multiple of 2. */
function misaligned(blob: Uint8Array): Uint8Array {
  const moved = new Uint8Array(new ArrayBuffer(blob.byteLength + 9), 1, blob.byteLength)
  moved.set(blob)
  return moved
}

/** The bytes of `blob`, eight by eight, in hexadecimal. */
function words(blob: Buffer): string[] {
  return blob.toString('hex').match(/.{16}/g) ?? []
}

function codeOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing was thrown'
}

describe('doubles', () => {
  test('come back as they were, whatever they are', () => {
    fc.assert(
      fc.property(doubles, (values) => {
        const back = decodeDoubles(encodeDoubles(values))
        expect(back).toHaveLength(values.length)
        for (let i = 0; i < values.length; i++) expect(Object.is(back[i], values[i])).toBe(true)
      }),
    )
  })

  test('are written as little-endian binary64', () => {
    fc.assert(
      fc.property(doubles, (values) => {
        const blob = encodeDoubles(values)
        const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
        expect(blob.byteLength).toBe(8 * values.length)
        values.forEach((value, i) => expect(Object.is(view.getFloat64(8 * i, true), value)).toBe(true))
      }),
    )
  })

  test('have the bytes that the standard gives them', () => {
    // 1 = 0x3ff0000000000000, -2 = 0xc000000000000000, the smallest denormal = 1, a missing value = 0x7ff8000000000000.
    expect(words(encodeDoubles(column([1, -2, Number.MIN_VALUE, NaN, -0])))).toEqual([
      '000000000000f03f',
      '00000000000000c0',
      '0100000000000000',
      '000000000000f87f',
      '0000000000000080',
    ])
  })

  test.each([
    ['with a payload', 0x7ff80000, 0xdeadbeef],
    ['with a sign', 0xfff80000, 0],
    ['in the signalling form', 0x7ff00000, 1],
    ['with every bit set', 0xffffffff, 0xffffffff],
  ])('a missing value %s has the bytes of any other missing value', (_name, high, low) => {
    expect(encodeDoubles(nanOf(high, low)).toString('hex')).toBe('000000000000f87f')
  })

  test('share no memory with what was encoded', () => {
    const values = column([1, 2, 3])
    const blob = encodeDoubles(values)
    values[1] = 99
    expect(decodeDoubles(blob)).toEqual(column([1, 2, 3]))
  })

  test('encoded in place are the same bytes, in the memory of the column and in nothing beside it', () => {
    fc.assert(
      fc.property(doubles, (values) => {
        const whole = new Float64Array(values.length + 2).fill(7)
        const inside = whole.subarray(1, 1 + values.length)
        inside.set(values)
        const blob = encodeDoublesInPlace(inside)
        expect(blob.equals(encodeDoubles(values))).toBe(true)
        expect([blob.buffer, blob.byteOffset]).toEqual([whole.buffer, 8])
        expect([whole[0], whole[values.length + 1]]).toEqual([7, 7])
      }),
    )
  })

  test('a missing value in the input keeps its odd bits', () => {
    const odd = nanOf(0x7ff80000, 7)
    encodeDoubles(odd)
    expect(new Uint32Array(odd.buffer)[0]).toBe(7)
  })
})

describe('times', () => {
  test('come back as they were, also negative ones and those near 2^53', () => {
    fc.assert(
      fc.property(times, (ts) => {
        expect(decodeTimes(encodeTimes(ts))).toEqual(ts)
      }),
    )
  })

  test('are written as little-endian Int64', () => {
    fc.assert(
      fc.property(times, (ts) => {
        const blob = encodeTimes(ts)
        const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
        expect(blob.byteLength).toBe(8 * ts.length)
        ts.forEach((value, i) => expect(view.getBigInt64(8 * i, true)).toBe(BigInt(value)))
      }),
    )
  })

  test('have the bytes of two-complement numbers', () => {
    expect(words(encodeTimes(column([1_719_927_000, -1, 4_294_967_296])))).toEqual([
      'd800846600000000',
      'ffffffffffffffff',
      '0000000001000000',
    ])
  })

  test.each([0.5, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53)])('%s is refused', (value) => {
    expect(codeOf(() => encodeTimes(column([1, value])))).toBe('INTERNAL')
  })
})

describe('flags', () => {
  test('come back as they were and are written as little-endian UInt16', () => {
    fc.assert(
      fc.property(flags, (list) => {
        const blob = encodeFlags(list)
        const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
        expect(blob.byteLength).toBe(2 * list.length)
        list.forEach((value, i) => expect(view.getUint16(2 * i, true)).toBe(value))
        expect(decodeFlags(blob)).toEqual(list)
      }),
    )
  })
})

describe('a blob', () => {
  test('may lie at any address', () => {
    fc.assert(
      fc.property(doubles, times, flags, (values, ts, list) => {
        expect(decodeDoubles(misaligned(encodeDoubles(values)))).toEqual(values)
        expect(decodeTimes(misaligned(encodeTimes(ts)))).toEqual(ts)
        expect(decodeFlags(misaligned(encodeFlags(list)))).toEqual(list)
      }),
    )
  })

  test.each([1, 7, 9, 12, 23])('of %s bytes is damage, not a shorter column of doubles or times', (bytes) => {
    expect(codeOf(() => decodeDoubles(new Uint8Array(bytes)))).toBe('STORE_CORRUPT')
    expect(codeOf(() => decodeTimes(new Uint8Array(bytes)))).toBe('STORE_CORRUPT')
  })

  test.each([1, 3, 9])('of %s bytes is damage, not a shorter column of flags', (bytes) => {
    expect(codeOf(() => decodeFlags(new Uint8Array(bytes)))).toBe('STORE_CORRUPT')
  })

  test('of nothing is empty', () => {
    expect(encodeDoubles(column([])).byteLength).toBe(0)
    expect(decodeTimes(new Uint8Array(0))).toHaveLength(0)
  })
})

describe('the hash of blobs', () => {
  const named = fc.array(fc.tuple(fc.constantFrom('ts', 'open', 'close'), fc.uint8Array({ maxLength: 6 })), {
    maxLength: 3,
  })

  test('is equal exactly when names, order and bytes are', () => {
    fc.assert(
      fc.property(named, named, (a, b) => {
        expect(hashBlobs(a) === hashBlobs(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
      { numRuns: 500 },
    )
  })

  test('tells apart bytes that moved from one column to the next', () => {
    expect(
      hashBlobs([
        ['a', Uint8Array.of(1, 2)],
        ['b', Uint8Array.of(3)],
      ]),
    ).not.toBe(
      hashBlobs([
        ['a', Uint8Array.of(1)],
        ['b', Uint8Array.of(2, 3)],
      ]),
    )
  })

  test('is SHA-256 of name, length and bytes', () => {
    const text = Buffer.concat([Buffer.from('ts:2\n'), Buffer.of(7, 8), Buffer.from('open:0\n')])
    expect(
      hashBlobs([
        ['ts', Uint8Array.of(7, 8)],
        ['open', new Uint8Array(0)],
      ]),
    ).toBe(createHash('sha256').update(text).digest('hex'))
  })
})

describe('numpy', () => {
  const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0
  if (!hasNumpy) console.info('skipped: python3 with numpy is not there, so np.frombuffer could not be tried')

  test.skipIf(!hasNumpy)('reads doubles as <f8, times as <i8 and flags as <u2', () => {
    const script = `
import json, sys
import numpy as np
values, ts, flags = (bytes.fromhex(line.strip()) for line in sys.stdin)
print(json.dumps({
    "values": [float(x).hex() for x in np.frombuffer(values, "<f8")],
    "ts": [str(x) for x in np.frombuffer(ts, "<i8")],
    "flags": np.frombuffer(flags, "<u2").tolist(),
}))`
    const input = [
      encodeDoubles(column([1.5, -0, Infinity, NaN, Number.MIN_VALUE, 0.1])),
      encodeTimes(column([1_719_927_000, -1, 2 ** 53 - 1])),
      encodeFlags(Uint16Array.of(0, 1, 0x8001)),
    ]
    const ran = spawnSync('python3', ['-c', script], {
      input: input.map((blob) => blob.toString('hex')).join('\n'),
      encoding: 'utf8',
    })
    expect(ran.stderr).toBe('')
    expect(JSON.parse(ran.stdout)).toEqual({
      values: ['0x1.8000000000000p+0', '-0x0.0p+0', 'inf', 'nan', '0x0.0000000000001p-1022', '0x1.999999999999ap-4'],
      ts: ['1719927000', '-1', '9007199254740991'],
      flags: [0, 1, 0x8001],
    })
  })
})
