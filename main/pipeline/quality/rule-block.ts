import type { BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { RuleId, RuleParams } from '#shared/quality/rule-catalogue.ts'
import type { DuplicateMinute, RevisedMinute } from '#shared/raw-response.ts'
import type { Baseline } from './baseline.ts'
import type { SessionFacts } from '#shared/quality/session-facts.ts'

/** The bars of one session with what a rule may look at besides: the sessions before it and what is known from the request log. */
export interface RuleBlock {
  readonly session: Session
  /** Ascending in time. Rules about bars get those inside the session whose prices are sound. */
  readonly bars: BarColumns
  readonly baseline: Baseline
  readonly facts: SessionFacts
  readonly instrument: InstrumentFacts
  readonly merge: MergeFacts
}

export interface InstrumentFacts {
  /** Smallest price step; null when nobody has said. */
  readonly tickSize: number | null
  /** Whether it trades in whole units only. */
  readonly wholeUnits: boolean
}

/** What came to light when the responses were put together. */
export interface MergeFacts {
  readonly duplicates: readonly DuplicateMinute[]
  readonly revised: readonly RevisedMinute[]
  /** Responses whose bars do not ascend. */
  readonly unordered: number
  /** Bars from responses that were converted to the present adjustment. */
  readonly adjusted: number
}

/** What a rule finds: rows `from` to `to` (both included) of the block, or something about the session as a whole. */
export interface Hit {
  readonly rows?: readonly [from: number, to: number]
  /** First and last minute that it is about, where it is not about rows. */
  readonly ts?: number
  readonly lastTs?: number
  /** How many bars or minutes, where it is not the number of rows. */
  readonly bars?: number
  /** The last price of the bars is doubted: nothing is to be made from it. */
  readonly closeInDoubt?: boolean
  readonly message: string
}

/** A quality rule. Pure: reports what it finds in a block, in order of time. */
export type RuleCheck<K extends RuleId> = (block: RuleBlock, params: RuleParams<K>, report: (hit: Hit) => void) => void

/** Reports each run of rows for which `isBad` holds. */
export function reportRuns(
  rows: number,
  isBad: (row: number) => boolean,
  report: (hit: Hit) => void,
  describe: (row: number) => string,
): void {
  for (let row = 0; row < rows; row++) {
    if (!isBad(row)) continue
    const from = row
    while (row + 1 < rows && isBad(row + 1)) row++
    const bars = row - from + 1
    report({
      rows: [from, row],
      message: bars === 1 ? describe(from) : `${bars} bars in a row; the first: ${describe(from)}`,
    })
  }
}

export function describeOhlc(bars: BarColumns, row: number): string {
  return `open ${bars.open[row]}, high ${bars.high[row]}, low ${bars.low[row]}, close ${bars.close[row]}`
}

/** `0.0123` as `1.23 %`. */
export function percent(size: number): string {
  return `${(size * 100).toPrecision(3)} %`
}
