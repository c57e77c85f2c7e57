import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { stringify } from 'yaml'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { type LegacyBarsInput, legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isoLocal, isoUtc } from '#shared/time.ts'
import { BarEvidence } from './bar-evidence.ts'
import { FileRows } from './file-rows.ts'
import { NumberParser } from './number-parser.ts'
import { formatOf } from './read-old-file.ts'
import { type FileSample, sampleFile } from './sample-file.ts'
import { ROW, RowGatherer } from './session-rows.ts'
import { sniffColumns } from './sniff-columns.ts'
import { guessHours, type TimeForm, timeForms } from './sniff-times.ts'

/** What a file looks like, to be checked by someone who knows it. */
export interface SniffedFile {
  readonly description: LegacyBarsInput
  /** To paste into switchyard.yaml. */
  readonly yaml: string
  readonly names: readonly string[]
  /** The first rows as they stand there, and as they would be imported. */
  readonly firstRows: readonly (readonly string[])[]
  readonly normalised: readonly NormalisedRow[]
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
  readonly doubts: readonly string[]
}

export interface NormalisedRow {
  readonly utc: string
  readonly local: string
  readonly open: number | null
  readonly high: number | null
  readonly low: number | null
  readonly close: number | null
  readonly volume: number | null
}

const SHOWN = 5

/**
 * Proposes a description from the first rows of a file.
 *
 * @param hint.written the file as it is to stand in the proposal; `path` when left out.
 * @param hint.symbol the symbol that the file is of, as its path writes it.
 * @param hint.calendar of the symbol; the hours of its sessions tell zone and label.
 * @throws {SwitchyardError} LEGACY_FILE when the file is of no known kind.
 */
export async function sniffOldFile(
  path: string,
  hint: { readonly calendar: TradingCalendar; readonly symbol?: string; readonly written?: string },
): Promise<SniffedFile> {
  const sample = await sampleFile(path)
  return describeSample(sample, path, hint)
}

function describeSample(
  sample: FileSample,
  path: string,
  {
    calendar,
    symbol,
    written = path,
  }: { readonly calendar: TradingCalendar; readonly symbol?: string; readonly written?: string },
): SniffedFile {
  const { names, rows, text } = sample
  const guess = sniffColumns(names, rows, sample.hasNames)
  const doubts = [...sample.doubts, ...guess.doubts]
  const indexOf = (column: string | number | null | undefined): number =>
    column === null || column === undefined ? -1 : typeof column === 'number' ? column - 1 : names.indexOf(column)
  const { columns } = guess
  const timeAt = indexOf(columns.time)
  const dateAt = indexOf(columns.date)
  const numbers = new NumberParser({
    decimal: text?.decimal ?? '.',
    thousands: text?.thousands ?? '',
    currency: text?.currency ?? '',
    nulls: 'common',
  })
  const valuesOf = (column: string | number | null | undefined): Float64Array => {
    const at = indexOf(column)
    return Float64Array.from(rows, (row) => (at < 0 ? NaN : numbers.parse(row[at] ?? '', 0, (row[at] ?? '').length)))
  }
  const volumes = valuesOf(columns.volume)
  const kind = sample.timeKinds.get(timeAt)
  const texts = timeTexts(rows, dateAt, timeAt)
  const forms: readonly TimeForm[] =
    kind === undefined
      ? timeForms(texts.filter((value) => !numbers.isNull(value)))
      : [
          {
            timeFormat: 'iso',
            seconds: Float64Array.from(texts, Number),
            isInstant: kind === 'instant-seconds',
            zone: undefined,
          },
        ]
  const proposal: Record<string, unknown> = { files: filesOf(written, sample, guess.symbolColumn, symbol) }
  if (formatOf(path) !== sample.format) proposal['format'] = sample.format
  if (sample.symbolIn !== undefined) {
    proposal['symbol'] = sample.symbolIn.kind
    if (sample.symbolIn.table !== undefined) proposal['table'] = sample.symbolIn.table
  } else {
    if (guess.symbolColumn !== undefined) {
      proposal['symbol'] = 'column'
      proposal['symbolColumn'] = guess.symbolColumn
    }
    if (sample.table !== undefined) proposal['table'] = sample.table
  }
  if (text !== undefined) Object.assign(proposal, textKeys(text))
  proposal['columns'] = columns
  if (forms.length === 0) doubts.push(`no known form of time fits "${texts[0] ?? ''}": set timeFormat by hand`)
  else {
    const hours = guessHours(forms, volumes, calendar)
    proposal['timeFormat'] = hours.form.timeFormat
    if (!hours.form.isInstant) proposal['zone'] = hours.zone
    proposal['label'] = hours.label
    doubts.push(...hours.doubts)
  }
  const spellings = nullSpellings(rows, numbers)
  if (spellings.some((spelling) => spelling !== '' && spelling.toLowerCase() !== 'nan')) proposal['nulls'] = 'common'
  Object.assign(proposal, units(valuesOf(columns.close), volumes, String(columns.volume ?? ''), doubts))
  if (guess.rest.length > 0)
    doubts.push(`columns that are not imported: ${guess.rest.join(', ')}; "features: rest" keeps them`)
  const description = proposal as LegacyBarsInput
  const trial = tryDescription(sample, description, calendar, path)
  doubts.push(...trial.doubts)
  return {
    description,
    yaml: stringify({ oldPipeline: { name: 'old', bars: description } }, { lineWidth: 0 }),
    names,
    firstRows: rows.slice(0, SHOWN),
    normalised: trial.normalised,
    rejected: trial.rejected,
    doubts: [...new Set(doubts)],
  }
}

