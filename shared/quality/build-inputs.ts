import type { Session } from '#shared/calendar/calendar.ts'
import type { SessionFacts } from './session-facts.ts'

/** A baseline as it was used to build a block: what is needed to build it again. Scales are by bucket of the session. */
export interface BaselineRecord {
  readonly sessions: number
  readonly previousClose: number | null
  readonly flatRun: number | null
  readonly staleRun: number | null
  readonly zeroVolumeRun: number | null
  readonly barShare: number | null
  readonly gapScale: number | null
  readonly returnScales: Readonly<Record<string, number | null>>
}

/** A response that went into a build, and the factors from its basis to the present one. */
export interface ResponseRef {
  readonly id: number
  readonly price: number
  readonly volume: number
}

/** Everything besides the configuration that a block was built from: enough to build it again from raw. */
export interface BuildInputs {
  readonly session: Session
  /** The time line that it owns, epoch seconds. */
  readonly window: { readonly fromTs: number; readonly toTs: number }
  readonly responses: readonly ResponseRef[]
  readonly facts: SessionFacts
  readonly baseline: BaselineRecord
  /** Content hash of the second source's block; null where none was used. */
  readonly secondSource: string | null
}
