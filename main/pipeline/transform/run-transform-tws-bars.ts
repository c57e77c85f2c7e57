import { BarFlag, BAR_SECONDS, type BarColumns, barsBetween, type CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { Finding } from '#shared/contract/contract.ts'
import { type DuplicateMinute, mergeResponses, type RawResponse, type RevisedMinute } from '#shared/raw-response.ts'
import type { CurationConfig } from './curation-config.ts'

export type TransformFinding = Omit<Finding, 'symbol' | 'sessionDate'>

export interface TransformInput {
  readonly session: Session
  /** Raw bars with `fromTs <= ts < toTs` (epoch seconds) are this session's business; others are passed over. */
  readonly fromTs: number
  readonly toTs: number
  /** Every response that may hold bars of the window, in any order. */
  readonly responses: readonly RawResponse[]
  readonly config: CurationConfig
}

export interface TransformOutput {
  /**
   * Strictly ascending, on the minute, inside the session, prices positive and low <= open, close <= high. Columns that no rule
   * touched are the memory of the response.
   */
  readonly bars: CuratedColumns
  readonly findings: readonly TransformFinding[]
  readonly quality: {
    /** Minutes of the session. */
    readonly expected: number
    /** Raw minutes in the window, each counted once. */
    readonly received: number
    /** Minutes of the session without a curated bar. */
    readonly missing: number
    readonly dropped: number
    readonly flagged: number
    /** Share of the expected minutes that have a bar, 0 to 1. */
    readonly coverage: number
  }
}

/**
 * Raw -> curated for one session. A pure function: the same responses, hours and configuration give the same bytes.
 *
 * Every bar that is dropped, changed or doubted is a finding. TWS writes -1 for a trade count, and a number that is not
 * positive for an average price, that it does not have; both become null without a finding.
 */
export function runTransformTwsBars(input: TransformInput): TransformOutput {
  const { session } = input
  const inWindow = input.responses.map((response) => restrict(response, input.fromTs, input.toTs))
  const { bars: raw, duplicates, revised } = mergeResponses(inWindow.filter((response) => response.bars.ts.length > 0))
  const expected = sessionMinutes(session)
  const received = raw.ts.length

  const findings: TransformFinding[] = []
  const { keep, flags, high, low, volume } = judge(raw, session, input.config, findings)
  judgeDuplicates(raw.ts, duplicates, keep, flags, findings)
  noteRevisions(revised, findings)

  const bars = pick(raw, keep, flags, high, low, volume)
  const kept = bars.ts.length
  let flagged = 0
  for (const flag of bars.flags) if (flag !== 0) flagged++
  const coverage = expected === 0 ? 1 : kept / expected
  if (coverage < input.config.quality.minimumCoverage) {
    findings.push({
      ts: session.openTs,
      rule: 'low_coverage',
      severity: 'warn',
      action: 'keep',
      bars: expected - kept,
      message: `${expected - kept} of ${expected} minutes have no bar.`,
    })
  }
  return {
    bars,
    findings,
    quality: { expected, received, missing: expected - kept, dropped: received - kept, flagged, coverage },
  }
}

/** Number of minutes in which the session is open. */
export function sessionMinutes(session: Session): number {
  const pause =
    session.breakStartTs === null || session.breakEndTs === null ? 0 : session.breakEndTs - session.breakStartTs
  return Math.round((session.closeTs - session.openTs - pause) / BAR_SECONDS)
}

interface Judgement {
  readonly keep: Uint8Array
  readonly flags: Uint16Array
  /** Columns that a rule may have changed; the raw ones where none did. */
  readonly high: Float64Array
  readonly low: Float64Array
  readonly volume: Float64Array
}

function judge(raw: BarColumns, session: Session, config: CurationConfig, findings: TransformFinding[]): Judgement {
  const rows = raw.ts.length
  const keep = new Uint8Array(rows).fill(1)
  const flags = new Uint16Array(rows)
  let { high, low, volume } = raw
  let outside: { from: number; to: number } | null = null
  const closeRun = (): void => {
    if (outside !== null) findings.push(outOfSessionFinding(raw.ts, outside.from, outside.to))
    outside = null
  }

  for (let i = 0; i < rows; i++) {
    const ts = raw.ts[i]
    const open = raw.open[i]
    const close = raw.close[i]
    if (!isInSession(ts, session)) {
      keep[i] = 0
      if (outside === null) outside = { from: i, to: i }
      else outside.to = i
      continue
    }
    closeRun()
    // A remainder of doubles is a library call for every bar.
    if (Math.floor(ts / BAR_SECONDS) * BAR_SECONDS !== ts) {
      keep[i] = 0
      findings.push(dropped(ts, 'not_on_minute', `The bar starts ${ts % BAR_SECONDS} s after the minute.`))
      continue
    }
    if (!(isPrice(open) && isPrice(raw.high[i]) && isPrice(raw.low[i]) && isPrice(close))) {
      keep[i] = 0
      findings.push(dropped(ts, 'price_invalid', `A price is not a positive number: ${describeOhlc(raw, i)}.`))
      continue
    }
    if (raw.high[i] < Math.max(open, close) || raw.low[i] > Math.min(open, close)) {
      if (config.quality.ohlcInconsistent === 'drop') {
        keep[i] = 0
        findings.push(
          dropped(ts, 'ohlc_inconsistent', `High and low do not enclose open and close: ${describeOhlc(raw, i)}.`),
        )
        continue
      }
      if (high === raw.high) high = raw.high.slice()
      if (low === raw.low) low = raw.low.slice()
      high[i] = Math.max(raw.high[i], raw.low[i], open, close)
      low[i] = Math.min(raw.high[i], raw.low[i], open, close)
      flags[i] |= BarFlag.OhlcRepaired
      findings.push({
        ...dropped(
          ts,
          'ohlc_inconsistent',
          `High and low were widened to enclose open and close: ${describeOhlc(raw, i)}.`,
        ),
        severity: 'warn',
        action: 'flag',
      })
    }
    if (!isCount(raw.volume[i])) {
      if (volume === raw.volume) volume = raw.volume.slice()
      volume[i] = NaN
      flags[i] |= BarFlag.VolumeUnknown
      findings.push({
        ts,
        rule: 'volume_invalid',
        severity: 'warn',
        action: 'flag',
        bars: 1,
        message: `The volume is ${raw.volume[i]} and is stored as unknown.`,
      })
    }
  }
  closeRun()
  return { keep, flags, high, low, volume }
}

function isInSession(ts: number, session: Session): boolean {
  if (!(ts >= session.openTs && ts < session.closeTs)) return false
  return (
    session.breakStartTs === null ||
    session.breakEndTs === null ||
    ts < session.breakStartTs ||
    ts >= session.breakEndTs
  )
}

function isPrice(value: number): boolean {
  return value > 0 && value < Infinity
}

/** Whether a volume or a number of trades is known. */
function isCount(value: number): boolean {
  return value >= 0 && value < Infinity
}

function pick(
  raw: BarColumns,
  keep: Uint8Array,
  flags: Uint16Array,
  high: Float64Array,
  low: Float64Array,
  volume: Float64Array,
): CuratedColumns {
  let kept = 0
  for (let i = 0; i < keep.length; i++) kept += keep[i]
  const column = <T extends Float64Array | Uint16Array>(source: T): T =>
    kept === keep.length ? source : (source.filter((_value, i) => keep[i] === 1) as T)
  return {
    ts: column(raw.ts),
    open: column(raw.open),
    high: column(high),
    low: column(low),
    close: column(raw.close),
    volume: column(volume),
    vwap: column(nullWhereNot(isPrice, raw.vwap)),
    tradeCount: column(nullWhereNot(isCount, raw.tradeCount)),
    flags: column(flags),
  }
}

/** `values` with null where a value is not what it should be; the same column where all are. */
function nullWhereNot(isKnown: (value: number) => boolean, values: Float64Array): Float64Array {
  let known = values
  for (let i = 0; i < values.length; i++) {
    if (isKnown(values[i])) continue
    if (known === values) known = values.slice()
    known[i] = NaN
  }
  return known
}

/** The rows of a response that start in the window. Ascending responses, the usual case, are cut without copying. */
function restrict(response: RawResponse, fromTs: number, toTs: number): RawResponse {
  const { ts } = response.bars
  let ascending = true
  for (let i = 1; i < ts.length && ascending; i++) ascending = ts[i] >= ts[i - 1]
  if (ascending) {
    return { ...response, bars: barsBetween(response.bars, fromTs, toTs) }
  }
  const inside = (_value: number, i: number): boolean => ts[i] >= fromTs && ts[i] < toTs
  const { open, high, low, close, volume, vwap, tradeCount } = response.bars
  return {
    ...response,
    bars: {
      ts: ts.filter(inside),
      open: open.filter(inside),
      high: high.filter(inside),
      low: low.filter(inside),
      close: close.filter(inside),
      volume: volume.filter(inside),
      vwap: vwap.filter(inside),
      tradeCount: tradeCount.filter(inside),
    },
  }
}

function dropped(ts: number, rule: string, message: string): TransformFinding {
  return { ts, rule, severity: 'error', action: 'drop', bars: 1, message }
}

/** Flags the kept bars whose minute came with different values; reports every minute that came more than once. */
function judgeDuplicates(
  ts: Float64Array,
  duplicates: readonly DuplicateMinute[],
  keep: Uint8Array,
  flags: Uint16Array,
  findings: TransformFinding[],
): void {
  // Both lists ascend in time, and every duplicate is one of the bars.
  let row = 0
  for (const duplicate of duplicates) {
    while (ts[row] < duplicate.ts) row++
    const isFlagged = duplicate.conflicting && keep[row] === 1
    if (isFlagged) flags[row] |= BarFlag.ConflictingDuplicate
    findings.push(duplicateFinding(duplicate, isFlagged))
  }
}

/** Says how many minutes came again with other values: live bars against history, or history that the broker changed. */
function noteRevisions(revised: readonly RevisedMinute[], findings: TransformFinding[]): void {
  const prices = revised.filter((minute) => minute.prices)
  const quantities = revised.filter((minute) => !minute.prices)
  if (prices.length > 0) {
    const words = prices.length === 1 ? 'One minute' : `${prices.length} minutes`
    findings.push({
      ts: prices[0].ts,
      rule: 'revised_prices',
      severity: 'warn',
      action: 'keep',
      bars: prices.length,
      message: `${words} came again with other prices; the newest answer counts.`,
    })
  }
  if (quantities.length > 0) {
    const words = quantities.length === 1 ? 'One minute' : `${quantities.length} minutes`
    findings.push({
      ts: quantities[0].ts,
      rule: 'revised_quantities',
      severity: 'info',
      action: 'keep',
      bars: quantities.length,
      message: `${words} came again with the same prices and another volume, average price or trade count; the newest answer counts.`,
    })
  }
}

function duplicateFinding(duplicate: DuplicateMinute, isFlagged: boolean): TransformFinding {
  return duplicate.conflicting
    ? {
        ts: duplicate.ts,
        rule: 'duplicate_conflicting',
        severity: 'warn',
        action: isFlagged ? 'flag' : 'keep',
        bars: duplicate.rows,
        message: `One response has this minute ${duplicate.rows} times with different values; the last one counts.`,
      }
    : {
        ts: duplicate.ts,
        rule: 'duplicate',
        severity: 'info',
        action: 'keep',
        bars: duplicate.rows,
        message: `One response has this minute ${duplicate.rows} times with equal values; one of them counts.`,
      }
}

function outOfSessionFinding(ts: Float64Array, from: number, to: number): TransformFinding {
  const bars = to - from + 1
  return {
    ts: ts[from],
    rule: 'out_of_session',
    severity: 'info',
    action: 'drop',
    bars,
    message:
      bars === 1
        ? 'A bar outside the session was left out.'
        : `${bars} bars in a row outside the session were left out.`,
  }
}

function describeOhlc(bars: BarColumns, i: number): string {
  return `open ${bars.open[i]}, high ${bars.high[i]}, low ${bars.low[i]}, close ${bars.close[i]}`
}
