import { describe, expect, test } from 'vitest'
import { noiseWords } from '../../renderer/pages/compare/noise-words.ts'

describe('how far a run is beyond the old pipeline’s own noise', () => {
  test.each([
    [0.05, 0.25, '5 times the old pipeline’s own noise'],
    [0.03, 0.1, '3.3 times the old pipeline’s own noise'],
    [0.01, 12.345, '1,235 times the old pipeline’s own noise'],
    [0.05, 0.05, 'within the old pipeline’s own noise'],
    [0.05, 0.01, 'within the old pipeline’s own noise'],
    [0, 0.01, 'above a floor of zero: not noise'],
    [0, 0, 'zero'],
    [0.05, 0, 'zero'],
  ])('a floor of %d and a run of %d', (floor, run, words) => expect(noiseWords(floor, run)).toBe(words))

  test('is not told where one of the two is not known', () => {
    expect(noiseWords(null, 1)).toBeUndefined()
    expect(noiseWords(1, null)).toBeUndefined()
    expect(noiseWords(1, undefined)).toBeUndefined()
  })
})
