import { describe, expect, test } from 'vitest'
import { changedDescription, newDescription } from '#main/engine/written-description.ts'
import { legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'
import {
  barOfLabel,
  choiceOf,
  columnChoices,
  columnOf,
  draftOf,
  draftProblems,
  splitPath,
  symbolMapOf,
  symbolMapText,
  withoutHeader,
} from '../../renderer/pages/old-data/description-draft.ts'

describe('a draft', () => {
  test('has every key, those of columns included, and says which of them make no sense', () => {
    const draft = draftOf({ files: 'old/all.csv', columns: { time: 'Zeit' }, decimal: ',', thousands: ',' })
    expect(draft.columns).toEqual({
      time: 'Zeit',
      open: 'open',
      high: 'high',
      low: 'low',
      close: 'close',
      volume: 'volume',
    })
    expect(draft).toMatchObject({ delimiter: ',', headerRows: 1, label: 'start', zone: 'America/New_York' })
    expect([...draftProblems(draft).keys()]).toEqual(['files', 'thousands'])
    expect(draftProblems({ ...draft, files: '{symbol}', thousands: '' }).size).toBe(0)
  })

  test('without a header has its columns by place', () => {
    const draft = draftOf({
      files: '{symbol}',
      columns: { date: 'D', time: 'T', open: 'O', high: 'H', low: 'L', close: 'C', volume: null },
    })
    const placed = withoutHeader(draft, ['D', 'T', 'C', 'O', 'H', 'L'])
    expect(placed.columns).toEqual({ date: 1, time: 2, open: 4, high: 5, low: 6, close: 3, volume: null })
    expect(draftProblems(placed).size).toBe(0)
    // Names that were those of another delimiter.
    expect(withoutHeader(draft, ['D;T;C']).columns).toMatchObject({ date: 1, time: 1, open: 2, close: 5, volume: null })
  })
})

test.each([
  ['09:30', 'start', '09:30', '09:31'],
  ['09:30', 'end', '09:29', '09:30'],
  ['00:00', 'end', '23:59', '00:00'],
  ['23:59', 'start', '23:59', '00:00'],
] as const)('%s at the %s of a bar is the one from %s to %s', (clock, label, from, to) => {
  expect(barOfLabel(clock, label)).toEqual({ from, to })
})

test('columns are chosen by name where the name says which, else by place', () => {
  expect(columnChoices(['Date', 'Close', 'Close', ''], 1)).toEqual([
    { value: 'name:Date', label: 'Date' },
    { value: 'place:2', label: 'Close (column 2)' },
    { value: 'place:3', label: 'Close (column 3)' },
    { value: 'place:4', label: 'without a name (column 4)' },
  ])
  expect(columnChoices(['1', '2'], 0).map(({ value }) => value)).toEqual(['place:1', 'place:2'])
  for (const column of ['Date', '3', 'a:b', 3]) expect(columnOf(choiceOf(column) ?? '')).toBe(column)
})

test('a path is split where its last folder ends', () => {
  expect(splitPath('../old/SPY')).toEqual({ folder: '../old/', rest: 'SPY' })
  expect(splitPath('SPY')).toEqual({ folder: '', rest: 'SPY' })
  expect(splitPath('C:\\old\\SPY')).toEqual({ folder: 'C:\\old\\', rest: 'SPY' })
})

test('other names are written one a line, and read back', () => {
  const map = { BRK_B: 'BRK.B', 'BF B': 'BF.B' }
  expect(symbolMapText(map)).toBe('BRK_B = BRK.B\nBF B = BF.B')
  expect(symbolMapOf(symbolMapText(map))).toEqual(map)
  expect(symbolMapOf('BRK_B')).toBeNull()
  expect(symbolMapOf('\n')).toEqual({})
})

describe('what is written', () => {
  const usual = legacyBarsConfigSchema.parse({ files: '{symbol}.csv' })

  test('of a new description leaves out what is as usual, but never what decides where bars lie', () => {
    expect(newDescription({ ...usual, delimiter: ';' })).toEqual({
      files: '{symbol}.csv',
      delimiter: ';',
      columns: { time: 'datetime', open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume' },
      timeFormat: '%Y-%m-%d %H:%M:%S',
      zone: 'America/New_York',
      label: 'start',
    })
  })

  test('of a changed one is what was written, with the keys that differ', () => {
    const written = { files: '{symbol}.csv', label: 'start', format: 'csv', columns: { open: 'O' } }
    const before = legacyBarsConfigSchema.parse(written)
    const { format: _format, ...others } = before
    const after = { ...others, label: 'end', columns: { ...before.columns, close: 'C' } }
    expect(changedDescription(written, before, after)).toEqual({
      files: '{symbol}.csv',
      label: 'end',
      columns: { open: 'O', close: 'C' },
    })
    expect(changedDescription(written, before, before)).toEqual(written)
  })
})
