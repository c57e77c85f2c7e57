import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LegacyBarsConfig, type LegacyBarsInput, legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'
import { FileRows } from '#main/legacy/file-rows.ts'
import { plainRows } from '#main/legacy/plain-rows.ts'
import { readCsv } from '#main/legacy/read-csv.ts'
import { ROW, RowGatherer } from '#main/legacy/session-rows.ts'
import { type LineTaker, textDecoder } from '#main/legacy/text-lines.ts'
import { XNYS } from './old-files.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
/** Lines that were taken from the bytes, over all tests. */
let taken = 0
let lines = 0

/** Counts the lines that are taken. */
function counting(rows: FileRows, description: LegacyBarsConfig): LineTaker | undefined {
  const plain = plainRows(rows, description)
  if (plain === undefined) return undefined
  return {
    take: (bytes, from, to, line) => {
      const after = plain.take(bytes, from, to, line)
      taken += plain.lf + plain.crlf
      return after
    },
    get lf() {
      return plain.lf
    },
    get crlf() {
      return plain.crlf
    },
  }
}

/** Everything that is known of a file after it was read. */
async function read(
  content: string | Uint8Array,
  description: LegacyBarsConfig,
  takerOf: (rows: FileRows, description: LegacyBarsConfig) => LineTaker | undefined,
): Promise<unknown> {
  const path = join(folder, 'old.csv')
  writeFileSync(path, content)
  const gatherer = new RowGatherer(join(folder, 'scratch.tmp'))
  const rejects: unknown[] = []
  const rows = new FileRows({
    path,
    key: 'oldPipeline.bars',
    description,
    importId: 1,
    gatherer,
    targetOf: (oldName) => (['SPY', 'BRK.B'].includes(oldName) ? { symbol: oldName, calendar: XNYS } : undefined),
    reject: (...reject) => rejects.push(reject),
    decode: textDecoder(description.encoding),
  })
  if (description.symbol === 'path') rows.setSymbol('SPY')
  const file = await readCsv(path, description, rows, {}, takerOf)
  const sessions = [...rows.featureNames].map(([symbol, features]) => [
    symbol,
    [...gatherer.take(1, symbol, ROW.features + features.length)],
  ])
  gatherer.close()
  lines += rows.rows
  const { rows: count, rejected, clockChanges, otherSymbols, featureNames, unreadFeatures } = rows
  return { file, rejects, sessions, count, rejected, clockChanges, otherSymbols, featureNames, unreadFeatures }
}

async function expectBothAlike(content: string | Uint8Array, input: LegacyBarsInput): Promise<void> {
  const description = legacyBarsConfigSchema.parse(input)
  expect(await read(content, description, counting)).toEqual(await read(content, description, () => undefined))
}

const FORMATS: readonly (readonly [format: string, write: (date: Date) => string])[] = [
  ['%Y-%m-%d %H:%M:%S', (at) => at.toISOString().slice(0, 19).replace('T', ' ')],
  ['%Y-%m-%d %H:%M', (at) => at.toISOString().slice(0, 16).replace('T', ' ')],
  [
    '%m/%d/%Y %H:%M',
    (at) =>
      `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()} ${at.getUTCHours()}:${two(at.getUTCMinutes())}`,
  ],
  [
    '%d.%m.%y %H:%M',
    (at) =>
      `${two(at.getUTCDate())}.${two(at.getUTCMonth() + 1)}.${at.getUTCFullYear() % 100} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`,
  ],
  [
    '%m/%d/%Y %I:%M %p',
    (at) =>
      `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()} ${at.getUTCHours() % 12 || 12}:${two(at.getUTCMinutes())} ${at.getUTCHours() < 12 ? 'AM' : 'PM'}`,
  ],
  ['%Y%m%d %H:%M:%S', (at) => at.toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '')],
  ['%Y%m%d%H%M', (at) => at.toISOString().slice(0, 16).replaceAll(/[-T:]/g, '')],
  ['%Y-%m-%d %H:%M:%S%z', (at) => `${at.toISOString().slice(0, 19).replace('T', ' ')}-0400`],
  ['iso', (at) => at.toISOString()],
  ['iso', (at) => `${at.toISOString().slice(0, 16)}-04:00`],
  ['iso', (at) => at.toISOString().slice(0, 19)],
  ['iso', (at) => `${at.toISOString().slice(0, 19)}.000000+0000`],
  ['epoch', (at) => String(at.getTime() / 1000)],
  ['epoch-ms', (at) => String(at.getTime())],
  ['epoch-us', (at) => `${at.getTime()}000`],
  ['epoch-ns', (at) => `${at.getTime()}000000`],
]

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function mostly<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 19, arbitrary: usual }, { weight: 1, arbitrary: odd })
}

