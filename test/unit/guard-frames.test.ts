import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameGuard } from '#main/tws/guard-frames.ts'

/** A message with the four bytes of its length before it. */
function frame(length: number): Buffer {
  const bytes = Buffer.alloc(4 + length, 'x')
  bytes.writeUInt32BE(length)
  return bytes
}

/** Whether a stream is taken for TWS messages when it comes in pieces of these sizes, the rest in one. */
function accepts(stream: Buffer, sizes: readonly number[]): boolean {
  const guard = new FrameGuard()
  let at = 0
  for (const size of [...sizes, stream.length]) {
    if (!guard.accepts(stream.subarray(at, at + size))) return false
    at += size
  }
  return true
}

const pieces = fc.array(fc.nat(9), { maxLength: 12 })

describe('a stream of frames', () => {
  test('is accepted in any pieces', () => {
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(70_000)), { maxLength: 5 })
    fc.assert(
      fc.property(lengths, pieces, (list, sizes) => {
        expect(accepts(Buffer.concat(list.map(frame)), sizes)).toBe(true)
      }),
    )
  })

  test.each([
    ['a length of nothing', Buffer.alloc(4)],
    ['a negative length', Buffer.of(0xff, 0xff, 0xff, 0xfe)],
    ['a length above what TWS sends', Buffer.of(0x01, 0, 0, 0)],
    ['the answer of a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['the greeting of a mail server', Buffer.from('220 mail ESMTP\r\n')],
  ])('is refused in any pieces when there is %s in it', (_name, foreign) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }), pieces, (list, sizes) => {
        expect(accepts(Buffer.concat([...list.map(frame), foreign]), sizes)).toBe(false)
      }),
    )
  })

  test('may have a message of the largest length', () => {
    expect(new FrameGuard().accepts(Buffer.of(0, 0xff, 0xff, 0xff))).toBe(true)
  })
})