/** The times of rows as texts; those of a column of their own that lost their zeros in front (930) have them again. */
function timeTexts(rows: readonly (readonly string[])[], dateAt: number, timeAt: number): readonly string[] {
  const times = rows.map((row) => row[timeAt] ?? '')
  if (dateAt < 0) return times
  const longest = times.reduce((most, time) => (/^\d+$/.test(time) ? Math.max(most, time.length) : most), 0)
  const digits = longest > 4 ? 6 : 4
  return rows.map((row, i) => `${row[dateAt]} ${/^\d+$/.test(times[i]) ? times[i].padStart(digits, '0') : times[i]}`)
}

/** The path with `{symbol}` in the place of the symbol, unless the symbol stands elsewhere. */
function filesOf(
  written: string,
  { symbolIn }: FileSample,
  symbolColumn: string | number | undefined,
  symbol: string | undefined,
): string {
  if (symbolIn !== undefined || symbolColumn !== undefined) return written
  const name = basename(written)
  const folder = dirname(written)
  // What a path begins with is a symbol as long as it is written in capitals or stands alone.
  const found =
    symbol !== undefined && name.toLowerCase().includes(symbol.toLowerCase())
      ? name.slice(name.toLowerCase().indexOf(symbol.toLowerCase())).slice(0, symbol.length)
      : (/^[A-Z][A-Z0-9.]{0,5}(?=[._-])/.exec(name)?.[0].replace(/\.$/, '') ?? name.replace(/\.[^.]*$/, ''))
  const pattern = name.replace(found, '{symbol}').replaceAll(/\d{4}-?\d\d-?\d\d/g, '*')
  return folder === '.' ? pattern : `${folder}/${pattern}`
}

function textKeys(text: NonNullable<FileSample['text']>): Partial<LegacyBarsInput> {
  return {
    ...(text.delimiter === ',' ? {} : { delimiter: text.delimiter }),
    ...(text.encoding === 'utf-8' ? {} : { encoding: text.encoding }),
    ...(text.skipRows === 0 ? {} : { skipRows: text.skipRows }),
    ...(text.headerRows === 1 ? {} : { headerRows: text.headerRows }),
    ...(text.decimal === '.' ? {} : { decimal: text.decimal }),
    ...(text.thousands === '' ? {} : { thousands: text.thousands }),
    ...(text.currency === '' ? {} : { currency: text.currency }),
  }
}

function nullSpellings(rows: readonly (readonly string[])[], numbers: NumberParser): readonly string[] {
  return [...new Set(rows.flatMap((row) => row.filter((cell) => numbers.isNull(cell))))]
}

