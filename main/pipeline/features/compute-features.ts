import { type CuratedColumns, NOT_OBSERVED, observedBars } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { FeatureSetDefinition } from '#shared/features/definition.ts'
import { formatKeyPath } from '#shared/key-path.ts'
import { checkFeatureSet } from './check-definition.ts'
import { MinuteVolumes } from './minute-volumes.ts'
import { SeriesPlan } from './series-plan.ts'
import type { SeriesId } from './series-plan.ts'

/** One session of one instrument: its hours and its curated bars, in time order, possibly none. */
export interface SessionInput {
  readonly session: Session
  readonly bars: CuratedColumns
}

/** The features of one session, a row per bar. */
export interface SessionFeatures {
  /** The bars' own `ts` (the same memory). A row's values are known at `ts + BAR_SECONDS`, never earlier. */
  readonly ts: Float64Array
  /** In the order of `CompiledFeatureSet.columnNames`; NaN is null. All are views on one buffer: mind `byteOffset`. */
  readonly columns: readonly Float64Array[]
}

/** A definition turned into an order of work; reusable for any number of builders in one thread. */
export interface CompiledFeatureSet {
  readonly definition: FeatureSetDefinition
  /** Column names in output order. */
  readonly columnNames: readonly string[]
  /** How many previous sessions a session's features depend on. */
  readonly historySessions: number
  readonly plan: SeriesPlan
  /** The series behind each column, in output order. */
  readonly outputs: readonly SeriesId[]
  /** Whether each column, in output order, takes in bars that stand for minutes without trades. */
  readonly takesFilled: readonly boolean[]
}

/** Computes the features of consecutive sessions of one instrument, oldest first. */
export interface FeatureBuilder {
  /** Takes a session in as history without computing its features. */
  prime(input: SessionInput): void
  /** Computes the features of a session, then takes it in as history for the next. */
  push(input: SessionInput): SessionFeatures
}

/**
 * Turns a definition into an order of work in which every intermediate series is computed once.
 *
 * Throws CONFIG_INVALID, naming each key, when the definition contradicts the formulas it names (see {@link checkFeatureSet}).
 */
export function compileFeatureSet(definition: FeatureSetDefinition): CompiledFeatureSet {
  const { columns, issues } = checkFeatureSet(definition)
  if (issues.length > 0) {
    const list = issues.map(({ path, message }) => `${formatKeyPath(path)}: ${message}`).join('; ')
    throw new SwitchyardError('CONFIG_INVALID', `Feature set ${definition.name}: ${list}.`, {
      hint: 'Correct the definition of the feature set.',
    })
  }
  const plan = new SeriesPlan()
  const outputs: SeriesId[] = []
  let historySessions = 0
  for (const { column, formula } of columns) {
    outputs.push(formula.plan(column.params, plan))
    historySessions = Math.max(historySessions, formula.warmup(column.params).sessions)
  }
  return {
    definition,
    columnNames: columns.map(({ column }) => column.name),
    historySessions,
    plan,
    outputs,
    takesFilled: columns.map(({ column }) => column.filledBars === 'include' || column.nullPolicy === 'never'),
  }
}

/**
 * A builder with no history yet.
 *
 * Feed it every session of the instrument's calendar in order, from the first one that has bars: a session without bars is
 * passed with empty columns and counts in the windows over previous sessions as one without observations, and as an unknown
 * previous close. To start in mid-series, `prime` it with the `historySessions` sessions before (fewer only where the
 * instrument's series begins later); what comes out then equals, bit for bit, what a builder that saw everything gives.
 *
 * Throws RangeError when a session is not later than the one before it.
 */
