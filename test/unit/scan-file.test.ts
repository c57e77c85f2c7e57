import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scanFile, type ScannedFile } from '#main/legacy/scan-file.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
let files = 0

async function scan(content: string): Promise<ScannedFile> {
  const file = join(folder, `scan-${files++}.csv`)
  writeFileSync(file, content)
  return scanFile(file)
}

describe('scanning a file', () => {
  test.each([
    ['nothing', '', { header: '', lines: 0, blankLines: [] }],
    ['a header alone', 'a,b', { header: 'a,b', lines: 1, blankLines: [] }],
    ['a header with its end', 'a,b\n', { header: 'a,b', lines: 1, blankLines: [] }],
    ['rows', 'a,b\n1,2\n3,4\n', { header: 'a,b', lines: 3, blankLines: [] }],
    ['a last row without end', 'a,b\n1,2\n3,4', { header: 'a,b', lines: 3, blankLines: [] }],
    ['empty lines', 'a,b\n\n1,2\n\n\n', { header: 'a,b', lines: 5, blankLines: [2, 4, 5] }],
    ['empty lines with CR LF', 'a,b\r\n\r\n1,2\r\n', { header: 'a,b', lines: 3, blankLines: [2] }],
    ['a line of spaces, which is not empty', 'a,b\n  \n', { header: 'a,b', lines: 2, blankLines: [] }],
    ['an empty line first', '\na,b\n', { header: '', lines: 2, blankLines: [1] }],
    ['a byte order mark', '\uFEFFa,b\n1,2\n', { header: 'a,b', lines: 2, blankLines: [] }],
  ])('of %s', async (_name, content, expected) => {
    expect(await scan(content)).toEqual({
      ...expected,
      mixesLineEnds: false,
      sha256: createHash('sha256').update(content).digest('hex'),
    })
  })

  test.each([
    ['a\r\n1\n', true],
    ['a\n1\r\n', true],
    ['a\r\n1\r\n\n', true],
    ['a\r\n1\r\n2', false],
    ['a\n1\n2', false],
    ['a\r', false],
  ])('of %j tells whether line ends are mixed: %s', async (content, mixesLineEnds) => {
    expect((await scan(content)).mixesLineEnds).toBe(mixesLineEnds)
  })

  test('counts lines and empty lines like a split at line ends', async () => {
    const line = fc.constantFrom('', '', 'x', 'a,b', ' ', 'ä')
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        async (lines, end) => {
          const { blankLines, lines: count, header } = await scan(lines.map((text) => text + end).join(''))
          expect(count).toBe(lines.length)
          expect(blankLines).toEqual(lines.flatMap((text, i) => (text === '' ? [i + 1] : [])))
          expect(header).toBe(lines[0])
        },
      ),
      { numRuns: 50 },
    )
  })

  test('reads on across the pieces in which a large file comes', async () => {
    const header = 'h'.repeat(200_000)
    const scanned = await scan(`${header}\n${'x'.repeat(65_535)}\n\n${'y'.repeat(65_536)}\n`)
    expect(scanned).toMatchObject({ header, lines: 4, blankLines: [3] })
  })

  test('of a file that is not there is an error with its name', async () => {
    const file = join(folder, 'missing.csv')
    await expect(scanFile(file)).rejects.toMatchObject({ code: 'LEGACY_FILE', message: expect.stringContaining(file) })
  })

  test('of a folder is an error with its name', async () => {
    await expect(scanFile(folder)).rejects.toMatchObject({ code: 'LEGACY_FILE' })
  })
})
