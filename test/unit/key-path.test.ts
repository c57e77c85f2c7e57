import { expect, test } from 'vitest'
import { formatKeyPath } from '#shared/key-path.ts'

test.each([
  [[], 'the whole file'],
  [['tws'], 'tws'],
  [['tws', 'port'], 'tws.port'],
  [['columns', 3, 'params', 'period'], 'columns[3].params.period'],
  [[0, 'symbol'], '[0].symbol'],
  [['a', 0, 1], 'a[0][1]'],
  [['a', '0'], 'a.0'],
] as const)('%j is written %s', (path, text) => {
  expect(formatKeyPath(path)).toBe(text)
})