export function createFeatureBuilder(compiled: CompiledFeatureSet): FeatureBuilder {
  const { plan, outputs, takesFilled } = compiled
  const minuteVolumes = plan.minuteVolumeSessions.map((sessions) => new MinuteVolumes(sessions))
  const scratch: Float64Array[] = plan.steps.map(() => new Float64Array(0))
  const inputs: Float64Array[][] = plan.steps.map(() => [])
  let previousClose = NaN
  let previousOpenTs = -Infinity

  const checkOrder = ({ openTs, date }: Session): void => {
    if (openTs <= previousOpenTs) throw new RangeError(`Session ${date} is not later than the session before it.`)
  }

  const prime = ({ session, bars }: SessionInput): void => {
    checkOrder(session)
    const observed = observedBars(bars)
    for (const volumes of minuteVolumes) volumes.add(session, observed)
    previousClose = observed.close.length > 0 ? observed.close[observed.close.length - 1] : NaN
    previousOpenTs = session.openTs
  }

  const compute = ({ session, bars }: SessionInput): readonly Float64Array[] => {
    const rows = bars.ts.length
    const frame = { session, bars, rows, previousClose, minuteVolumes }

    const series: Float64Array[] = []
    const columns: Float64Array[] = []
    // One buffer a session: a small one for each column keeps the garbage collector measurably busier.
    const block = new Float64Array(rows * outputs.length)
    for (const [at, id] of outputs.entries()) {
      const column = block.subarray(at * rows, (at + 1) * rows)
      columns.push(column)
      series[id] = column
    }
    for (let id = 0; id < plan.steps.length; id++) {
      if (series[id] !== undefined) continue
      if (scratch[id].length < rows) scratch[id] = new Float64Array(rows)
      series[id] = scratch[id]
    }
    for (let id = 0; id < plan.steps.length; id++) {
      const step = plan.steps[id]
      const read = inputs[id]
      for (let at = 0; at < step.inputs.length; at++) read[at] = series[step.inputs[at]]
      step.kernel(frame, read, series[id])
    }
    for (let at = 0; at < outputs.length; at++) {
      if (columns[at] !== series[outputs[at]]) columns[at].set(series[outputs[at]])
    }
    return columns
  }

  const push = (input: SessionInput): SessionFeatures => {
    const { session, bars } = input
    checkOrder(session)
    const observed = observedBars(bars)
    const columns =
      observed === bars
        ? compute(input)
        : withFilledRows(compute({ session, bars: observed }), compute(input), takesFilled, bars)
    prime(input)
    return { ts: bars.ts, columns }
  }

  return { prime, push }
}

/**
 * Columns over all rows of a session some of whose bars were not observed: the values computed without those, null in their rows; or,
 * of the columns that take them, the values computed with them.
 */
function withFilledRows(
  without: readonly Float64Array[],
  withThem: readonly Float64Array[],
  takesFilled: readonly boolean[],
  { ts, flags }: CuratedColumns,
): readonly Float64Array[] {
  const rows = ts.length
  const block = new Float64Array(rows * without.length)
  return without.map((values, at) => {
    const column = block.subarray(at * rows, (at + 1) * rows)
    if (takesFilled[at]) column.set(withThem[at])
    else {
      let next = 0
      for (let row = 0; row < rows; row++) column[row] = (flags[row] & NOT_OBSERVED) === 0 ? values[next++] : NaN
    }
    return column
  })
}

/**
 * Computes the features of one session from its bars and the sessions before it.
 *
 * `history` holds the previous sessions of the instrument's calendar, oldest first, those without bars as empty columns; only
 * its last `compiled.historySessions` are looked at. Fewer are passed only where the instrument's series begins later: columns
 * that need more are then null. Equal, bit for bit, to what a {@link FeatureBuilder} that was fed all sessions gives.
 *
 * Throws RangeError when the sessions are not in order.
 */
export function computeSessionFeatures(
  compiled: CompiledFeatureSet,
  current: SessionInput,
  history: readonly SessionInput[],
): SessionFeatures {
  const builder = createFeatureBuilder(compiled)
  for (const input of history.slice(Math.max(0, history.length - compiled.historySessions))) builder.prime(input)
  return builder.push(current)
}
