import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { deleteInYaml, setInYaml } from '#main/engine/edit-yaml.ts'

const FILE = `# my desk
version: 1
name:   desk-1   # two blanks too many

symbols:
  - symbol: SPY     # the main one
  - symbol: DJCO

oldPipeline:   # what the scripts left
  name: csv-scripts
  # written by cron at 22:00
  bars:
    files: ../old/{symbol}.csv   # on the NAS
    label: end  # says the vendor

    columns:
      time: Date  # local
      open: Open
    nulls:
      - ''
      - x
  # nothing else yet

# about features
features:
  sets: [features_price_1m_v1]
`

/** The lines of a text without those of another. */
function linesOnlyIn(text: string, other: string): string[] {
  const others = other.split('\n')
  return text.split('\n').filter((line) => !others.includes(line))
}

describe('setting a value', () => {
  test('of a map touches the lines of the keys that differ and no others', () => {
    const after = setInYaml(FILE, ['oldPipeline', 'bars'], {
      files: '../old/{symbol}.csv',
      label: 'start',
      columns: { time: 'Date', open: 'Open', volume: null },
      nulls: ['', 'NA'],
      zone: 'Europe/Berlin',
    })
    expect(linesOnlyIn(FILE, after)).toEqual([
      '    label: end  # says the vendor',
      '    nulls:',
      "      - ''",
      '      - x',
    ])
    expect(linesOnlyIn(after, FILE)).toEqual([
      '    label: start  # says the vendor',
      '      volume: null',
      "    nulls: ['', NA]",
      '    zone: Europe/Berlin',
    ])
  })

  test('adds a list, then an entry, with their indentation', () => {
    const one = setInYaml(FILE, ['oldPipeline', 'sources'], [{ files: 'a.csv', columns: { time: 1 } }])
    const two = setInYaml(one, ['oldPipeline', 'sources', 1], { files: 'b.csv', columns: { time: 2 } })
    expect(linesOnlyIn(FILE, two)).toEqual([])
    expect(two).toContain(
      '  sources:\n    - files: a.csv\n      columns: { time: 1 }\n    - files: b.csv\n      columns: { time: 2 }\n',
    )
  })

  test('adds a section at the end, apart from what is there', () => {
    const after = setInYaml('version: 1\n# the end', ['oldPipeline'], {
      name: 'old',
      bars: { files: '{symbol}.csv', columns: { time: 'Op:en' } },
    })
    expect(after).toBe(
      "version: 1\n# the end\n\noldPipeline:\n  name: old\n  bars:\n    files: '{symbol}.csv'\n    columns: { time: Op:en }\n",
    )
  })

  test('keeps line ends with CR LF', () => {
    const after = setInYaml('version: 1\r\nname: a # b\r\n', ['oldPipeline'], { name: 'x' })
    expect(after).toBe('version: 1\r\nname: a # b\r\n\r\noldPipeline: { name: x }\r\n')
    expect(parse(after)).toEqual({ version: 1, name: 'a', oldPipeline: { name: 'x' } })
  })

  test('in JSON and in flow style gives the wanted content, and keeps comments', () => {
    const json = setInYaml('{"version": 1, "oldPipeline": {"name": "a"}}', ['oldPipeline', 'bars'], { files: 'b' })
    expect(parse(json)).toEqual({ version: 1, oldPipeline: { name: 'a', bars: { files: 'b' } } })
    const flow = setInYaml('version: 1 # one\nbars: { files: a, label: end } # mine\n', ['bars'], { files: 'b' })
    expect(flow).toBe('version: 1 # one\nbars: { files: b } # mine\n')
  })

  test('writes what it is given, whatever signs it has', () => {
    const scalar = fc.oneof(
      fc.string({ unit: 'grapheme-ascii' }),
      fc.constantFrom(
        '',
        ';',
        '"',
        "'",
        '#',
        '- ',
        ': ',
        ' a',
        'null',
        '1',
        '%Y-%m-%d',
        '{symbol}',
        'a\nb',
        '*.csv',
        '\t',
      ),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    )
    const description = fc.record(
      {
        files: scalar,
        columns: fc.dictionary(fc.constantFrom('time', 'open', 'close'), scalar, { noNullPrototype: true }),
        nulls: fc.array(scalar),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(description, description, (first, second) => {
        const { oldPipeline, ...others } = parse(FILE) as Record<string, unknown>
        const one = setInYaml(FILE, ['oldPipeline', 'bars'], first)
        expect(parse(one)).toEqual({ ...others, oldPipeline: { ...(oldPipeline as object), bars: first } })
        const two = setInYaml(one, ['oldPipeline', 'bars'], second)
        expect(parse(two)).toEqual({ ...others, oldPipeline: { ...(oldPipeline as object), bars: second } })
        for (const comment of [
          '# my desk',
          '# two blanks too many',
          '# the main one',
          '# written by cron',
          '# about features',
        ])
          expect(two).toContain(comment)
      }),
      { numRuns: 300 },
    )
  })
})

describe('taking a value out', () => {
  test('takes its lines out and leaves all others', () => {
    const after = deleteInYaml(FILE, ['oldPipeline', 'bars', 'nulls'])
    expect(linesOnlyIn(after, FILE)).toEqual([])
    expect(linesOnlyIn(FILE, after)).toEqual(['    nulls:', "      - ''", '      - x'])
  })

  test('takes an entry out of a list', () => {
    const list = 'sources: # all\n  - files: a # one\n  - files: b # two\n  - files: c\nname: x\n'
    expect(deleteInYaml(list, ['sources', 1])).toBe('sources: # all\n  - files: a # one\n  - files: c\nname: x\n')
  })

  test('takes a whole section out', () => {
    const after = deleteInYaml(FILE, ['oldPipeline'])
    expect(parse(after)).toEqual({
      version: 1,
      name: 'desk-1',
      symbols: [{ symbol: 'SPY' }, { symbol: 'DJCO' }],
      features: { sets: ['features_price_1m_v1'] },
    })
    expect(after).toContain('# about features')
  })
})
