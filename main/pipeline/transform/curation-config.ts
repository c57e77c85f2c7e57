import type { FillingConfig } from '#shared/config/quality-config.ts'
import type { RuleBook } from '#shared/quality/rule-catalogue.ts'
import type { InstrumentFacts } from '../quality/rule-block.ts'

/** Grows whenever the transform gives other results for the same input, so that old blocks are seen to be stale. */
export const TRANSFORM_VERSION = 3

/** Everything besides raw bars, session hours and what the request log proves that decides what a curated block looks like. */
export interface CurationConfig {
  readonly transformVersion: number
  readonly rules: RuleBook
  /** Sessions before a session in which its normal is measured. */
  readonly historySessions: number
  readonly filling: FillingConfig
  readonly instrument: InstrumentFacts
}
