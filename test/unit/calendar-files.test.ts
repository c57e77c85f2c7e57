import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'

const BUILT_IN = join(import.meta.dirname, '../../data/calendars')

const SMALL = `id: SMALL
name: Small exchange
zone: UTC
firstDate: '2024-01-01'
lastDate: '2024-12-31'
sources:
  - title: this test
hours:
  - open: '09:00'
    close: '17:00'
`

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-calendars-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('finding a calendar', () => {
  test('the first folder that has the file wins', () => {
    write('XNYS.yaml', SMALL.replaceAll('SMALL', 'XNYS'))
    expect(loadCalendar('XNYS', [folder, BUILT_IN]).zone).toBe('UTC')
    expect(loadCalendar('XNYS', [BUILT_IN, folder]).zone).toBe('America/New_York')
  })

  test('a folder that does not exist is passed over', () => {
    expect(loadCalendar('XNYS', [join(folder, 'absent'), BUILT_IN]).id).toBe('XNYS')
  })

  test('an unknown calendar is an error that names the known ones', () => {
    write('SMALL.yaml', SMALL)
    const error = errorOf(() => loadCalendar('XLNO', [folder, BUILT_IN]))
    expect(error.code).toBe('UNKNOWN_CALENDAR')
    expect(error.message).toContain('XLNO')
    expect(error.hint).toContain('SMALL, XLON, XNAS, XNYS, XTKS')
    expect(error.hint).toContain('XLNO.yaml')
  })

  test.each(['../XNYS', 'a/b', '', '.', 'XNYS.yaml'])(
    '"%s" is not the name of a calendar, whatever it points at',
    (id) => {
      mkdirSync(join(folder, 'inner'))
      write('XNYS.yaml', SMALL)
      expect(errorOf(() => loadCalendar(id, [join(folder, 'inner')])).code).toBe('UNKNOWN_CALENDAR')
    },
  )

  test('a file that cannot be read is an error that names it', () => {
    mkdirSync(join(folder, 'SMALL.yaml'))
    const error = errorOf(() => loadCalendar('SMALL', [folder]))
    expect(error.code).toBe('IO_ERROR')
    expect(error.message).toContain(join(folder, 'SMALL.yaml'))
  })
})

describe('an exchange with the hours of another', () => {
  test('XNAS has the sessions of XNYS under its own id and hash', () => {
    const xnas = loadCalendar('XNAS', [BUILT_IN])
    const xnys = loadCalendar('XNYS', [BUILT_IN])
    expect(xnas.id).toBe('XNAS')
    expect(xnas.hash).not.toBe(xnys.hash)
    expect(xnas.sessionsBetween('2024-01-01', '2024-12-31')).toEqual(xnys.sessionsBetween('2024-01-01', '2024-12-31'))
  })

  test('follows a definition that the workspace puts before the built-in one', () => {
    write('XNYS.yaml', SMALL.replaceAll('SMALL', 'XNYS'))
    expect(loadCalendar('XNAS', [folder, BUILT_IN]).zone).toBe('UTC')
  })

  test('may not name a calendar that has none of its own', () => {
    const alias = (id: string, sameAs: string): string =>
      `id: ${id}\nname: ${id}\nsources:\n  - title: this test\nsameAs: ${sameAs}\n`
    const path = write('A.yaml', alias('A', 'B'))
    write('B.yaml', alias('B', 'A'))
    const error = errorOf(() => loadCalendar('A', [folder]))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(`${path}:5: sameAs: names B`)
  })

  test('must name one that exists', () => {
    write('A.yaml', 'id: A\nname: A\nsources:\n  - title: this test\nsameAs: GONE\n')
    const error = errorOf(() => loadCalendar('A', [folder]))
    expect(error.code).toBe('UNKNOWN_CALENDAR')
    expect(error.message).toContain('GONE')
  })
})

