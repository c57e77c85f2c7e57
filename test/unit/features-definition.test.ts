import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { SwitchyardError } from '#shared/errors.ts'
import { loadFeatureSet } from '#main/engine/load-feature-set.ts'
import { compileFeatureSet } from '#main/pipeline/features/compute-features.ts'
import { definitionOf, FEATURES_FOLDER } from './features-fixtures.ts'

const NAME = 'features_price_1m_v1'
const shippedText = readFileSync(join(FEATURES_FOLDER, `${NAME}.yaml`), 'utf8')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-features-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof SwitchyardError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

/** A small valid file; the comments number its lines. */
const SMALL = `name: tiny_v1
set: tiny
version: 1
source: curated_tws_1m_bars
availableAt: bar_end
description: Two columns.
columns:
  - name: ema_12 # line 8
    formula: ema
    params: { period: 12 } # line 10
    window: session
    warmup: { bars: 11, sessions: 0 }
    nullPolicy: restart
    unit: price
    math: e[i]
    source: test
  - name: volume_z # line 17
    formula: volume_z_same_minute
    params: { sessions: 20, minObservations: 15 }
    window: sessions # line 20
    warmup:
      bars: 0
      sessions: 20 # line 23
    nullPolicy: observations
    unit: deviations
    math: z
    source: test
`

