import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BoundedOutput } from '#main/legacy/bounded-output.ts'
import { tempFolder } from './temp-folder.ts'

const file = join(tempFolder(), 'output.txt')

function kept(chunks: readonly string[], keepBytes: number): { text: string; bytes: number; cutBytes: number } {
  const output = new BoundedOutput(file, keepBytes)
  for (const chunk of chunks) output.write(Buffer.from(chunk))
  return { ...output.end(), text: readFileSync(file, 'utf8') }
}

describe('what a program prints', () => {
  test('is kept as it is while it is short', () => {
    expect(kept(['abc', 'defgh', 'ij'], 5)).toEqual({ text: 'abcdefghij', bytes: 10, cutBytes: 0 })
    expect(kept([], 5)).toEqual({ text: '', bytes: 0, cutBytes: 0 })
  })

  test('is kept at its beginning and its end, with how much is missing, when it is long', () => {
    expect(kept(['abcdefg', 'hijk'], 5)).toEqual({
      text: 'abcde\n[... 1 bytes left out ...]\nghijk',
      bytes: 11,
      cutBytes: 1,
    })
  })

  test('is cut in the same place whatever pieces it comes in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 30 })),
        fc.integer({ min: 1, max: 12 }),
        (chunks, keepBytes) => {
          const whole = chunks.join('')
          const cutBytes = Math.max(0, whole.length - 2 * keepBytes)
          const text =
            cutBytes === 0
              ? whole
              : `${whole.slice(0, keepBytes)}\n[... ${cutBytes} bytes left out ...]\n${whole.slice(-keepBytes)}`
          expect(kept(chunks, keepBytes)).toEqual({ text, bytes: whole.length, cutBytes })
        },
      ),
    )
  })
})

describe('the last line', () => {
  const lastLine = (...chunks: readonly (string | Buffer)[]): string => {
    const output = new BoundedOutput(file, 100)
    for (const chunk of chunks) output.write(Buffer.from(chunk))
    output.end()
    return output.lastLine
  }

  test('is the last one with something on it, finished or not', () => {
    expect(lastLine('one\ntwo\n\n  \n')).toBe('two')
    expect(lastLine('one\r\ntw', 'o: 5')).toBe('two: 5')
    expect(lastLine('10 %\r20 %\r')).toBe('20 %')
    expect(lastLine()).toBe('')
  })

  test('cannot steer a terminal, and is short', () => {
    expect(lastLine('\u001B[31mred\u001B[0m\u0007 and\tmore\n')).toBe('red and more')
    expect(lastLine('x'.repeat(5_000))).toHaveLength(200)
  })

  test('has its characters whole when they come in two pieces', () => {
    const bytes = Buffer.from('fertig für heute')
    expect(lastLine(bytes.subarray(0, 9), bytes.subarray(9))).toBe('fertig für heute')
  })
})
