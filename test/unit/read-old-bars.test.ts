import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LegacyBarsInput } from '#shared/config/legacy-config.ts'
import { rowsOf } from './bars-fixtures.ts'
import { type OldBars, OldFolder } from './old-files.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
let files = 0

const HEADER = 'datetime,open,high,low,close,volume'
/** 2024-07-02, 13:30 UTC: the opening in New York. */
const OPEN = Date.UTC(2024, 6, 2, 13, 30) / 1000

async function read(content: string | Uint8Array, description: Partial<LegacyBarsInput> = {}): Promise<OldBars> {
  const old = new OldFolder(join(folder, `old-${files++}`))
  old.write('SPY.csv', content)
  try {
    return await old.import({ files: '{symbol}.csv', ...description })
  } finally {
    old.store.close()
  }
}

const lines = (...rows: readonly string[]): string => [HEADER, ...rows].map((row) => `${row}\n`).join('')

/** Every bar as `[ts, close, volume]`, session by session. */
const barsOf = (old: OldBars): unknown[] =>
  old.sessions.flatMap(({ bars }) => rowsOf(bars).map(({ ts, close, volume }) => [ts, close, volume]))
const rejectsOf = (old: OldBars): [number, string][] => old.rejects.map(({ line, reason }) => [line, reason])

describe('a row', () => {
  test('becomes a bar of its session, with what the file does not say missing', async () => {
    const old = await read(lines('2024-07-02 09:30:00,10,12,9,11,300'))
    expect(old.sessions).toHaveLength(1)
    expect(old.sessions[0].sessionDate).toBe('2024-07-02')
    expect(rowsOf(old.sessions[0].bars)).toEqual([
      { ts: OPEN, open: 10, high: 12, low: 9, close: 11, volume: 300, vwap: NaN, tradeCount: NaN },
    ])
    expect(old).toMatchObject({ rows: 1, rejects: [] })
  })

  test.each([
    ['the start of its bar', { label: 'start' }, '2024-07-02 09:30:00', OPEN],
    ['the end of its bar', { label: 'end' }, '2024-07-02 09:31:00', OPEN],
    ['in another zone', { zone: 'Europe/London' }, '2024-07-02 14:30:00', OPEN],
    ['in another form', { timeFormat: '%d.%m.%Y %H:%M' }, '02.07.2024 09:30', OPEN],
    ['in a form with am and pm', { timeFormat: '%m/%d/%Y %I:%M %p' }, '07/02/2024 01:30 PM', OPEN + 4 * 3600],
    ['as epoch seconds', { timeFormat: 'epoch' }, String(OPEN), OPEN],
    ['as epoch seconds of its end', { timeFormat: 'epoch', label: 'end' }, String(OPEN + 60), OPEN],
    ['with an offset of its own', { timeFormat: '%Y-%m-%d %H:%M:%S%z' }, '2024-07-02 09:30:00-04:00', OPEN],
    ['with an offset of its own, in UTC', { timeFormat: '%Y-%m-%dT%H:%M:%S%z' }, '2024-07-02T13:30:00+0000', OPEN],
  ] as const)('may have a time that is %s', async (_name, description, time, ts) => {
    expect(barsOf(await read(lines(`${time},1,1,1,1,1`), description))).toEqual([[ts, 1, 1]])
  })

  test('may have prices times a scale and volume in lots', async () => {
    const old = await read(lines('2024-07-02 09:30:00,100000,120000,90000,115025,3'), {
      priceScale: 10_000,
      volumeUnit: 'lots',
      lotSize: 100,
    })
    expect(rowsOf(old.sessions[0].bars)[0]).toMatchObject({ open: 10, high: 12, low: 9, close: 11.5025, volume: 300 })
  })

  test('may have its columns anywhere, under any names and between any others', async () => {
    const content = '"Vol ume";note;t;O;L;H;C\n7;"x;y";2024-07-02 09:30:00;1;0.5;3;2\n'
    const columns = { time: 't', open: 'O', high: 'H', low: 'L', close: 'C', volume: 'Vol ume' }
    const old = await read(content, { delimiter: ';', columns })
    expect(rowsOf(old.sessions[0].bars)[0]).toMatchObject({ ts: OPEN, open: 1, high: 3, low: 0.5, close: 2, volume: 7 })
  })

  test.each([
    ['without a name, as an index is written', `,${HEADER}`, '0,'],
    ['with a name that differs from another one by its case only', `Close,${HEADER}`, '0,'],
    ['with a name that comes twice', `x,x,${HEADER}`, '0,0,'],
    ['with a quotation mark in its name', `it's,${HEADER}`, '0,'],
  ])('may have a column that is not needed %s', async (_name, header, before) => {
    expect(barsOf(await read(`${header}\n${before}2024-07-02 09:30:00,1,1,1,1,1\n`))).toEqual([[OPEN, 1, 1]])
  })

  test('may miss a number', async () => {
    const old = await read(lines('2024-07-02 09:30:00,1,1,1,,nan', '2024-07-02 09:31:00,1,1,1,"",'))
    expect(barsOf(old)).toEqual([
      [OPEN, NaN, NaN],
      [OPEN + 60, NaN, NaN],
    ])
  })

  test('may be quoted', async () => {
    expect(barsOf(await read(lines('"2024-07-02 09:30:00","1","1","1","2.5","1e3"')))).toEqual([[OPEN, 2.5, 1000]])
  })
})

