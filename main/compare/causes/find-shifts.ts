import { BAR_SECONDS } from '#shared/bars.ts'
import type { SessionPair } from './cause.ts'
import { orderRows, type Rows } from './old-rows.ts'
import { LEAST_SIMILARITY, LEAST_SIMILARITY_GAIN, SURE_SIMILARITY } from './thresholds.ts'

const CLOSE = 3
const VOLUME = 4
/** Shifts are looked for up to a day in both directions, in minutes. */
const FARTHEST = 1440
/** Sessions searched for any shift at first; what they show is then tried on all. */
const SEARCHED_SESSIONS = 24
/** Pairs of rows that the search of further sessions may look at, some tenths of a second. */
const MOST_PAIRS = 2e8
const LEAST_ROWS_TO_DECIDE = 8
const HOUR = 60

/**
 * The part of a side that survives scaling, rounding, a basis and filling: when the price changed and by how much, against the
 * usual, and how busy each minute was, against the usual. All zero-mean or nearly so; 0 says nothing.
 */
interface Outline {
  readonly minute: Float64Array
  readonly change: Float64Array
  readonly activity: Float64Array
  /** Part of the rows that have a volume, 0 to 1: how much the activity has to say. */
  readonly traded: number
}

/**
 * By how many seconds the old times of each session are later than the new ones, as far as price changes and volumes show it.
 * A session that shows nothing takes the answer of the nearest one that does. The answers are proposals: whether rows become
 * equal is for the caller to see.
 */
export function findShifts(sessions: Iterable<SessionPair>, count: number): Float64Array {
  const minutes = new Float64Array(count).fill(NaN)
  const unsure: number[] = []
  let index = 0
  for (const pair of sessions) {
    const outlines = outlinesOf(pair)
    if (outlines !== null) {
      const similarity = similarityAt(...outlines, 0)
      if (similarity >= SURE_SIMILARITY) minutes[index] = 0
      else unsure.push(index)
    }
    index++
  }
  if (unsure.length > 0) {
    const stride = Math.max(1, unsure.length / SEARCHED_SESSIONS)
    const searched = new Set<number>()
    for (let at = 0; at < unsure.length; at += stride) searched.add(unsure[Math.floor(at)])
    const seen = new Set([0])
    index = 0
    for (const pair of sessions) {
      const outlines = searched.has(index++) ? outlinesOf(pair) : null
      const found = outlines === null ? null : searchShift(...outlines)
      if (found !== null) seen.add(found)
    }
    const candidates = new Set([...seen].flatMap((found) => [found, found + HOUR, found - HOUR]))
    const isUnsure = new Set(unsure)
    let pairs = 0
    index = 0
    for (const pair of sessions) {
      const outlines = isUnsure.has(index) ? outlinesOf(pair) : null
      if (outlines !== null) {
        let found = bestOf(...outlines, candidates)
        const work = outlines[0].minute.length * outlines[1].minute.length
        if (found === null && pairs + work <= MOST_PAIRS) {
          pairs += work
          found = searchShift(...outlines)
        }
        if (found !== null) minutes[index] = found
      }
      index++
    }
  }
  return fromNearest(minutes).map((value) => value * BAR_SECONDS)
}

function outlinesOf({ old, fresh }: SessionPair): [Outline, Outline] | null {
  if (Math.min(old.ts.length, fresh.ts.length) < LEAST_ROWS_TO_DECIDE) return null
  return [outlineOf(orderRows(old)), outlineOf(orderRows(fresh))]
}

function outlineOf(rows: Rows): Outline {
  const close = rows.fields[CLOSE]
  const volume = rows.fields[VOLUME]
  const length = rows.ts.length
  const change = new Float64Array(length)
  const activity = new Float64Array(length)
  let logs = 0
  let traded = 0
  for (let i = 0; i < length; i++) {
    const step = i === 0 ? 0 : close[i] - close[i - 1]
    change[i] = Number.isFinite(step) ? step : 0
    if (volume[i] > 0 && volume[i] < Infinity) {
      activity[i] = Math.log(volume[i])
      logs += activity[i]
      traded++
    } else activity[i] = NaN
  }
  for (let i = 0; i < length; i++) activity[i] = Number.isNaN(activity[i]) ? 0 : activity[i] - logs / traded
  clip(change)
  clip(activity)
  return {
    minute: rows.ts.map((ts) => Math.round(ts / BAR_SECONDS)),
    change,
    activity,
    traded: length === 0 ? 0 : traded / length,
  }
}

