import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFields, encodeFrame, FrameReader, MalformedFrame } from '#main/simulator/wire/frames.ts'
import {
  asciiText,
  FieldReader,
  MalformedMessage,
  priceText,
  quantityText,
} from '#main/simulator/wire/message-fields.ts'
import { parseRequestTime, zonedText } from '#main/simulator/wire/tws-time.ts'

describe('frames', () => {
  it('are a big-endian length and fields that each end with a NUL', () => {
    expect(encodeFrame([49, 1, 'a']).toString('hex')).toBe('0000000734390031006100')
  })

  it('come out whole however the bytes are cut', () => {
    const field = fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0'))
    const messages = fc.array(fc.array(field, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map((fields) => encodeFrame(fields)))
        const reader = new FrameReader()
        const received: string[][] = []
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const size = cuts[cut % cuts.length]
          reader.push(bytes.subarray(at, at + size))
          at += size
          for (let body = reader.nextFrame(); body !== null; body = reader.nextFrame())
            received.push(decodeFields(body))
        }
        expect(received).toEqual(sent)
      }),
    )
  })

  it('are refused by their length alone, before their bytes come', () => {
    for (const prefix of ['ffffffff', '00010001', '00000000']) {
      const reader = new FrameReader()
      reader.push(Buffer.from(prefix, 'hex'))
      expect(() => reader.nextFrame()).toThrow(MalformedFrame)
    }
  })

  it('are refused without a NUL at the end', () => {
    expect(() => decodeFields(Buffer.from('49'))).toThrow(MalformedFrame)
  })
})

describe('fields', () => {
  it('are read in order, and reading past the end or a number that is none is an error', () => {
    const reader = new FieldReader(['20', '', '1', 'x'])
    expect(reader.integer()).toBe(20)
    expect(reader.integerOrZero()).toBe(0)
    expect(reader.flag()).toBe(true)
    expect(() => reader.integer()).toThrow(MalformedMessage)
    expect(() => reader.text()).toThrow(MalformedMessage)
  })

  it.each([
    [254.2, '254.20'],
    [255, '255.00'],
    [250.65, '250.65'],
    [0.0001, '0.0001'],
    [1e-7, '0.0000001000'],
    [3220.25, '3220.25'],
  ])('prices have at least two decimals and none too few: %d is %s', (price, text) => {
    expect(priceText(price)).toBe(text)
  })

  it('quantities that do not exist are -1', () => {
    expect(quantityText(Number.NaN)).toBe('-1')
    expect(quantityText(2_829_736)).toBe('2829736')
  })

  it('texts beyond ASCII are escaped', () => {
    expect(asciiText('Société')).toBe('Soci\\u00e9t\\u00e9')
  })
})

describe('times of requests', () => {
  const ts = (iso: string): number => Date.parse(iso) / 1000

  it.each([
    ['20240702-20:00:00', '2024-07-02T20:00:00Z', true],
    ['20240702 16:00:00 US/Eastern', '2024-07-02T20:00:00Z', true],
    ['20240702 16:00:00 America/New_York', '2024-07-02T20:00:00Z', true],
    ['20240102  16:00:00 EST5EDT', '2024-01-02T21:00:00Z', true],
    ['20240102 16:00:00 UTC', '2024-01-02T16:00:00Z', true],
    ['20240102 16:00:00', '2024-01-02T21:00:00Z', false],
  ])('%s', (text, iso, zoneNamed) => {
    expect(parseRequestTime(text, 'America/New_York')).toEqual({ kind: 'at', ts: ts(iso), zoneNamed })
  })

  it('are now when empty', () => {
    expect(parseRequestTime(' ', 'UTC')).toEqual({ kind: 'now' })
  })

  it.each(['2024-07-02 16:00:00', '20240231-10:00:00', '20240702-24:00:00', '20240702', '20240702 16:00:00 Nowhere'])(
    'refuse %s',
    (text) => {
      expect(parseRequestTime(text, 'UTC')).toEqual({ kind: 'invalid' })
    },
  )

  it('are written in the zone, winter and summer, and without it for old clients', () => {
    expect(zonedText(ts('2024-01-02T14:30:00Z'), 'America/New_York', 193)).toBe('20240102 09:30:00 US/Eastern')
    expect(zonedText(ts('2024-07-02T13:30:00Z'), 'America/New_York', 174)).toBe('20240702 09:30:00 US/Eastern')
    expect(zonedText(ts('2024-07-02T13:30:00Z'), 'America/New_York', 173)).toBe('20240702  09:30:00')
    expect(zonedText(ts('2024-07-02T00:00:00Z'), 'Asia/Tokyo', 193)).toBe('20240702 09:00:00 Asia/Tokyo')
  })
})