/** Minutes of ordinary days, of a holiday, of days with a clock change, and of a year that the calendar does not know. */
const times = fc
  .record({
    day: mostly(
      fc.constantFrom('2024-07-01', '2024-07-02', '2024-07-03', '2024-11-01', '2024-11-04', '2024-03-11'),
      fc.constantFrom('2024-07-04', '2024-03-10', '2024-11-03', '2035-01-02'),
    ),
    minute: fc.oneof(
      fc.integer({ min: 0, max: 1439 }),
      fc.integer({ min: 565, max: 600 }),
      fc.integer({ min: 60, max: 120 }),
    ),
    second: mostly(fc.constant(0), fc.integer({ min: 1, max: 59 })),
  })
  .map(({ day, minute, second }) => new Date(Date.parse(`${day}T00:00:00Z`) + minute * 60_000 + second * 1000))

const ODD_VALUES = [
  '',
  ' ',
  ' 1',
  '1 ',
  '+1',
  '-1',
  '-',
  '.',
  '1.',
  '.5',
  '1e3',
  '1E-2',
  '-0',
  '007',
  '1,234',
  '1.234,5',
  "1'000",
  'nan',
  'NaN',
  'N/A',
  '-999',
  '-999.0',
  '0',
  'inf',
  '-Infinity',
  '#NAME?',
  '"1"',
  '"1',
  '1"',
  '"1""2"',
  '123456789012345',
  '1234567890123456',
  '0.1234567890123456',
  '99999999999999999999999999',
  '1\u00a02',
  '½',
  '\0',
  '0x10',
  '1_000',
  '1..2',
  '--1',
  '12%',
  '$1',
  '2024-07-02',
] as const

const values = mostly(
  fc.oneof(
    fc.integer({ min: 0, max: 100_000 }).map((cents) => (cents / 100).toFixed(2)),
    fc.nat().map(String),
    fc.integer({ min: 1, max: 1e15 }).map((value) => `-${value / 1e6}`),
  ),
  fc.constantFrom(...ODD_VALUES),
)

const layouts = fc.record({
  format: fc.constantFrom(...FORMATS),
  isApart: fc.boolean(),
  delimiter: mostly(fc.constantFrom(',', ';', '\t', '|'), fc.constant(' ')),
  quote: fc.constantFrom('"', "'", ''),
  decimal: mostly(fc.constant('.' as const), fc.constant(',' as const)),
  thousands: fc.constantFrom('' as const, "'" as const, ' ' as const),
  nulls: fc.constantFrom<LegacyBarsInput['nulls']>(['', 'nan'], ['nan'], ['', '-999', '0'], 'common'),
  zone: fc.constantFrom('America/New_York', 'Europe/Berlin', 'UTC'),
  repeatedHour: fc.constantFrom('refuse' as const, 'first' as const, 'second' as const),
  label: fc.constantFrom('start' as const, 'end' as const),
  priceScale: mostly(fc.constantFrom(1, 100), fc.constant(1e-308)),
  volumeUnit: fc.constantFrom('shares' as const, 'lots' as const),
  features: mostly(fc.constantFrom<LegacyBarsInput['features']>([], ['rsi']), fc.constant('rest' as const)),
  symbolAt: fc.constantFrom('path', 'first', 'last'),
  encoding: fc.constantFrom('utf-8' as const, 'latin-1' as const),
  ends: mostly(fc.constantFrom<'\n' | '\r\n' | '\r'>('\n', '\r\n'), fc.constant('\r')),
})

const rows = fc.array(
  fc.record({
    time: times,
    symbol: mostly(fc.constantFrom('SPY', 'BRK.B', 'IBM'), fc.constantFrom(' SPY', '"SPY"', 'Größe')),
    values: fc.array(values, { minLength: 5, maxLength: 5 }),
    rsi: values,
    oddity: mostly(
      fc.constant(null),
      fc.record({
        kind: fc.constantFrom(
          'insert',
          'delete',
          'replace',
          'blank',
          'more',
          'fewer',
          'header',
          'end',
          'other end',
          'empty last',
        ),
        at: fc.nat({ max: 200 }),
        character: fc.constantFrom('"', ',', ' ', '0', '9', '-', ':', '.', 'x', 'é', '\0', '\r', 'Z', '+'),
      }),
    ),
  }),
  { minLength: 1, maxLength: 30 },
)