describe('rows in any order', () => {
  test('newest first become ascending sessions of ascending bars', async () => {
    const old = await read(
      lines(
        '2024-07-03 09:31:00,1,1,1,4,1',
        '2024-07-03 09:30:00,1,1,1,3,1',
        '2024-07-02 15:59:00,1,1,1,2,1',
        '2024-07-02 09:30:00,1,1,1,1,1',
      ),
    )
    expect(old.sessions.map(({ sessionDate, bars }) => [sessionDate, [...bars.close]])).toEqual([
      ['2024-07-02', [1, 2]],
      ['2024-07-03', [3, 4]],
    ])
  })

  test('of the same minute: the later line counts, the others are refused and say why', async () => {
    const old = await read(
      lines(
        '2024-07-02 09:31:00,1,1,1,5,1',
        '2024-07-02 09:30:00,1,1,1,1,1',
        '2024-07-02 09:30:00,1,1,1,2,1',
        '2024-07-02 09:30:00,1,1,1,3,1',
      ),
    )
    expect(barsOf(old)).toEqual([
      [OPEN, 3, 1],
      [OPEN + 60, 5, 1],
    ])
    expect(rejectsOf(old)).toEqual([
      [3, 'line 4 has the same minute, 2024-07-02T13:30:00Z, and comes later'],
      [4, 'line 5 has the same minute, 2024-07-02T13:30:00Z, and comes later'],
    ])
  })

  test('before and after the session belong to it', async () => {
    const old = await read(lines('2024-07-02 04:00:00,1,1,1,1,1', '2024-07-02 19:59:00,1,1,1,1,1'))
    expect(old.sessions.map(({ sessionDate, bars }) => [sessionDate, bars.ts.length])).toEqual([['2024-07-02', 2]])
  })
})

describe('a row that has no place', () => {
  test('because the exchange was closed is refused', async () => {
    const old = await read(lines('2024-07-04 10:00:00,1,2,0.5,1,7', '2024-07-06 10:00:00,1,1,1,1,1'))
    expect(old.rows).toBe(0)
    expect(old.rejects).toEqual([
      { line: 2, reason: '2024-07-04T14:00:00Z is in no session of XNYS', text: '2024-07-04 10:00:00,1,2,0.5,1,7' },
      { line: 3, reason: '2024-07-06T14:00:00Z is in no session of XNYS', text: '2024-07-06 10:00:00,1,1,1,1,1' },
    ])
  })

  test('because the calendar does not reach so far is refused, and the others are read', async () => {
    const old = await read(
      lines('1970-01-01 09:30:00,1,1,1,1,1', '2024-07-02 09:30:00,1,1,1,1,1', '2199-01-01 09:30:00,1,1,1,1,1'),
    )
    expect(barsOf(old)).toEqual([[OPEN, 1, 1]])
    expect(rejectsOf(old).map(([line]) => line)).toEqual([2, 4])
    expect(old.rejects[0].reason).toContain('1990-01-01 to 2030-12-31')
  })

  test('because a clock change skipped or repeated its time is refused', async () => {
    const old = await read(
      lines('2024-03-10 01:59:00,1,1,1,1,1', '2024-03-10 02:30:00,1,1,1,1,1', '2024-11-03 01:30:00,1,1,1,1,1'),
    )
    const doubtful = 'the time does not name one instant in America/New_York: a clock change skips or repeats it'
    expect(rejectsOf(old)).toEqual([
      // A Sunday, but no doubt about the time.
      [2, '2024-03-10T06:59:00Z is in no session of XNYS'],
      [3, doubtful],
      [4, doubtful],
    ])
  })

  test('on the days after clock changes is read with the right offset', async () => {
    const old = await read(lines('2024-03-11 09:30:00,1,1,1,1,1', '2024-11-04 09:30:00,1,1,1,1,1'))
    expect(barsOf(old).map((bar) => (bar as number[])[0])).toEqual([
      Date.UTC(2024, 2, 11, 13, 30) / 1000,
      Date.UTC(2024, 10, 4, 14, 30) / 1000,
    ])
  })
})

