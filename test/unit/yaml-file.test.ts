import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { SwitchyardError } from '#shared/errors.ts'
import { readYamlFile, YamlFile } from '#main/engine/yaml-file.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const HINT = 'Correct the file.'

const SCHEMA = z.strictObject({
  name: z.string(),
  tws: z.strictObject({ host: z.string().default('127.0.0.1'), port: z.int().max(65_535) }).optional(),
  symbols: z.array(z.strictObject({ symbol: z.string(), weight: z.number().optional() })).optional(),
})

const parse = (text: string): z.infer<typeof SCHEMA> => new YamlFile('w.yaml', text, HINT).parse(SCHEMA)

/** The lines of the error that a text gives. */
function problemsOf(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof SwitchyardError) || error.code !== 'CONFIG_INVALID') throw error
    return error.message.split('\n')
  }
  return []
}

/** Where the problems of a text are: `line: key`. */
const placesOf = (text: string): string[] =>
  problemsOf(text).map((line) => /^w\.yaml:(\d+: .*?):/.exec(line)?.[1] ?? line)

describe('a file that fits', () => {
  test('gives its content with the defaults', () => {
    expect(parse('name: desk # a comment\ntws: { port: 7497 }\nsymbols:\n  - symbol: SPY\n')).toEqual({
      name: 'desk',
      tws: { host: '127.0.0.1', port: 7497 },
      symbols: [{ symbol: 'SPY' }],
    })
  })

  test.each([
    ['with CR LF', 'name: desk\r\ntws:\r\n  port: 1\r\n'],
    ['with a byte order mark', '\uFEFFname: desk\ntws: { port: 1 }\n'],
    ['as JSON', '{"name": "desk", "tws": {"port": 1}}'],
    ['with a start and an end mark', '---\nname: desk\ntws: { port: 1 }\n...\n'],
    ['with anchors', 'name: &n desk\ntws: &t { port: 1 }\n'],
  ])('may be written %s', (_name, text) => {
    expect(parse(text)).toMatchObject({ name: 'desk', tws: { port: 1 } })
  })

  test('may use an alias', () => {
    expect(parse('name: &n desk\nsymbols: [{ symbol: *n }]\n').symbols).toEqual([{ symbol: 'desk' }])
  })
})

describe('a key', () => {
  test.each([
    ['of the wrong kind', 'name: desk\ntws:\n  host: h\n  port: many\n', ['4: tws.port']],
    ['out of range', 'name: desk\n\n# TWS\ntws: { port: 70000 }\n', ['4: tws.port']],
    ['that is not known', 'name: desk\nnmae: disk\n', ['2: nmae']],
    [
      'that is not known, deep inside',
      'name: desk\nsymbols:\n  - symbol: SPY\n    wieght: 1\n',
      ['4: symbols[0].wieght'],
    ],
    ['in quotes that is not known', 'name: desk\n"odd key": 1\n', ['2: odd key']],
    ['that is a number and not known', 'name: desk\n7: 1\n', ['2: 7']],
    ['that merges, which YAML 1.2 does not know', 'name: desk\ntws:\n  port: 1\n  <<: { host: h }\n', ['4: tws.<<']],
    ['__proto__', 'name: desk\n__proto__: { port: 1 }\n', ['2: __proto__']],
    ['that is missing at the top', 'tws: { port: 1 }\n', ['1: name']],
    ['that is missing inside', 'name: desk\nsymbols:\n  - weight: 1\n  - symbol: A\n', ['3: symbols[0].symbol']],
    ['that is missing in a mapping', 'name: desk\ntws:\n  host: h\n', ['2: tws.port']],
    [
      'of the second entry of a list',
      'name: desk\nsymbols:\n  - symbol: A\n\n  - symbol: 5\n',
      ['5: symbols[1].symbol'],
    ],
    ['with CR LF before it', 'name: desk\r\n\r\ntws:\r\n  port: x\r\n', ['4: tws.port']],
  ])('%s is named with its line', (_name, text, expected) => {
    expect(placesOf(text)).toEqual(expected)
  })

  test('of each problem is named, not only of the first', () => {
    expect(placesOf('nmae: desk\ntws: { port: 70000, prot: 1 }\nsymbols: [{ symbol: 1 }, {}]\n').sort()).toEqual([
      '1: name',
      '1: nmae',
      '2: tws.port',
      '2: tws.prot',
      '3: symbols[0].symbol',
      '3: symbols[1].symbol',
    ])
  })

  test('that is wrong comes with what to do', () => {
    expect(() => parse('x: 1\n')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', hint: HINT }))
  })

  test('that is missing is called required, one that is unknown not known', () => {
    expect(problemsOf('tws: { port: 1 }\nx: 1\n').sort()).toEqual([
      'w.yaml:1: name: is required',
      'w.yaml:2: x: is not a known key',
    ])
  })
})

describe('a text that is no YAML', () => {
  test.each([
    ['a list that is not closed', 'name: desk\nsymbols: [\n', /^w\.yaml:[23]: /],
    ['a tab', 'name: desk\ntws:\n\tport: 1\n', /^w\.yaml:3: /],
    ['a key twice', 'name: desk\ntws: { port: 1 }\nname: disk\n', /^w\.yaml:3: .*unique/],
    ['two documents', 'name: desk\n---\nname: disk\n', /^w\.yaml:[123]: .*documents/],
    ['an alias of nothing', 'name: *nowhere\n', /^w\.yaml/],
    ['an unknown tag', 'name: !secret desk\n', /^w\.yaml:1: .*tag/],
  ])('for %s is refused with the line', (_name, text, message) => {
    expect(problemsOf(text)[0]).toMatch(message)
  })

  test('because its anchors multiply without end is refused, at once', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(', ')}]`,
    )
    const [problem] = problemsOf(['a0: &a0 [x, x, x, x, x, x, x, x, x]', ...levels].join('\n'))
    expect(problem).toMatch(/^w\.yaml: .*alias/i)
  })

  test('because it is empty, or no mapping, is refused', () => {
    for (const text of ['', '# nothing\n', 'desk', '- desk\n', '5', 'null']) {
      expect(problemsOf(text)[0]).toMatch(/^w\.yaml:1: the whole file: /)
    }
  })
})

describe('reading', () => {
  test('a file that is not there gives nothing', () => {
    expect(readYamlFile(join(folder, 'missing.yaml'), HINT)).toBeNull()
  })

  test('a folder is an error with its name', () => {
    const path = join(folder, 'folder.yaml')
    mkdirSync(path)
    expect(() => readYamlFile(path, HINT)).toThrow(
      expect.objectContaining({ code: 'IO_ERROR', message: expect.stringContaining(path) }),
    )
  })

  test('a file names it in every problem', () => {
    const path = join(folder, 'wrong.yaml')
    writeFileSync(path, 'name: desk\nx: 1\n')
    expect(() => readYamlFile(path, HINT)?.parse(SCHEMA)).toThrow(`${path}:2: x: is not a known key`)
  })
})
