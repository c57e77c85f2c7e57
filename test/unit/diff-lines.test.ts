import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines } from '#main/engine/diff-lines.ts'

const shown = (before: string, after: string): string[] =>
  diffLines(before, after).map((line) => `${{ same: ' ', added: '+', removed: '-' }[line.kind]}${line.text}`)

test('lines that both texts have are the same, others are taken out or added in their order', () => {
  expect(shown('a\nb\nc\nd\n', 'a\nx\nc\nd\ne\n')).toEqual([' a', '-b', '+x', ' c', ' d', '+e'])
  expect(diffLines('a\nb\n', 'a\nc\nb\n')).toEqual([
    { kind: 'same', before: 1, after: 1, text: 'a' },
    { kind: 'added', before: null, after: 2, text: 'c' },
    { kind: 'same', before: 2, after: 3, text: 'b' },
  ])
})

test('either text can be had back from the lines', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after)
      const of = (kind: string): string =>
        lines
          .filter((line) => line.kind === 'same' || line.kind === kind)
          .map((line) => `${line.text}\n`)
          .join('')
      expect(of('removed')).toBe(before)
      expect(of('added')).toBe(after)
    }),
  )
})
