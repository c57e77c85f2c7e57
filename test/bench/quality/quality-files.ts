import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OwnedSession } from '#shared/calendar/session-windows.ts'
import { qualityConfigSchema, ruleBook } from '#shared/config/quality-config.ts'
import type { ResponseScale } from '#shared/raw-response.ts'
import type { SessionFacts } from '#shared/quality/session-facts.ts'
import { type CurationConfig, TRANSFORM_VERSION } from '#main/pipeline/transform/curation-config.ts'

/** What is known of one symbol besides its bars: the sessions with the time that each owns, and the facts. */
export interface SymbolPlan {
  readonly symbol: string
  readonly sessions: readonly (OwnedSession & { readonly facts: SessionFacts })[]
  /** By id of a response. */
  readonly scales: Readonly<Record<string, ResponseScale>>
}

/** Where the parts of a data set lie inside its folder. */
export const qualityFiles = (folder: string) => ({
  /** A raw store of Switchyard. */
  rawStore: join(folder, 'raw.db'),
  /** The plans of all symbols, which an engine would have read from its request log. */
  plans: join(folder, 'plans.json'),
  /** Every raw row with its response and its place in it, in the order received. */
  raw: join(folder, 'raw.parquet'),
  /** Number, date and hours of every session. */
  sessions: join(folder, 'sessions.parquet'),
  /** The facts of every session of every symbol. */
  facts: join(folder, 'facts.parquet'),
  /** Factors of the responses that were received in another basis. */
  scales: join(folder, 'scales.parquet'),
})

/** Every rule as it is built in, and minutes in which nobody traded filled with the close before. */
const QUALITY = qualityConfigSchema.parse({})
export const CURATION: CurationConfig = {
  transformVersion: TRANSFORM_VERSION,
  rules: ruleBook(QUALITY),
  historySessions: QUALITY.historySessions,
  filling: QUALITY.filling,
  instrument: { tickSize: 0.01, wholeUnits: true },
}

export function readPlans(folder: string): readonly SymbolPlan[] {
  return JSON.parse(readFileSync(qualityFiles(folder).plans, 'utf8')) as SymbolPlan[]
}