type Layout = typeof layouts extends fc.Arbitrary<infer T> ? T : never
type Row = (typeof rows extends fc.Arbitrary<infer T> ? T : never)[number]

function written(layout: Layout, all: readonly Row[]): { content: Buffer; description: LegacyBarsInput } {
  const { format, isApart: mayBeApart, symbolAt, ends, ...rest } = layout
  const [timeFormat, write] = format
  const isApart = mayBeApart && timeFormat.includes(' ')
  const cells = (time: readonly string[], bar: readonly string[], rsi: string, symbol: string): string[] => [
    ...(symbolAt === 'first' ? [symbol] : []),
    ...time,
    ...bar,
    'text',
    rsi,
    ...(symbolAt === 'last' ? [symbol] : []),
  ]
  const times = isApart ? ['date', 'datetime'] : ['datetime']
  const header = cells(times, ['open', 'high', 'low', 'close', 'volume'], 'rsi', 'symbol').join(rest.delimiter)
  let content = `${rest.encoding === 'utf-8' ? '\uFEFF' : ''}${header}${ends}`
  for (const row of all) {
    const text = write(row.time)
    const time = isApart ? [text.slice(0, text.indexOf(' ')), text.slice(text.indexOf(' ') + 1)] : [text]
    let line = cells(
      time,
      row.values.map((value) => value.replace('.', rest.decimal)),
      row.rsi,
      row.symbol,
    ).join(rest.delimiter)
    let end: string = ends
    const { oddity } = row
    if (oddity !== null) {
      const at = oddity.at % (line.length + 1)
      if (oddity.kind === 'insert') line = line.slice(0, at) + oddity.character + line.slice(at)
      if (oddity.kind === 'delete') line = line.slice(0, at) + line.slice(at + 1)
      if (oddity.kind === 'replace') line = line.slice(0, at) + oddity.character + line.slice(at + 1)
      if (oddity.kind === 'blank') line = ''
      if (oddity.kind === 'more') line = `${line}${rest.delimiter}1`
      if (oddity.kind === 'fewer') line = line.slice(0, line.lastIndexOf(rest.delimiter))
      if (oddity.kind === 'header') line = header
      if (oddity.kind === 'empty last') line = `${line}${rest.delimiter}`
      if (oddity.kind === 'end') end = ''
      if (oddity.kind === 'other end') end = ends === '\n' ? '\r\n' : '\n'
    }
    content += line + end
  }
  return {
    content: Buffer.from(content, rest.encoding === 'utf-8' ? 'utf8' : 'latin1'),
    description: {
      ...rest,
      timeFormat,
      files: symbolAt === 'path' ? '{symbol}.csv' : 'all.csv',
      symbol: symbolAt === 'path' ? 'path' : 'column',
      columns: isApart ? { date: 'date' } : {},
    },
  }
}

test('rows that are taken from the bytes, and those that are refused, are the same as those read with care', async () => {
  await fc.assert(
    fc.asyncProperty(layouts, rows, async (layout, all) => {
      const { content, description } = written(layout, all)
      await expectBothAlike(content, description)
    }),
    { numRuns: 1_000 },
  )
  // Otherwise nothing would have been compared.
  expect(taken).toBeGreaterThan(0.25 * lines)
})

test('lines that are cut by the pieces in which a file is read are the same as well', async () => {
  const [all] = fc.sample(fc.array(rows, { minLength: 4_000, maxLength: 4_000, size: 'max' }), { numRuns: 1, seed: 7 })
  const layout: Layout = {
    format: FORMATS[0],
    isApart: false,
    delimiter: ',',
    quote: '"',
    decimal: '.',
    thousands: '',
    nulls: ['', 'nan'],
    zone: 'America/New_York',
    repeatedHour: 'refuse',
    label: 'start',
    priceScale: 1,
    volumeUnit: 'shares',
    features: 'rest',
    symbolAt: 'first',
    encoding: 'utf-8',
    ends: '\n',
  }
  const { content, description } = written(layout, all.flat())
  expect(content.length).toBeGreaterThan(1_000_000)
  for (const ends of ['\n', '\r\n']) await expectBothAlike(content.toString().replaceAll('\n', ends), description)
})
