import { describe, expect, test } from 'vitest'
import { parseTolerance, toleranceText } from '#shared/config/tolerance-text.ts'

describe('the text of a tolerance', () => {
  test.each([
    ['0', { abs: 0 }],
    ['0.02', { abs: 0.02 }],
    ['1tick', { ticks: 1 }],
    ['2 ticks', { ticks: 2 }],
    ['1%', { rel: 0.01 }],
    [' 0.01 + 5bp ', { abs: 0.01, bp: 5 }],
  ])('%j is read', (text, tolerance) => {
    expect(parseTolerance(text)).toEqual(tolerance)
  })

  test.each(['', '-1', '1e3', 'close', '2points', '1%%', '0.01+', '0,01'])('%j is none', (text) => {
    expect(parseTolerance(text)).toBeUndefined()
  })

  test.each([
    [{ abs: 0, rel: 0, ticks: 0, bp: 0 }, '0'],
    [{ abs: 0.01, rel: 0.005, ticks: 0, bp: 0 }, '0.01+0.5%'],
    [{ abs: 0, rel: 0, ticks: 1, bp: 2.5 }, '1tick+2.5bp'],
  ])('%j is written so that it is read as the same', (tolerance, text) => {
    expect(toleranceText(tolerance)).toBe(text)
    expect({ abs: 0, rel: 0, ticks: 0, bp: 0, ...parseTolerance(text) }).toEqual(tolerance)
  })
})