describe('a row that cannot be read', () => {
  test.each([
    ['with too few values', '2024-07-02 09:31:00,1,1,1,1', /has 5 values, not 6/],
    ['with too many values', '2024-07-02 09:31:00,1,1,1,1,1,9', /has 7 values, not 6/],
    ['with a time that is none', 'yesterday,1,1,1,1,1', /"datetime".*"yesterday"/],
    ['with a time of another form', '07/02/2024 09:31,1,1,1,1,1', /"datetime"/],
    ['with a day that does not exist', '2024-02-30 09:31:00,1,1,1,1,1', /"datetime"/],
    ['with a price that is none', '2024-07-02 09:31:00,1,1,1,n/a,1', /"close".*"n\/a"/],
    ['with two things wrong', 'yesterday,1,1,x,1,1', /"datetime".*"low"/],
    ['with a thousands separator', '2024-07-02 09:31:00,1,1,1,1,"1,000"', /"volume"/],
    ['without a time', ',1,1,1,1,1', /^the time is missing$/],
    ['of spaces', '   ', /has 1 values/],
    ['that is a comment', '# made by bars.py', /has 1 values/],
    ['with an infinite price', '2024-07-02 09:31:00,1,inf,1,1,1', /^high is infinite$/],
    ['with an infinite volume', '2024-07-02 09:31:00,1,1,1,1,-Infinity', /^volume is infinite$/],
    ['with a volume that a lot makes infinite', '2024-07-02 09:31:00,1,1,1,1,1e308', /^volume is infinite$/],
  ])('%s is refused with its line and the reason, and the others are read', async (_name, row, reason) => {
    const good = ['2024-07-02 09:30:00,1,1,1,1,1', '2024-07-02 09:32:00,1,1,1,1,1']
    const old = await read(lines(good[0], '', row, good[1]), { volumeUnit: 'lots', lotSize: 100 })
    expect(barsOf(old)).toEqual([
      [OPEN, 1, 100],
      [OPEN + 120, 1, 100],
    ])
    expect(old.rejects).toHaveLength(1)
    expect(old.rejects[0].line).toBe(4)
    expect(old.rejects[0].reason).toMatch(reason)
  })

  test.each([
    ['between two seconds', `${OPEN}.5`, 'the time is not a whole second'],
    ['in milliseconds', String(OPEN * 1000), 'is outside'],
    ['in microseconds', String(OPEN * 1e6), 'the time is not in seconds since 1970'],
    ['in nanoseconds', String(OPEN * 1e9), 'the time is not in seconds since 1970'],
    ['infinite', 'inf', 'the time is not'],
    ['missing', '', 'the time is missing'],
  ])('with an epoch time %s is refused', async (_name, time, reason) => {
    const old = await read(lines(`${OPEN},1,1,1,1,1`, `${time},1,1,1,1,1`), { timeFormat: 'epoch' })
    expect(barsOf(old)).toEqual([[OPEN, 1, 1]])
    expect(old.rejects).toEqual([expect.objectContaining({ line: 3, reason: expect.stringContaining(reason) })])
  })

  test('keeps its text, but not without end', async () => {
    const old = await read(lines('yesterday,1,1,1,1,1', `${'x'.repeat(100_000)},1,1,1,1,1`))
    expect(old.rejects[0].text).toBe('yesterday,1,1,1,1,1')
    expect(old.rejects[1].text.length).toBeLessThanOrEqual(500)
  })
})