/** One wild value must not be all there is to a session. */
function clip(values: Float64Array): void {
  const sizes = values
    .filter((value) => value !== 0)
    .map(Math.abs)
    .sort()
  if (sizes.length === 0) return
  const most = 4 * sizes[sizes.length >> 1]
  for (let i = 0; i < values.length; i++) values[i] = Math.max(-most, Math.min(most, values[i])) / most
}

/** Cosine of both sides when the old one is moved back by `shift` minutes, against the whole of the new side. */
function similarityAt(old: Outline, fresh: Outline, shift: number): number {
  const sums = new Float64Array(4)
  let j = 0
  for (let i = 0; i < old.minute.length; i++) {
    const minute = old.minute[i] - shift
    while (j < fresh.minute.length && fresh.minute[j] < minute) j++
    if (j === fresh.minute.length) break
    if (fresh.minute[j] === minute) addPair(sums, 0, old, i, fresh, j)
  }
  return similarity(sums, 0, squares(fresh.change), squares(fresh.activity), old.traded)
}

function addPair(sums: Float64Array, at: number, old: Outline, i: number, fresh: Outline, j: number): void {
  sums[at] += old.change[i] * fresh.change[j]
  sums[at + 1] += old.change[i] * old.change[i]
  sums[at + 2] += old.activity[i] * fresh.activity[j]
  sums[at + 3] += old.activity[i] * old.activity[i]
}

function similarity(sums: Float64Array, at: number, changes: number, activities: number, traded: number): number {
  const byChange = sums[at + 1] > 0 && changes > 0 ? sums[at] / Math.sqrt(sums[at + 1] * changes) : NaN
  const byActivity = sums[at + 3] > 0 && activities > 0 ? sums[at + 2] / Math.sqrt(sums[at + 3] * activities) : NaN
  if (Number.isNaN(byChange)) return Number.isNaN(byActivity) ? 0 : byActivity
  return Number.isNaN(byActivity) ? byChange : (byChange + traded * byActivity) / (1 + traded)
}

function squares(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return sum
}

/** The shift of all within a day that makes both sides most similar, or null when none is similar enough. */
function searchShift(old: Outline, fresh: Outline): number | null {
  const sums = new Float64Array(4 * (2 * FARTHEST + 1))
  for (let i = 0; i < old.minute.length; i++) {
    for (let j = 0; j < fresh.minute.length; j++) {
      const shift = old.minute[i] - fresh.minute[j]
      if (Math.abs(shift) <= FARTHEST) addPair(sums, 4 * (shift + FARTHEST), old, i, fresh, j)
    }
  }
  const [changes, activities] = [squares(fresh.change), squares(fresh.activity)]
  return decide((shift) => similarity(sums, 4 * (shift + FARTHEST), changes, activities, old.traded), everyShift())
}

function* everyShift(): Generator<number> {
  yield 0
  for (let size = 1; size <= FARTHEST; size++) {
    yield size
    yield -size
  }
}

function bestOf(old: Outline, fresh: Outline, candidates: Iterable<number>): number | null {
  const nearFirst = [...candidates].sort((a, b) => Math.abs(a) - Math.abs(b) || b - a)
  return decide((shift) => similarityAt(old, fresh, shift), nearFirst)
}

function decide(similarityOf: (shift: number) => number, shifts: Iterable<number>): number | null {
  let best = 0
  let highest = -Infinity
  for (const shift of shifts) {
    const value = similarityOf(shift)
    if (value > highest) {
      highest = value
      best = shift
    }
  }
  if (highest < LEAST_SIMILARITY) return null
  return best === 0 || highest >= similarityOf(0) + LEAST_SIMILARITY_GAIN ? best : 0
}

/** Fills what is NaN from the nearest value, the earlier one of two that are equally near; 0 when there is none. */
export function fromNearest(values: Float64Array): Float64Array {
  const filled = values.slice()
  const known = Array.from(values.keys()).filter((i) => !Number.isNaN(values[i]))
  let k = 0
  for (let i = 0; i < values.length; i++) {
    while (k + 1 < known.length && Math.abs(known[k + 1] - i) < Math.abs(known[k] - i)) k++
    filled[i] = known.length === 0 ? 0 : values[known[k]]
  }
  return filled
}
