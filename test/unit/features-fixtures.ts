import { existsSync, readFileSync } from 'node:fs'
import { allocateBars, BAR_SECONDS } from '#shared/bars.ts'
import type { CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { FeatureColumn, FeatureSetDefinition } from '#shared/features/definition.ts'
import { epochDayToDate } from '#shared/time.ts'
import { loadFeatureSet } from '#main/engine/load-feature-set.ts'
import { compileFeatureSet, computeSessionFeatures } from '#main/pipeline/features/compute-features.ts'
import type { CompiledFeatureSet, SessionFeatures, SessionInput } from '#main/pipeline/features/compute-features.ts'

export const FEATURES_FOLDER = 'data/features'

/** The feature set the project ships, compiled from its file. */
export function shippedSet(): CompiledFeatureSet {
  return compileFeatureSet(loadFeatureSet('features_price_1m_v1', [FEATURES_FOLDER]))
}

/** A bar of a test session; what is left out follows from `close` (a bar that traded 100 at one price). */
export interface TestBar {
  /** Minute of session; the bar's position in the list unless given. */
  readonly minute?: number
  readonly open?: number
  readonly high?: number
  readonly low?: number
  readonly close: number
  readonly volume?: number
  readonly vwap?: number
}

/** Session number `index` of a made-up calendar: opens at 14:30 UTC on consecutive days, lasts `minutes`. */
export function sessionNumber(index: number, minutes = 390): Session {
  const day = 19_000 + index
  const openTs = day * 86_400 + 52_200
  return {
    date: epochDayToDate(day),
    openTs,
    closeTs: openTs + minutes * 60,
    breakStartTs: null,
    breakEndTs: null,
    earlyClose: minutes < 390,
  }
}

/** The bars of a session in columns. */
export function sessionInput(session: Session, bars: readonly TestBar[]): SessionInput {
  const columns: CuratedColumns = { ...allocateBars(bars.length), flags: new Uint16Array(bars.length) }
  for (const [row, bar] of bars.entries()) {
    columns.ts[row] = session.openTs + (bar.minute ?? row) * BAR_SECONDS
    columns.open[row] = bar.open ?? bar.close
    columns.high[row] = bar.high ?? bar.close
    columns.low[row] = bar.low ?? bar.close
    columns.close[row] = bar.close
    columns.volume[row] = bar.volume ?? 100
    columns.vwap[row] = bar.vwap ?? NaN
    columns.tradeCount[row] = NaN
  }
  return { session, bars: columns }
}

/** One session whose closes are given, one bar a minute. */
export function closesOnly(closes: readonly number[], index = 0): SessionInput {
  return sessionInput(
    sessionNumber(index, Math.max(390, closes.length)),
    closes.map((close) => ({ close })),
  )
}

/** A definition with the given columns; what a column leaves out is for formulas over the session's own bars. */
export function definitionOf(columns: readonly (Partial<FeatureColumn> & { formula: string })[]): FeatureSetDefinition {
  return {
    name: 'features_test_v1',
    set: 'features_test',
    version: 1,
    source: 'curated_tws_1m_bars',
    availableAt: 'bar_end',
    description: 'Columns of a test.',
    columns: columns.map((column, index) => ({
      name: `column_${index}`,
      params: {},
      window: 'session',
      warmup: { bars: 0, sessions: 0 },
      nullPolicy: 'window',
      unit: 'test',
      math: 'test',
      source: 'test',
      ...column,
    })),
  }
}

/** The values of a one-column set, null for NaN. */
export function computeColumn(
  column: Partial<FeatureColumn> & { formula: string },
  current: SessionInput,
  history: readonly SessionInput[] = [],
): (number | null)[] {
  return nullable(computeSessionFeatures(compileFeatureSet(definitionOf([column])), current, history).columns[0])
}

/** The column called `name`, null for NaN. */
export function columnNamed(compiled: CompiledFeatureSet, features: SessionFeatures, name: string): (number | null)[] {
  const at = compiled.columnNames.indexOf(name)
  if (at < 0) throw new Error(`no column ${name}`)
  return nullable(features.columns[at])
}

export function nullable(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value))
}

/** The bits of a column, so that comparing tells -0 from 0 and one last place from the next. NaNs are all alike. */
export function bitsOf(values: Float64Array): BigUint64Array {
  const copy = Float64Array.from(values, (value) => (Number.isNaN(value) ? NaN : value))
  return new BigUint64Array(copy.buffer)
}

/** The reference data that lies beside the project, or null (said on the console) where it is absent. */
export function referenceFolder(): string | null {
  const folder = '../shared/data/skender'
  if (existsSync(folder)) return folder
  console.info(`SKIPPED: the published reference results are not at ${folder}.`)
  return null
}

/** Bars of a quotes file (date,open,high,low,close,volume with a header line); dates are not looked at. */
export function readQuotes(file: string): (TestBar & { readonly date: string })[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => {
      const [date, open, high, low, close, volume] = line.split(',')
      return {
        date,
        open: Number(open),
        high: Number(high),
        low: Number(low),
        close: Number(close),
        volume: Number(volume),
      }
    })
}