describe('a file', () => {
  const good = ['2024-07-02 09:30:00,1,1,1,1,1', '2024-07-02 09:31:00,1,1,1,1,1']

  test.each([
    ['with a quotation mark that is not closed', [HEADER, good[0], '2024-07-02 09:32:00,"1,1,1,1,1', good[1]], [3]],
    ['with a value that spans lines', [HEADER, good[0], '2024-07-02 09:32:00,"1', '",1,1,1,1', good[1]], [3, 4]],
    ['with a quotation mark inside a value', [HEADER, good[0], '2024-07-02 09:32:00,"1"2,1,1,1,1', good[1]], [3]],
  ])('%s has its other lines read', async (_name, rows, refused) => {
    const old = await read(rows.join('\n'))
    expect(barsOf(old)).toEqual([
      [OPEN, 1, 1],
      [OPEN + 60, 1, 1],
    ])
    expect(rejectsOf(old).map(([line]) => line)).toEqual(refused)
    expect(old.rejects[0].reason).toContain('quotation mark')
  })

  test.each([
    ['with LF, CR LF and CR', `${HEADER}\r\n${good[0]}\n\r${good[1]}\r`],
    ['with CR alone', lines(...good).replaceAll('\n', '\r')],
    ['with a byte order mark', `\uFEFF${lines(...good)}`],
    ['with CR LF', lines(...good).replaceAll('\n', '\r\n')],
    ['with CR LF and empty lines', lines(good[0], '', good[1], '').replaceAll('\n', '\r\n')],
    ['without a last line end', lines(...good).trimEnd()],
    ['with empty lines', lines('', good[0], '', '', good[1], '')],
    [
      'with bytes that are no UTF-8 beside the numbers',
      Buffer.concat([Buffer.from(`note,${HEADER}\nh`), Buffer.of(0xe9), Buffer.from(`,${good[0]}\nx,${good[1]}\n`)]),
    ],
  ])('%s is read', async (_name, content) => {
    const old = await read(content)
    expect(barsOf(old)).toEqual([
      [OPEN, 1, 1],
      [OPEN + 60, 1, 1],
    ])
    expect(old.rejects).toEqual([])
  })

  test('with a header alone has nothing', async () => {
    expect(await read(lines())).toMatchObject({ sessions: [], rows: 0, rejects: [] })
  })

  test.each([
    ['that is empty', '', {}, /exactly one column "datetime"/],
    ['without a column', 'datetime,open,high,low,volume\n', {}, /exactly one column "close"/],
    ['with a needed column twice', `${HEADER},close\n`, {}, /exactly one column "close"/],
    ['with another delimiter', lines(...good).replaceAll(',', ';'), {}, /columns are datetime;open/],
    ['that is no text', Buffer.of(0, 1, 2, 255, 10, 0), {}, /exactly one column "datetime"/],
    ['with a time format that is none', lines(...good), { timeFormat: '%Q' }, /%Q/],
  ])('%s is refused as a whole', async (_name, content, description, message) => {
    await expect(read(content, description)).rejects.toMatchObject({
      code: 'LEGACY_FILE',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
  })

  test('of any lines has every line as a row, a reject, an empty line or the header', async () => {
    const good = ['2024-07-02 09:30:00,1,1,1,1,1', '2024-07-02 09:31:00,1,1,1,1,1', '2024-07-03 09:31:00,1,1,1,,1']
    const bad = [
      '2024-07-04 09:31:00,1,1,1,1,1',
      '2024-03-10 02:30:00,1,1,1,1,1',
      '1900-01-01 00:00:00,1,1,1,1,1',
      'bad,1,1,1,1,1',
      '2024-07-02 09:32:00,1,1',
      '2024-07-02 09:32:00,1,1,1,1,1,1,1',
      '2024-07-02 09:33:00,1,inf,1,1,1',
      ',,,,,',
    ]
    const rows = fc.array(fc.constantFrom('', ...good, ...bad), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (list, end, endsOpen) => {
        const content = [HEADER, ...list].join(end) + (endsOpen ? '' : end)
        const old = await read(content)
        // Of each good minute the last line is kept, and every other line that is not empty is refused.
        const kept = new Set(good.map((row) => list.lastIndexOf(row)).filter((i) => i >= 0))
        const refused = list.flatMap((row, i) => (row === '' || kept.has(i) ? [] : [i + 2]))
        expect(old.rejects.map(({ line }) => line)).toEqual(refused)
        expect(old.sessions.reduce((sum, { bars }) => sum + bars.ts.length, 0)).toBe(kept.size)
        expect(old.rows).toBe(kept.size)
      }),
      { numRuns: 60 },
    )
  })

  test('of which no line at all can be read, however many there are, says so of each', async () => {
    const old = await read(lines() + '07/02/2024 09:30,1,1,1,1,1\n'.repeat(130_000))
    expect(old.rows).toBe(0)
    expect(old.rejects).toHaveLength(130_000)
    expect(old.rejects.at(-1)).toMatchObject({ line: 130_001, reason: expect.stringContaining('"datetime"') })
  })

  test('of more rows than one piece has is numbered to its end', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => {
      if (i % 1000 === 500) return ''
      return i % 1000 === 700 ? `bad ${i},1,1,1,1,1` : `${OPEN + 60 * i},1,1,1,${i},1`
    })
    const old = await read(lines(...rows), { timeFormat: 'epoch' })
    for (const { line, text } of old.rejects) {
      const [time, , , , close] = rows[line - 2].split(',')
      expect(text.split(',')[0]).toBe(time)
      expect(text.split(',')[4]).toBe(close)
    }
    expect(old.rows + old.rejects.length).toBe(29_970)
  })
})
