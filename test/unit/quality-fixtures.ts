import type { z } from 'zod'
import { qualityConfigSchema, ruleBook } from '#shared/config/quality-config.ts'
import type { RawResponse } from '#shared/raw-response.ts'
import type { RuleId } from '#shared/quality/rule-catalogue.ts'
import { baselineOf } from '#main/pipeline/quality/baseline.ts'
import {
  runTransformTwsBars,
  type TransformFinding,
  type TransformInput,
  type TransformOutput,
} from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { barsOf, OPEN_TS, SESSION, type TestBar } from './bars-fixtures.ts'

type Record = Parameters<typeof baselineOf>[0]
type Facts = TransformInput['facts']

/** The local day of {@link SESSION}, 00:00 to 24:00 in New York. */
export const DAY = { fromTs: OPEN_TS - 34_200, toTs: OPEN_TS + 52_200 }

/** Every minute that has no bar was confirmed by the broker; nothing else is known. */
export const SETTLED: Facts = { fetch: 'settled', reason: null, brokerHours: null, dailyBar: null }
export const NOT_ASKED: Facts = { ...SETTLED, fetch: 'unknown' }

/** A symbol that nothing is known of. */
export const UNKNOWN: Record = {
  sessions: 0,
  previousClose: null,
  flatRun: null,
  staleRun: null,
  zeroVolumeRun: null,
  barShare: null,
  gapScale: null,
  returnScales: {},
}

/** The `quality` part of a configuration as an operator writes it. */
export type Quality = z.input<typeof qualityConfigSchema>

/** Stocks in whole cents. */
export const STOCK: TransformInput['config']['instrument'] = { tickSize: 0.01, wholeUnits: true }

export function curationConfig(
  quality: Quality = {},
  instrument: Partial<TransformInput['config']['instrument']> = {},
): TransformInput['config'] {
  const config = qualityConfigSchema.parse(quality)
  return {
    transformVersion: 1,
    rules: ruleBook(config),
    historySessions: config.historySessions,
    filling: config.filling,
    instrument: { ...STOCK, ...instrument },
  }
}

export interface Settings {
  readonly quality?: Quality
  readonly session?: TransformInput['session']
  readonly facts?: Partial<Facts>
  readonly baseline?: Partial<Record>
  readonly instrument?: Partial<TransformInput['config']['instrument']>
  readonly secondSource?: readonly TestBar[]
}

export function inputOf(responses: readonly RawResponse[], settings: Settings = {}): TransformInput {
  return {
    session: settings.session ?? SESSION,
    ...DAY,
    responses,
    config: curationConfig(settings.quality, settings.instrument),
    facts: { ...SETTLED, ...settings.facts },
    baseline: baselineOf({ ...UNKNOWN, ...settings.baseline }),
    ...(settings.secondSource === undefined ? {} : { secondSource: barsOf(settings.secondSource) }),
  }
}

/** The transform of responses in the order of their ids. */
export function transformAll(responses: readonly (readonly TestBar[])[], settings: Settings = {}): TransformOutput {
  return runTransformTwsBars(
    inputOf(
      responses.map((bars, i) => ({ id: i + 1, receivedAtMs: i, bars: barsOf(bars) })),
      settings,
    ),
  )
}

export const transform = (bars: readonly TestBar[], settings?: Settings): TransformOutput =>
  transformAll([bars], settings)

/** What one rule found. */
export function found(output: TransformOutput, rule: RuleId): readonly TransformFinding[] {
  return output.findings.filter((finding) => finding.rule === rule)
}

/** First and last minute of the session and the number of bars of everything that one rule found. */
export function places(output: TransformOutput, rule: RuleId): [from: number, to: number, bars: number][] {
  return found(output, rule).map(({ ts, lastTs, bars }) => [minuteOf(ts), minuteOf(lastTs), bars])
}

/** Minute of {@link SESSION}, counted from 0. */
export function minuteOf(ts: number): number {
  return (ts - OPEN_TS) / 60
}

/** A bar at a minute of {@link SESSION}. */
export function barAt(minute: number, bar: Omit<TestBar, 'ts'> = {}): TestBar {
  return { ...bar, ts: OPEN_TS + 60 * minute }
}

/** Bars of consecutive minutes from the open on, one for each close. Volumes and trade counts differ from bar to bar. */
export function closes(values: readonly number[], from = 0): TestBar[] {
  return values.map((close, i) =>
    barAt(from + i, {
      open: i === 0 ? close : values[i - 1],
      high: Math.max(close, i === 0 ? close : values[i - 1]),
      low: Math.min(close, i === 0 ? close : values[i - 1]),
      close,
      volume: 100 + i,
    }),
  )
}

/** `count` closes that go up and down between 100 and 100.02. */
export function lively(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 100 : 100.02))
}
