import { BarFlag, type BarColumns, barsBetween, type CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { isOpenAt } from '#shared/calendar/session-hours.ts'
import type { Finding } from '#shared/contract/quality.ts'
import { barValues } from '#shared/quality/bar-values.ts'
import type { RuleId } from '#shared/quality/rule-catalogue.ts'
import type { SessionFacts } from '#shared/quality/session-facts.ts'
import type { SessionMetrics } from '#shared/quality/session-metrics.ts'
import { mergeResponses, type RawResponse } from '#shared/raw-response.ts'
import type { Baseline } from '../quality/baseline.ts'
import { examineGaps, type GapReport } from '../quality/gaps.ts'
import { notOnMinute, ohlcInconsistent, outOfSession, priceInvalid, volumeInvalid } from '../quality/integrity-rules.ts'
import {
  adjustedHistory,
  duplicate,
  duplicateConflicting,
  notAscending,
  revisedPrices,
  revisedQuantities,
} from '../quality/merge-rules.ts'
import type { Hit, MergeFacts, RuleBlock, RuleCheck } from '../quality/rule-block.ts'
import { flatRun, stalePrice, zeroVolumeRun } from '../quality/run-rules.ts'
import { type SessionGrid, sessionGrid } from '../quality/session-grid.ts'
import { dailyBarMismatch, fewestBars, openGap, scheduleDifference, splitJump } from '../quality/session-rules.ts'
import { badTick, priceMove } from '../quality/spike-rules.ts'
import { tickSize, tradeCountZero, volumeFractional, vwapOutsideRange } from '../quality/value-rules.ts'
import type { CurationConfig } from './curation-config.ts'
import { keepFlags, keepRows, withAdditions, withNulls } from './curated-draft.ts'

export type TransformFinding = Omit<Finding, 'symbol' | 'sessionDate' | 'acknowledgement'>

export interface TransformInput {
  readonly session: Session
  /** Raw bars with `fromTs <= ts < toTs` (epoch seconds) are this session's business; others are passed over. */
  readonly fromTs: number
  readonly toTs: number
  /** Every response that may hold bars of the window, in any order. */
  readonly responses: readonly RawResponse[]
  readonly config: CurationConfig
  /** What the request log proves about the session. */
  readonly facts: SessionFacts
  /** The normal of the symbol by the sessions before. */
  readonly baseline: Baseline
  /** Bars of the second source, ascending in time; only minutes that the broker does not have are taken from it. */
  readonly secondSource?: BarColumns | undefined
}

export interface TransformOutput {
  /**
   * Strictly ascending, on the minute, inside the session, prices positive and low <= open, close <= high. Columns that no rule
   * touched are the memory of the response.
   */
  readonly bars: CuratedColumns
  /** In order of time. */
  readonly findings: readonly TransformFinding[]
  readonly quality: SessionMetrics
  /** The bars as received inside the session whose prices are sound: what the normal of later sessions is measured on. */
  readonly sound: BarColumns
}

/**
 * Raw -> curated for one session. A pure function: the same responses, hours, facts, baseline and configuration give the same bytes.
 *
 * Every bar that is dropped, changed, added or doubted is a finding. TWS writes -1 for a trade count, and a number that is not
 * positive for an average price, that it does not have; both become null without a finding.
 */
export function runTransformTwsBars(input: TransformInput): TransformOutput {
  return new SessionTransform(input).run()
}

/** The bars inside the session whose prices are sound, as `TransformOutput.sound`, without anything else. */
export function soundBars(
  input: Pick<TransformInput, 'session' | 'fromTs' | 'toTs' | 'responses' | 'config'>,
): BarColumns {
  const { bars } = mergeWindow(input)
  let sound = bars
  const { session, config } = input
  const sieve = <K extends RuleId>(id: K, check: RuleCheck<K>): void => {
    const keep = new Uint8Array(sound.ts.length).fill(1)
    let dropped = false
    const block = { session, bars: sound } as RuleBlock
    check(block, config.rules[id].params as never, ({ rows }) => {
      if (rows === undefined) return
      dropped = true
      keep.fill(0, rows[0], rows[1] + 1)
    })
    if (dropped) sound = keepRows(sound, keep)
  }
  sieve('out_of_session', outOfSession)
  sieve('not_on_minute', notOnMinute)
  sieve('price_invalid', priceInvalid)
  if (config.rules.ohlc_inconsistent.action === 'flag') {
    const block = { session, bars: sound } as RuleBlock
    ohlcInconsistent(block, {}, ({ rows }) => {
      if (rows !== undefined) sound = widened(sound, rows[0], rows[1])
    })
  } else sieve('ohlc_inconsistent', ohlcInconsistent)
  return sound
}

/** Origins of bars, which are no doubt about them. */
const ORIGIN_FLAGS = BarFlag.Filled | BarFlag.SecondSource | BarFlag.Adjusted

class SessionTransform {
  readonly #input: TransformInput
  readonly #grid: SessionGrid
  readonly #findings: TransformFinding[] = []
  readonly #merge: MergeFacts
  readonly #responseOf: (row: number) => number
  readonly #received: number
  #bars: BarColumns
  /** Created with the first bar that is flagged or dropped. */
  #flags: Uint16Array | undefined
  #keep: Uint8Array | undefined
  #quarantined = false
  #refetch = false
  /** Rows of bad ticks and large moves. */
  readonly #outliers = new Set<number>()
  /** Times of bars whose close is nothing to go by. */
  readonly #doubtful = new Set<number>()

  constructor(input: TransformInput) {
    this.#input = input
    this.#grid = sessionGrid(input.session)
    const { bars, duplicates, revised, unordered, responseOf } = mergeWindow(input)
    this.#bars = bars
    this.#received = bars.ts.length
    this.#responseOf = responseOf
    this.#merge = { duplicates, revised, unordered, adjusted: 0 }
  }

  run(): TransformOutput {
    const { config, secondSource } = this.#input
    const raw = this.#bars
    this.#sieve('out_of_session', outOfSession)
    this.#sieve('not_on_minute', notOnMinute)
    this.#sieve('price_invalid', priceInvalid)
    this.#checkOrder()
    const sound = this.#bars
    this.#checkVolume()
    const adjusted = this.#markAdjusted(raw)
    this.#bars = withNulls(this.#bars)

    this.#check('duplicate', duplicate)
    this.#check('duplicate_conflicting', duplicateConflicting)
    this.#check('not_ascending', notAscending)
    this.#check('revised_prices', revisedPrices)
    this.#check('revised_quantities', revisedQuantities)
    this.#check('adjusted_history', adjustedHistory, adjusted)
    this.#check('volume_fractional', volumeFractional, adjusted)
    this.#check('vwap_outside_range', vwapOutsideRange)
    this.#check('tick_size', tickSize, adjusted)
    this.#check('trade_count_zero', tradeCountZero)
    this.#check('flat_run', flatRun)
    this.#check('stale_price', stalePrice)
    this.#check('zero_volume_run', zeroVolumeRun)
    this.#check('bad_tick', badTick)
    this.#check('price_move', priceMove)
    this.#check('open_gap', openGap)
    this.#check('split_jump', splitJump)
    this.#check('daily_bar_mismatch', dailyBarMismatch)
    this.#check('schedule_difference', scheduleDifference)

    const came = this.#settled()
    const gaps = examineGaps(
      {
        grid: this.#grid,
        received: this.#receivedSlots(raw, came),
        came,
        previousClose: this.#input.baseline.previousClose,
        facts: this.#input.facts,
        filling: config.filling,
        secondSource,
      },
      (rule, hit) => {
        if (config.rules[rule].enabled) this.#note(rule, hit)
      },
    )
    this.#checkCoverage(came.ts.length)
    const bars = withAdditions(came, gaps.additions, this.#grid, secondSource)
    if (this.#quarantined) for (let row = 0; row < bars.flags.length; row++) bars.flags[row] |= BarFlag.Quarantined
    return {
      bars,
      findings: this.#findings.sort((a, b) => a.ts - b.ts || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0)),
      quality: this.#quality(came, bars, gaps, adjusted),
      sound,
    }
  }

  /** Applies a rule that leaves out what it finds. */
  #sieve<K extends RuleId>(id: K, check: RuleCheck<K>): void {
    const bars = this.#bars
    // Created with the first bar that is dropped: of most sessions none is.
    let keep: Uint8Array | undefined
    check(this.#block(), this.#params(id), (hit) => {
      this.#note(id, hit)
      keep ??= new Uint8Array(bars.ts.length).fill(1)
      const [from, to] = hit.rows as readonly [number, number]
      keep.fill(0, from, to + 1)
    })
    if (keep === undefined) return
    this.#bars = keepRows(bars, keep)
    if (this.#flags !== undefined) this.#flags = keepFlags(this.#flags, keep)
  }

  #checkOrder(): void {
    if (this.#input.config.rules.ohlc_inconsistent.action !== 'flag') {
      this.#sieve('ohlc_inconsistent', ohlcInconsistent)
      return
    }
    ohlcInconsistent(this.#block(), {}, (hit) => {
      const [from, to] = hit.rows as readonly [number, number]
      this.#note('ohlc_inconsistent', { ...hit, message: `${hit.message} Both were widened to enclose them.` })
      this.#bars = widened(this.#bars, from, to)
      this.#flag(from, to, BarFlag.OhlcRepaired)
    })
  }

  #checkVolume(): void {
    const { action } = this.#input.config.rules.volume_invalid
    if (action === 'drop') {
      this.#sieve('volume_invalid', volumeInvalid)
      return
    }
    const { volume } = this.#bars
    let known = volume
    volumeInvalid(this.#block(), this.#params('volume_invalid'), (hit) => {
      const [from, to] = hit.rows as readonly [number, number]
      if (known === volume) known = volume.slice()
      known.fill(NaN, from, to + 1)
      this.#note('volume_invalid', hit)
      this.#flag(from, to, BarFlag.VolumeUnknown)
    })
    if (known !== volume) this.#bars = { ...this.#bars, volume: known }
  }

  /** Marks the bars that were converted and counts them. */
  #markAdjusted(raw: BarColumns): number {
    const scaledIds = new Set(this.#input.responses.flatMap(({ id, scale }) => (scale === undefined ? [] : [id])))
    if (scaledIds.size === 0) return 0
    let adjusted = 0
    let row = 0
    const { ts } = this.#bars
    for (let at = 0; at < raw.ts.length && row < ts.length; at++) {
      if (raw.ts[at] !== ts[row]) continue
      if (scaledIds.has(this.#responseOf(at))) {
        this.#flag(row, row, BarFlag.Adjusted)
        adjusted++
      }
      row++
    }
    return adjusted
  }

  /** Applies a rule that looks at the sound bars. */
  #check<K extends RuleId>(id: K, check: RuleCheck<K>, adjusted = 0): void {
    const settings = this.#input.config.rules[id]
    if (!settings.enabled) return
    check(this.#block(adjusted), this.#params(id), (hit) => {
      this.#note(id, hit)
      if (hit.rows === undefined) return
      const [from, to] = hit.rows
      if (id === 'bad_tick' || id === 'price_move') for (let row = from; row <= to; row++) this.#outliers.add(row)
      if (hit.closeInDoubt === true) for (let row = from; row <= to; row++) this.#doubtful.add(this.#bars.ts[row])
      if (settings.action === 'drop') {
        this.#keep ??= new Uint8Array(this.#bars.ts.length).fill(1)
        this.#keep.fill(0, from, to + 1)
      } else if (settings.action !== 'keep') {
        this.#flag(from, to, id === 'duplicate_conflicting' ? BarFlag.ConflictingDuplicate : BarFlag.Suspect)
      }
    })
  }

  #checkCoverage(kept: number): void {
    const { enabled, params } = this.#input.config.rules.low_coverage
    const expected = this.#grid.slots
    if (!enabled || kept >= fewestBars(expected, params.minimum, this.#input.baseline.barShare)) return
    this.#note('low_coverage', {
      ts: this.#input.session.openTs,
      lastTs: this.#grid.tsOf(expected - 1),
      bars: expected - kept,
      message: `${expected - kept} of ${expected} minutes have no bar that was received and kept.`,
    })
  }

  #flag(from: number, to: number, bit: number): void {
    this.#flags ??= new Uint16Array(this.#bars.ts.length)
    for (let row = from; row <= to; row++) this.#flags[row] |= bit
  }

  /** Takes down a finding, with the bars around the first row that it is about. */
  #note(id: RuleId, hit: Hit): void {
    const { severity, blocking, action } = this.#input.config.rules[id]
    const bars = this.#bars
    const { rows } = hit
    if (action === 'quarantine') this.#quarantined = true
    if (action === 'refetch') this.#refetch = true
    this.#findings.push({
      ts: rows === undefined ? (hit.ts ?? this.#input.session.openTs) : bars.ts[rows[0]],
      lastTs: rows === undefined ? (hit.lastTs ?? hit.ts ?? this.#input.session.openTs) : bars.ts[rows[1]],
      rule: id,
      severity,
      blocking,
      // Where there is no bar, none can be flagged or left out.
      action: rows === undefined && (action === 'flag' || action === 'drop') ? 'keep' : action,
      bars: hit.bars ?? (rows === undefined ? 0 : rows[1] - rows[0] + 1),
      message: hit.message,
      ...(rows === undefined ? {} : { context: contextOf(bars, rows[0]) }),
    })
  }

  #block(adjusted = 0): RuleBlock {
    const { session, baseline, facts, config } = this.#input
    const merge = adjusted === 0 ? this.#merge : { ...this.#merge, adjusted }
    return { session, bars: this.#bars, baseline, facts, instrument: config.instrument, merge }
  }

  #params<K extends RuleId>(id: K): CurationConfig['rules'][K]['params'] {
    return this.#input.config.rules[id].params
  }

  /** What came and is kept, with its flags. */
  #settled(): CuratedColumns {
    const flags = this.#flags ?? new Uint16Array(this.#bars.ts.length)
    if (this.#keep === undefined) return { ...this.#bars, flags }
    return { ...keepRows(this.#bars, this.#keep), flags: keepFlags(flags, this.#keep) }
  }

  /** By slot: whether a bar came, and whether it is kept and its close may be gone by. */
  #receivedSlots(raw: BarColumns, kept: BarColumns): Uint8Array {
    const slots = new Uint8Array(this.#grid.slots)
    const { session } = this.#input
    if (kept.ts.length < raw.ts.length) {
      for (const ts of raw.ts) {
        if (isOpenAt(session, ts)) slots[this.#grid.slotOf(ts)] = 1
      }
    }
    for (const ts of kept.ts) slots[this.#grid.slotOf(ts)] = this.#doubtful.has(ts) ? 1 : 2
    return slots
  }

  #quality(came: CuratedColumns, bars: CuratedColumns, gaps: GapReport, adjusted: number): SessionMetrics {
    const expected = this.#grid.slots
    const kept = came.ts.length
    let flagged = 0
    for (const flag of bars.flags) if ((flag & ~ORIGIN_FLAGS) !== 0) flagged++
    return {
      expected,
      received: this.#received,
      missing: expected - bars.ts.length,
      dropped: this.#received - kept,
      flagged,
      filled: gaps.filled,
      fromSecondSource: gaps.fromSecondSource,
      notTraded: gaps.notTraded,
      halted: gaps.halted,
      notFetched: gaps.notFetched,
      outliers: this.#outliers.size,
      nullVolume: countNulls(came.volume),
      nullVwap: countNulls(came.vwap),
      nullTradeCount: countNulls(came.tradeCount),
      adjusted,
      coverage: expected === 0 ? 1 : kept / expected,
      quarantined: this.#quarantined,
      refetch: this.#refetch,
    }
  }
}

function countNulls(column: Float64Array): number {
  let nulls = 0
  for (let i = 0; i < column.length; i++) if (column[i] !== column[i]) nulls++
  return nulls
}

type BarContext = NonNullable<TransformFinding['context']>

/** The bar with its neighbours, so that a finding can be understood without the block. */
function contextOf(bars: BarColumns, row: number): BarContext {
  return {
    previous: row === 0 ? null : barValues(bars, row - 1),
    bar: barValues(bars, row),
    next: row + 1 < bars.ts.length ? barValues(bars, row + 1) : null,
  }
}

/** High and low of some rows widened to enclose open and close. */
function widened(bars: BarColumns, from: number, to: number): BarColumns {
  const high = bars.high.slice()
  const low = bars.low.slice()
  for (let row = from; row <= to; row++) {
    high[row] = Math.max(bars.high[row], bars.low[row], bars.open[row], bars.close[row])
    low[row] = Math.min(bars.high[row], bars.low[row], bars.open[row], bars.close[row])
  }
  return { ...bars, high, low }
}

function mergeWindow({ responses, fromTs, toTs }: Pick<TransformInput, 'responses' | 'fromTs' | 'toTs'>): ReturnType<
  typeof mergeResponses
> & {
  readonly unordered: number
} {
  let unordered = 0
  const inWindow: RawResponse[] = []
  for (const response of responses) {
    const ordered = ascends(response.bars.ts)
    const part = ordered
      ? { ...response, bars: barsBetween(response.bars, fromTs, toTs) }
      : rowsBetween(response, fromTs, toTs)
    if (part.bars.ts.length === 0) continue
    if (!ordered && !ascends(part.bars.ts)) unordered++
    inWindow.push(part)
  }
  return { ...mergeResponses(inWindow), unordered }
}

function ascends(ts: Float64Array): boolean {
  for (let i = 1; i < ts.length; i++) if (!(ts[i] >= ts[i - 1])) return false
  return true
}

/** The rows of a response out of order that start in the window. */
function rowsBetween(response: RawResponse, fromTs: number, toTs: number): RawResponse {
  const { ts } = response.bars
  const keep = Uint8Array.from(ts, (at) => (at >= fromTs && at < toTs ? 1 : 0))
  return { ...response, bars: keepRows(response.bars, keep) }
}
