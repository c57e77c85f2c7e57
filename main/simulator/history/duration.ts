import { addDays, zonedToEpochSeconds } from '#shared/time.ts'
import { wallText } from '../wire/tws-time.ts'

/** How far a historical request reaches back from its end. */
export interface Duration {
  readonly count: number
  readonly unit: 'S' | 'D' | 'W' | 'M' | 'Y'
}

export type DurationReading =
  | { readonly kind: 'valid'; readonly duration: Duration }
  | { readonly kind: 'invalid'; readonly cause: string }

const FORMAT = /^(\d+) ([SDWMY])$/

/** The largest count of each unit, and what TWS says to more. */
const LIMITS: Readonly<Record<Duration['unit'], { readonly most: number; readonly cause: string }>> = {
  S: { most: 86_400, cause: 'Historical data request for greater than 86400 seconds rejected.' },
  D: { most: 365, cause: 'Historical data requests for durations longer than 365 days must be made in years.' },
  W: { most: 52, cause: 'Historical data requests for durations longer than 52 weeks must be made in years.' },
  M: { most: 12, cause: 'Historical data requests for durations longer than 12 months must be made in years.' },
  Y: { most: 100, cause: 'Historical data requested duration is invalid.' },
}

const SHORTEST_SECONDS = 30

/** Reads `N S`, `N D`, `N W`, `N M` or `N Y` (case does not matter; a number alone means seconds) within TWS's limits. */
export function parseDuration(text: string): DurationReading {
  if (text === '') return { kind: 'invalid', cause: 'Historical data request duration not specified.' }
  const match = FORMAT.exec(/^\d+$/.test(text) ? `${text} S` : text.toUpperCase())
  if (match === null) {
    return {
      kind: 'invalid',
      cause: 'When specifying a unit, historical data request duration format is integer{SPACE}unit (S|D|W|M|Y).',
    }
  }
  const count = Number(match[1])
  const unit = match[2] as Duration['unit']
  if (count < 1 || (unit === 'S' && count < SHORTEST_SECONDS)) {
    return { kind: 'invalid', cause: 'Historical data requested duration is invalid.' }
  }
  if (count > LIMITS[unit].most) return { kind: 'invalid', cause: LIMITS[unit].cause }
  return { kind: 'valid', duration: { count, unit } }
}

/**
 * `endTs` moved back by the duration on the wall calendar of `zone`: one month before 31 March is the last of February, and
 * the time of day stays the same across a clock change. Epoch seconds.
 */
export function subtractDuration(endTs: number, duration: Duration, zone: string): number {
  const { count, unit } = duration
  if (unit === 'S') return endTs - count
  const wall = wallText(endTs, zone, ' ')
  const date = `${wall.slice(0, 4)}-${wall.slice(4, 6)}-${wall.slice(6, 8)}`
  const moved =
    unit === 'D' || unit === 'W'
      ? addDays(date, unit === 'D' ? -count : -7 * count)
      : subtractMonths(date, unit === 'M' ? count : 12 * count)
  return zonedToEpochSeconds(zone, moved, wall.slice(9))
}

function subtractMonths(date: string, months: number): string {
  const monthIndex = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 - months
  const year = Math.floor(monthIndex / 12)
  const month = monthIndex - year * 12
  const daysInMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const day = Math.min(Number(date.slice(8)), daysInMonth)
  return `${String(year).padStart(4, '0')}-${String(month + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
