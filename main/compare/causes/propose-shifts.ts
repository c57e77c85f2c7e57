import type { Proposal } from './plan.ts'

const HOUR_SECONDS = 3_600
const BAR_SECONDS = 60
/** More shifts than these are not one explanation of many differences. */
const MOST_SHIFTS = 4

/**
 * Shifts of sessions, in seconds, as causes: a shift of all (or some) dates, and an hour more or less on some of them, which is
 * what is left when one side keeps daylight saving time otherwise than the other.
 */
export function proposeShifts(seconds: Float64Array): Proposal[] {
  const counts = countShifts(seconds)
  const proposals: Proposal[] = []
  const [left, right] = hourApart(counts)
  const base = left
  if (base !== undefined && right !== undefined) {
    if (base !== 0)
      proposals.push(
        shiftOf(
          seconds.map((value) => (value === base || value === right ? base : 0)),
          base,
        ),
      )
    const hour = right > base ? 3_600 : -3_600
    proposals.push({
      detail: { kind: 'dst_shift', parameters: { seconds: hour } },
      fields: null,
      undoing: { act: 'shift', secondsBySession: seconds.map((value) => (value === right ? hour : 0)) },
    })
  }
  for (const value of counts.keys()) {
    if (value === 0 || value === base || value === right) continue
    proposals.push(
      shiftOf(
        seconds.map((other) => (other === value ? value : 0)),
        value,
      ),
    )
  }
  return proposals
}

/** The usual shifts of a symbol: the rare ones beyond a few are taken for none found (NaN). */
export function keepUsualShifts(seconds: Float64Array): Float64Array {
  const kept = new Set([...countShifts(seconds).keys()].slice(0, MOST_SHIFTS))
  return seconds.map((value) => (kept.has(value) ? value : NaN))
}

/** Most frequent first; of equally frequent ones the nearer to zero. */
function countShifts(seconds: Float64Array): Map<number, number> {
  const counts = new Map<number, number>()
  for (const value of seconds) counts.set(value, (counts.get(value) ?? 0) + 1)
  return new Map([...counts].sort((a, b) => b[1] - a[1] || Math.abs(a[0]) - Math.abs(b[0]) || a[0] - b[0]))
}

/** The two shifts an hour apart that most sessions have, the nearer to zero first. */
function hourApart(counts: ReadonlyMap<number, number>): [number, number] | [] {
  const pairs = [...counts.keys()].flatMap((value) => {
    const other = value + HOUR_SECONDS
    const sessions = counts.get(other)
    return sessions === undefined ? [] : [{ value, other, sessions: sessions + (counts.get(value) as number) }]
  })
  const [best] = pairs.sort((a, b) => b.sessions - a.sessions || Math.abs(a.value) - Math.abs(b.value))
  if (best === undefined) return []
  const { value, other } = best
  return Math.abs(value) <= Math.abs(other) ? [value, other] : [other, value]
}

function shiftOf(secondsBySession: Float64Array, seconds: number): Proposal {
  const reading = Math.abs(seconds) === BAR_SECONDS ? 'label' : seconds % HOUR_SECONDS === 0 ? 'zone' : 'other'
  return {
    detail: { kind: 'time_shift', parameters: { seconds, reading } },
    fields: null,
    undoing: { act: 'shift', secondsBySession },
  }
}