describe('the shipped definition', () => {
  test('loads by name and by path, to the columns and history it promises', () => {
    const set = loadFeatureSet(NAME, [FEATURES_FOLDER])
    expect(loadFeatureSet(join(FEATURES_FOLDER, `${NAME}.yaml`), [])).toEqual(set)
    const compiled = compileFeatureSet(set)
    expect(compiled.historySessions).toBe(20)
    expect(compiled.columnNames).toEqual([
      ...[1, 5, 15, 30, 60].map((bars) => `log_return_${bars}`),
      ...[15, 30, 60].map((returns) => `realized_vol_${returns}`),
      'ema_12',
      'ema_26',
      'macd',
      'macd_signal',
      'macd_histogram',
      'rsi_14',
      'atr_14',
      'bollinger_z_20',
      'session_vwap',
      'session_vwap_distance',
      'volume_z_20',
      'high_low_range',
      'minute_of_session',
      'minutes_to_close',
      'overnight_gap',
    ])
  })

  test('has the SHA-256 of its content with sorted keys as its hash', () => {
    const sorted = (value: unknown): string => {
      if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`
      if (value === null || typeof value !== 'object') return JSON.stringify(value)
      const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
      return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${sorted(inner)}`).join(',')}}`
    }
    const expected = createHash('sha256')
      .update(sorted(parse(shippedText)))
      .digest('hex')
    expect(loadFeatureSet(NAME, [FEATURES_FOLDER]).hash).toBe(expected)
  })

  test('computes each intermediate series once', () => {
    const { plan, outputs } = compileFeatureSet(loadFeatureSet(NAME, [FEATURES_FOLDER]))
    // The columns, the four known price series close, high, low and vwap, and the true range.
    expect(new Set(outputs).size).toBe(23)
    expect(plan.steps.length).toBe(28)
  })
})

describe('the hash', () => {
  test('ignores comments, layout and key order, and nothing else', () => {
    const base = loadFeatureSet(write('tiny_v1.yaml', SMALL), [])
    const reordered = SMALL.replace('name: tiny_v1\nset: tiny\n', 'set:   tiny # moved\nname: "tiny_v1"\n')
    expect(reordered).not.toBe(SMALL)
    expect(loadFeatureSet(write('reordered.yaml', reordered), []).hash).toBe(base.hash)
    for (const [from, to] of [
      ['unit: price', 'unit: dollars'],
      ['minObservations: 15', 'minObservations: 16'],
      ['name: volume_z', 'name: volume_zz'],
    ]) {
      expect(loadFeatureSet(write('changed.yaml', SMALL.replace(from, to)), []).hash).not.toBe(base.hash)
    }
  })
})

describe('a definition that is not right is refused with file, line and key', () => {
  test.each([
    [
      'an unknown formula',
      'formula: ema',
      'formula: emma',
      'line 9: columns[0].formula: emma is not a formula; known are log_return,',
    ],
    [
      'a name every object has',
      'formula: ema',
      'formula: constructor',
      'columns[0].formula: constructor is not a formula',
    ],
    ['a missing parameter', '{ period: 12 }', '{}', 'line 10: columns[0].params: ema needs the parameter period'],
    [
      'an unknown parameter',
      '{ period: 12 }',
      '{ period: 12, span: 3 }',
      'line 10: columns[0].params.span: is not a parameter of ema, which takes period',
    ],
    [
      'a parameter out of range',
      '{ period: 12 }',
      '{ period: 0 }',
      'line 10: columns[0].params.period: must be a whole number from 1 to 1500, not 0',
    ],
    [
      'a parameter that is not whole',
      '{ period: 12 }',
      '{ period: 1.5 }',
      'columns[0].params.period: must be a whole number from 1 to 1500, not 1.5',
    ],
    ['a parameter that is not a number', '{ period: 12 }', '{ period: twelve }', 'line 10: columns[0].params.period'],
    [
      'parameters at odds',
      'minObservations: 15',
      'minObservations: 21',
      'line 19: columns[1].params: minObservations (21) must not be above sessions (20)',
    ],
    [
      'a warm-up that is not the formula’s',
      'bars: 11',
      'bars: 12',
      'line 12: columns[0].warmup.bars: must be 11 for ema with these parameters, not 12',
    ],
    [
      'a history that is not the formula’s',
      'sessions: 20 # line 23',
      'sessions: 19',
      'line 23: columns[1].warmup.sessions: must be 20',
    ],
    [
      'a window that is not the formula’s',
      'window: sessions',
      'window: session',
      'line 20: columns[1].window: must be sessions',
    ],
    [
      'a null policy that is not the formula’s',
      'nullPolicy: restart',
      'nullPolicy: window',
      'line 13: columns[0].nullPolicy: must be restart',
    ],
    ['an unknown null policy', 'nullPolicy: restart', 'nullPolicy: zero', 'line 13: columns[0].nullPolicy'],
    [
      'a column name used twice',
      'name: volume_z',
      'name: ema_12',
      'line 17: columns[1].name: ema_12 is already the name of an earlier column',
    ],
    [
      'a reserved column name',
      'name: volume_z',
      'name: ts',
      'line 17: columns[1].name: must not be one of symbol, session_date, ts, available_at',
    ],
    [
      'a column name that is no identifier',
      'name: volume_z',
      'name: Volume Z',
      'line 17: columns[1].name: must be lower case letters',
    ],
    [
      'a name that is not set and version',
      'version: 1',
      'version: 2',
      'line 1: name: must be tiny_v2 (set and version)',
    ],
    ['another source', 'source: curated', 'source: raw', 'line 4: source'],
    ['an unknown key', 'unit: price', 'units: price', 'line 14: columns[0].units: is not a known key'],
    ['a key given twice', 'set: tiny', 'set: tiny\nset: tiny', 'line 3'],
    ['text that is not YAML', 'columns:', 'columns: [', 'line 9: '],
    ['an alias of nothing', 'unit: price', 'unit: *price', 'price'],
  ])('%s', (_what, from, to, problem) => {
    const text = SMALL.replace(from, to)
    expect(text).not.toBe(SMALL)
    const file = write('wrong.yaml', text)
    const error = errorOf(() => loadFeatureSet(file, []))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(file)
    expect(error.message.replaceAll(`${file}:`, 'line ')).toContain(problem)
    expect(error.hint).not.toBe('')
  })

  test('every problem is named, not the first alone', () => {
    const text = SMALL.replace('bars: 11', 'bars: 12').replace('nullPolicy: observations', 'nullPolicy: window')
    const { message } = errorOf(() => loadFeatureSet(write('wrong.yaml', text), []))
    expect(message).toContain('columns[0].warmup.bars')
    expect(message).toContain('columns[1].nullPolicy')
  })

  test('an empty file', () => {
    const file = write('empty.yaml', '')
    const error = errorOf(() => loadFeatureSet(file, []))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(`${file}:1: the whole file`)
  })

  test('MACD whose fast average is not the faster', () => {
    const definition = definitionOf([{ formula: 'macd', params: { fast: 26, slow: 26 } }])
    const error = errorOf(() => compileFeatureSet(definition))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toBe('Feature set features_test_v1: columns[0].params: fast (26) must be below slow (26).')
  })
})

describe('looking a set up', () => {
  test('takes the first folder that has it', () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    mkdirSync(first)
    mkdirSync(second)
    writeFileSync(join(second, 'tiny_v1.yaml'), SMALL)
    expect(loadFeatureSet('tiny_v1', [first, second]).description).toBe('Two columns.')
    writeFileSync(join(first, 'tiny_v1.yaml'), SMALL.replace('Two columns.', 'Nearer.'))
    expect(loadFeatureSet('tiny_v1', [first, second]).description).toBe('Nearer.')
  })

  test('a name nobody has is NOT_FOUND and says where was looked', () => {
    const error = errorOf(() => loadFeatureSet('features_missing_v1', [FEATURES_FOLDER, folder]))
    expect(error.code).toBe('NOT_FOUND')
    expect(error.message).toBe('There is no feature set features_missing_v1.')
    expect(error.hint).toContain(FEATURES_FOLDER)
    expect(error.hint).toContain(folder)
    expect(errorOf(() => loadFeatureSet(join(folder, 'none.yaml'), [])).code).toBe('NOT_FOUND')
  })

  test('a file under another name than the set it defines is refused when looked up by name', () => {
    write('other_v1.yaml', SMALL)
    const error = errorOf(() => loadFeatureSet('other_v1', [folder]))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('name: must be other_v1, the name of the file, not tiny_v1')
  })

  test('a folder in place of the file is IO_ERROR', () => {
    mkdirSync(join(folder, 'folder_v1.yaml'))
    const error = errorOf(() => loadFeatureSet('folder_v1', [folder]))
    expect(error.code).toBe('IO_ERROR')
    expect(error.message).toContain('folder_v1.yaml cannot be read')
  })
})
