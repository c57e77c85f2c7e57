import * as fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ForeignBytes, FrameStream } from '#main/tws/link/frame-stream.ts'

const MOST_BYTES = 4 * 1024 * 1024

/** A message with the four bytes of its length before it. */
function frame(body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** What a stream gives when it comes in pieces of these sizes, the rest in one. */
function messagesOf(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const frames = new FrameStream()
  const messages: Buffer[] = []
  let at = 0
  for (const size of [...sizes, stream.length]) {
    messages.push(...frames.take(stream.subarray(at, at + size)))
    at += size
  }
  expect(frames.buffered).toBe(0)
  return messages
}

const pieces = fc.array(fc.nat(9), { maxLength: 12 })
const bodies = fc.array(
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.integer({ min: 0, max: 255 }).map((byte) => Buffer.alloc(70_000, byte)),
  ),
  { maxLength: 5 },
)

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a stream of messages', () => {
  test('gives every message whole and in order, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(bodies, pieces, (list, sizes) => {
        const messages = messagesOf(Buffer.concat(list.map(frame)), sizes)
        expect(messages).toHaveLength(list.length)
        messages.forEach((message, i) => expect(message.equals(list[i])).toBe(true))
      }),
    )
  })

  test('gives a message as soon as its last byte is there, and not before', () => {
    const stream = new FrameStream()
    const bytes = frame(Buffer.from('9\x001\x001\x00'))
    for (const byte of bytes.subarray(0, -1)) expect([...stream.take(Buffer.of(byte))]).toEqual([])
    expect(stream.buffered).toBe(6 - 1)
    expect([...stream.take(bytes.subarray(-1))]).toEqual([Buffer.from('9\x001\x001\x00')])
  })

  test.each([
    ['a length of nothing', Buffer.alloc(4)],
    ['a negative length', Buffer.of(0xff, 0xff, 0xff, 0xfe)],
    ['a length above what is ever asked for', Buffer.of(0x00, 0x40, 0x00, 0x01)],
    ['the answer of a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['the greeting of a mail server', Buffer.from('220 mail ESMTP\r\n')],
    ['the greeting of a secure shell', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
  ])('is refused in any pieces when there is %s in it, after the messages before it', (_name, foreign) => {
    fc.assert(
      fc.property(bodies, pieces, (list, sizes) => {
        const stream = Buffer.concat([...list.map(frame), foreign])
        const frames = new FrameStream()
        const messages: Buffer[] = []
        const read = (): void => {
          let at = 0
          for (const size of [...sizes, stream.length]) {
            for (const message of frames.take(stream.subarray(at, at + size))) messages.push(message)
            at += size
          }
        }
        expect(read).toThrow(ForeignBytes)
        expect(messages).toHaveLength(list.length)
      }),
      { numRuns: 50 },
    )
  })

  test('may have a message of the largest length', () => {
    const [message] = messagesOf(frame(Buffer.alloc(MOST_BYTES, 7)), [4, 1, 2_000_000])
    expect(message).toHaveLength(MOST_BYTES)
  })

  test('holds no more than what has arrived, whatever a length claims', () => {
    const stream = new FrameStream()
    const alloc = vi.spyOn(Buffer, 'concat')
    expect([...stream.take(Buffer.of(0, 0x40, 0, 0, 1, 2, 3))]).toEqual([])
    expect(stream.buffered).toBe(3)
    for (const [, length = 0] of alloc.mock.calls) expect(length).toBeLessThanOrEqual(7)
  })

  test('copies every byte a bounded number of times, however many pieces a message comes in', () => {
    const joined = vi.spyOn(Buffer, 'concat')
    const copied = (pieceBytes: number, messages: number): number => {
      joined.mockClear()
      const bytes = Buffer.concat(Array.from({ length: messages }, () => frame(Buffer.alloc(100_000))))
      joined.mockClear()
      const stream = new FrameStream()
      let found = 0
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        found += [...stream.take(bytes.subarray(at, at + pieceBytes))].length
      }
      expect(found).toBe(messages)
      return joined.mock.calls.reduce((sum, [, length = 0]) => sum + length, 0) / bytes.length
    }
    expect(copied(1, 2)).toBeLessThan(1.1)
    expect(copied(100, 20)).toBeLessThan(1.1)
    expect(copied(1_460, 20)).toBeLessThan(1.1)
    // Many messages in one piece are views on it.
    expect(copied(2_100_000, 20)).toBe(0)
  })
})
