import { describe, expect, test } from 'vitest'
import type { Histogram, Overlay } from '#shared/contract/contract.ts'
import { fileName } from '../../renderer/charts/file-name.ts'
import { wrapWords } from '../../renderer/charts/wrap-words.ts'
import { histogramCsv } from '../../renderer/pages/compare/histogram-csv.ts'
import { overlayCsv } from '../../renderer/pages/compare/overlay-csv.ts'
import { overlayRows } from '../../renderer/pages/compare/overlay-rows.ts'

describe('the CSV file of an overlay', () => {
  /** 2024-11-01 09:30 in New York, which is still on summer time then. */
  const openTs = Date.UTC(2024, 10, 1, 13, 30) / 1000
  const overlay: Overlay = {
    symbol: 'SPY',
    sessionDate: '2024-11-01',
    zone: 'America/New_York',
    openTs,
    closeTs: openTs + 180,
    field: 'close',
    ts: [openTs, openTs + 120],
    old: [100.5, 101.1],
    new: [100.75, null],
  }

  test('has every minute with UTC and exchange time, exact values, and nothing where there is none', () => {
    expect(overlayCsv(overlay, overlayRows(overlay)).split('\r\n')).toEqual([
      'bar start (UTC),bar start (America/New_York),old close (price),new close (price),new - old close (price)',
      '2024-11-01T13:30:00Z,2024-11-01T09:30:00-04:00,100.5,100.75,0.25',
      '2024-11-01T13:31:00Z,2024-11-01T09:31:00-04:00,,,',
      '2024-11-01T13:32:00Z,2024-11-01T09:32:00-04:00,101.1,,',
      '',
    ])
  })

  test('names the unit of volume', () => {
    expect(overlayCsv({ ...overlay, field: 'volume' }, [])).toContain('old volume (shares),new volume (shares)')
  })
})

describe('the CSV file of a histogram', () => {
  const histogram: Histogram = {
    field: 'volume',
    count: 8,
    zeros: 4,
    min: -12,
    max: 40,
    mean: 5,
    binWidth: 10,
    bins: [
      { from: -15, to: -5, count: 2 },
      { from: -5, to: 5, count: 5 },
      { from: 5, to: 15, count: 1 },
    ],
  }

  test('has every bin with its limits, of which the outermost have none', () => {
    expect(histogramCsv(histogram).split('\r\n')).toEqual([
      'new - old volume at least (shares),new - old volume below (shares),minutes (count),share of minutes (%)',
      ',-5,2,25',
      '-5,5,5,62.5',
      '5,,1,12.5',
      '',
    ])
  })
})

describe('the name of an exported file', () => {
  test.each([
    [['SPY', '2024-11-27', 'close', 'old and new'], 'SPY_2024-11-27_close_old-and-new'],
    [['SPY, DJCO', '2024-11-25 to 2024-12-03'], 'SPY-DJCO_2024-11-25-to-2024-12-03'],
    [['BRK.B', 'volume'], 'BRK.B_volume'],
    [['../..\\x:?*', 'close'], 'x_close'],
    [['BRK B/PR', 'é'], 'BRK-B-PR_é'],
  ])('of %j is %s', (parts, name) => {
    expect(fileName(parts)).toBe(name)
  })
})

describe('wrapped words', () => {
  const letters = (text: string): number => text.length

  test.each([
    ['', 5, []],
    ['one', 5, ['one']],
    ['one two three', 7, ['one two', 'three']],
    ['one two', 6, ['one', 'two']],
    ['a extraordinary b', 5, ['a', 'extraordinary', 'b']],
  ])('of %j within %i are %j', (text, width, lines) => {
    expect(wrapWords(text, width, letters)).toEqual(lines)
  })
})