describe('a file that is not a valid definition names file, line and key', () => {
  test.each<[string, string, string]>([
    [
      'a time that is none',
      SMALL.replace("'17:00'", "'25:00'"),
      ':10: hours[0].close: must be a time in the form HH:MM',
    ],
    ['a date that is none', SMALL.replace('2024-12-31', '2024-02-30'), ':5: lastDate: must be a calendar date'],
    ['an unknown zone', SMALL.replace('UTC', 'America/Gotham'), ':3: zone: must be an IANA time zone'],
    ['a missing key', SMALL.replace('zone: UTC\n', ''), ':1: zone: is required'],
    ['a misspelt key', SMALL.replace('zone:', 'timezone: UTC\nzone:'), ':3: timezone: is not a known key'],
    [
      'another id than the file name',
      SMALL.replace('id: SMALL', 'id: LARGE'),
      ':1: id: is LARGE, but the file is named SMALL.yaml',
    ],
    ['a contradiction', SMALL.replace("'17:00'", "'08:00'"), ':10: hours[0].close: must be later than open'],
    ['a duplicated key', `${SMALL}zone: UTC\n`, ':11: Map keys must be unique'],
    ['broken YAML', SMALL.replace('hours:', 'hours: ['), ':9: '],
    ['a list instead of a definition', '- 1\n', ':1: '],
    ['nothing', '', ':1: '],
  ])('%s', (_what, text, expected) => {
    const path = write('SMALL.yaml', text)
    const error = errorOf(() => loadCalendar('SMALL', [folder]))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(`${path}${expected}`)
    expect(error.hint).not.toBeUndefined()
  })

  test('every problem is named, not only the first', () => {
    const path = write('SMALL.yaml', SMALL.replace("'17:00'", '17').replace('UTC', 'Nowhere'))
    const lines = errorOf(() => loadCalendar('SMALL', [folder])).message.split('\n')
    expect(lines.map((line) => line.slice(0, path.length + 4))).toEqual([`${path}:3: `, `${path}:10:`])
  })
})

describe('the hash of a calendar', () => {
  const hashOf = (text: string): string => {
    write('SMALL.yaml', text)
    return loadCalendar('SMALL', [folder]).hash
  }

  test('is a SHA-256 that comments, order of keys and spelt-out defaults do not change', () => {
    const hash = hashOf(SMALL)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(hashOf(`# a comment\n${SMALL}\n`)).toBe(hash)
    expect(hashOf(SMALL.replace('zone: UTC\n', '').concat('zone: UTC\n'))).toBe(hash)
    expect(hashOf(`${SMALL}specialClosures: []\n`)).toBe(hash)
  })

  test('changes with any session', () => {
    const hash = hashOf(SMALL)
    expect(hashOf(SMALL.replace('17:00', '16:59'))).not.toBe(hash)
    expect(hashOf(`${SMALL}specialClosures:\n  - { date: '2024-05-01', reason: storm }\n`)).not.toBe(hash)
  })
})

test('every built-in calendar loads and has sessions', () => {
  const ids = readdirSync(BUILT_IN).map((name) => basename(name, '.yaml'))
  expect(ids).toEqual(expect.arrayContaining(['CMES', 'CMX', 'FX', 'NYM', 'XLON', 'XNAS', 'XNYS', 'XTKS']))
  for (const id of ids) {
    const calendar = loadCalendar(id, [BUILT_IN])
    expect(calendar.id).toBe(id)
    expect(calendar.sessionsBetween(calendar.firstDate, calendar.lastDate).length).toBeGreaterThan(200)
  }
})

describe('the examples of docs/calendars.md', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/calendars.md'), 'utf8')
  const examples = [...guide.matchAll(/```yaml\n(id: (\w+)[\s\S]*?)```/g)].map(([, text, id]) => ({ id, text }))

  test('are definitions that load', () => {
    for (const { id, text } of examples) write(`${id}.yaml`, text)
    expect(examples.map(({ id }) => id)).toEqual(['HOUSE', 'XASE'])
    const house = loadCalendar('HOUSE', [folder, BUILT_IN])
    expect(house.session('2022-09-19')).toBeNull()
    expect(house.session('2022-12-27')).toBeNull()
    expect(house.session('2021-12-24')?.earlyClose).toBe(false)
    expect(house.session('2025-12-24')?.earlyClose).toBe(true)
    expect(loadCalendar('XASE', [folder, BUILT_IN]).session('2024-07-04')).toBeNull()
  })
})

test('the guide lists every built-in calendar', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/calendars.md'), 'utf8')
  const listed = [...guide.matchAll(/^\| `(\w+)` +\|/gm)].map(([, id]) => id)
  const ids = readdirSync(BUILT_IN).map((name) => basename(name, '.yaml'))
  expect(ids.filter((id) => !listed.includes(id))).toEqual([])
})