/** Scale of prices and unit of volumes, as far as values tell them; what they do not tell is a doubt. */
function units(
  prices: Float64Array,
  volumes: Float64Array,
  volumeName: string,
  doubts: string[],
): Partial<LegacyBarsInput> {
  const found: { priceScale?: number; volumeUnit?: 'lots' } = {}
  const price = median(prices)
  const known = prices.filter((value) => !Number.isNaN(value))
  if (known.length > 0 && known.every(Number.isInteger) && price >= 10_000) {
    found.priceScale = price >= 100_000 ? 10_000 : 100
    doubts.push(`all prices are whole numbers around ${price}: they were taken as price times ${found.priceScale}`)
  }
  const volume = median(volumes.filter((value) => value > 0))
  if (/lot/i.test(volumeName)) found.volumeUnit = 'lots'
  else if (volume > 0 && volume < 1_000) {
    doubts.push(`half of the volumes are below ${volume}: shares of a quiet symbol, or lots (volumeUnit: lots)?`)
  }
  return found
}

function median(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort()
  return sorted.length === 0 ? NaN : sorted[Math.floor(sorted.length / 2)]
}

/** Normalises the sample as described. */
function tryDescription(
  sample: FileSample,
  proposal: LegacyBarsInput,
  calendar: TradingCalendar,
  path: string,
): Pick<SniffedFile, 'normalised' | 'rejected' | 'doubts'> {
  const parsed = legacyBarsConfigSchema.safeParse(proposal)
  if (!parsed.success)
    return { normalised: [], rejected: [], doubts: parsed.error.issues.map(({ message }) => message) }
  const description = parsed.data
  const gatherer = new RowGatherer(join(tmpdir(), `switchyard-sniff-${process.pid}.tmp`), Infinity)
  const rejected: { line: number; reason: string }[] = []
  const rows = new FileRows({
    path,
    key: 'oldPipeline.bars',
    description,
    importId: 0,
    gatherer,
    // Rows of all symbols of the sample are looked at, those of each by themselves.
    targetOf: (oldName) => ({ symbol: oldName, calendar }),
    reject: (line, reason) => rejected.length < SHOWN && rejected.push({ line, reason }),
    decode: (raw) => raw,
  })
  rows.setSymbol(sample.symbolIn?.oldName ?? '?')
  try {
    rows.bind(sample.names)
  } catch (thrown) {
    if (!(thrown instanceof SwitchyardError)) throw thrown
    return { normalised: [], rejected: [], doubts: [thrown.message] }
  }
  const timeAt =
    typeof description.columns.time === 'number'
      ? description.columns.time - 1
      : sample.names.indexOf(description.columns.time)
  const kind = sample.timeKinds.get(timeAt) ?? 'described'
  sample.rows.forEach((row, i) => rows.valueRow(sample.firstLine + i, row, kind, () => ''))
  const evidence = new BarEvidence()
  const normalised: NormalisedRow[] = []
  for (const [name, features] of rows.featureNames) {
    for (const { sessionDate, bars } of gatherer.take(0, name, ROW.features + features.length)) {
      const session = calendar.session(sessionDate)
      if (session !== null) evidence.add(session, bars)
      for (let i = 0; i < bars.ts.length && normalised.length < SHOWN; i++) {
        const value = (column: Float64Array): number | null => (Number.isNaN(column[i]) ? null : column[i])
        normalised.push({
          utc: isoUtc(bars.ts[i]),
          local: isoLocal(bars.ts[i], calendar.zone),
          open: value(bars.open),
          high: value(bars.high),
          low: value(bars.low),
          close: value(bars.close),
          volume: value(bars.volume),
        })
      }
    }
  }
  gatherer.close()
  const doubts = [...evidence.doubts(description.label, description.zone)]
  if (rows.rejected > 0)
    doubts.push(
      `${rows.rejected} of the first ${rows.rows} rows would be refused, the first because ${rejected[0].reason}`,
    )
  return { normalised, rejected, doubts }
}
