import { BAR_SECONDS } from '#shared/bars.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isZone } from '#shared/zone-name.ts'
import { LocalClock } from './local-clock.ts'
import { type ParsedTime, secondsOfSerial, timeParser } from './time-format.ts'

/** In the order in which they are preferred when several fit. */
const FORMATS = [
  '%Y-%m-%d %H:%M:%S',
  'iso',
  '%m/%d/%Y %H:%M:%S',
  '%m/%d/%Y %H:%M',
  '%d/%m/%Y %H:%M:%S',
  '%d/%m/%Y %H:%M',
  '%m/%d/%Y %I:%M:%S %p',
  '%m/%d/%Y %I:%M %p',
  '%d/%m/%Y %I:%M %p',
  '%m/%d/%y %H:%M',
  '%m/%d/%y %I:%M %p',
  '%d.%m.%Y %H:%M:%S',
  '%d.%m.%Y %H:%M',
  '%d.%m.%Y %H:%M:%S.%f',
  '%Y/%m/%d %H:%M:%S',
  '%Y/%m/%d %H:%M',
  '%Y.%m.%d %H:%M:%S',
  '%Y.%m.%d %H:%M',
  '%Y%m%d %H:%M:%S',
  '%Y%m%d-%H:%M:%S',
  '%Y%m%d %H:%M',
  '%Y%m%d%H%M%S',
  '%Y%m%d%H%M',
  '%Y%m%d %H%M%S',
  '%Y%m%d %H%M',
  '%Y%m%d_%H%M%S',
  '%d-%b-%Y %H:%M:%S',
  '%d-%b-%Y %H:%M',
  '%d-%m-%Y %H:%M:%S',
  '%d-%m-%Y %H:%M',
  '%b %d, %Y %I:%M %p',
  '%b %d, %Y %H:%M',
  '%Y-%m-%d %H:%M:%S %Z',
  '%Y-%m-%d %I:%M:%S %p',
  '%a %b %d %H:%M:%S %Y',
]
const EPOCHS = [
  ['epoch', 1, 9, 10],
  ['epoch-ms', 1e3, 12, 13],
  ['epoch-us', 1e6, 15, 16],
  ['epoch-ns', 1e9, 18, 19],
] as const
/** Days since 1899, from 1970 to 2106, with a part of a day, in one column or two. */
const SERIAL = /^(?:2[5-9]|[3-7]\d)\d{3}(?:[.,]\d+)?(?: (?:0?[.,]\d+|0))?$/
const ZONES = [
  'UTC',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'Europe/London',
  'Europe/Berlin',
  'Asia/Tokyo',
  'Asia/Hong_Kong',
  'Asia/Kolkata',
  'Australia/Sydney',
]
/** A form of time that so many of the values have is the one of the file; the rest is refused row by row. */
const MOST = 0.9

export interface TimeForm {
  readonly timeFormat: string
  /** Of each value: seconds since 1970 on the clock of the file; NaN where it does not fit. */
  readonly seconds: Float64Array
  /** Whether the times are instants by themselves. */
  readonly isInstant: boolean
  /** The zone that the values name. */
  readonly zone: string | undefined
}

/** All forms that fit the values, the preferred first. */
export function timeForms(values: readonly string[]): readonly TimeForm[] {
  const forms: TimeForm[] = []
  const digits = values.filter((value) => /^\d+(?:\.0+)?$/.test(value)).length
  if (digits >= MOST * values.length && values.length > 0) {
    for (const [timeFormat, divisor, least, most] of EPOCHS) {
      const fits = values.filter((value) => {
        const { length } = value.split('.')[0]
        return length >= least && length <= most
      }).length
      if (fits >= MOST * values.length) {
        const seconds = Float64Array.from(values, (value) => Number(value) / divisor)
        forms.push({ timeFormat, seconds, isInstant: true, zone: undefined })
      }
    }
  }
  const serials = values.filter((value) => SERIAL.test(value)).length
  if (serials > 0 && serials >= MOST * values.length && values.some((value) => /[.,]\d/.test(value))) {
    const seconds = Float64Array.from(values, (value) =>
      secondsOfSerial(value.split(' ').reduce((sum, part) => sum + Number(part.replace(',', '.')), 0)),
    )
    forms.push({ timeFormat: 'excel', seconds, isInstant: false, zone: undefined })
  }
  // As TWS writes it: 20240702 09:30:00 US/Eastern.
  const suffix = / ([A-Z][A-Za-z]+\/[A-Z][A-Za-z_/]+)$/.exec(values[0] ?? '')?.[1]
  const zone = suffix !== undefined && isZone(suffix) ? suffix : undefined
  const tail = zone === undefined ? '' : ` ${zone}`
  const time: ParsedTime = { seconds: 0, isInstant: false }
  for (const format of FORMATS) {
    const timeFormat = format === 'iso' || tail === '' ? format : `${format}${tail}`
    const parse = timeParser(timeFormat)
    let instants = 0
    let fits = 0
    const seconds = Float64Array.from(values, (value) => {
      if (!parse(value, 0, value.length, time)) return NaN
      fits++
      if (time.isInstant) instants++
      return time.seconds
    })
    if (fits > 0 && fits >= MOST * values.length)
      forms.push({ timeFormat, seconds, isInstant: instants === fits, zone })
  }
  return forms
}

export interface HoursGuess {
  readonly form: TimeForm
  readonly zone: string
  readonly label: 'start' | 'end'
  readonly doubts: readonly string[]
}

interface Placed {
  readonly form: TimeForm
  readonly zone: string
  readonly label: 'start' | 'end'
  readonly score: number
  readonly sessions: number
  readonly inside: number
}

/**
 * Tells form, zone and label of times by where bars lie against the hours of their sessions: inside rather than outside, most
 * volume inside, the first bar at the open, the last a minute before the close and none at it, and the most volume of a morning
 * in its first minutes.
 */
export function guessHours(forms: readonly TimeForm[], volumes: Float64Array, calendar: TradingCalendar): HoursGuess {
  const zones = [...new Set([calendar.zone, ...ZONES])]
  const placed = forms.flatMap((form) =>
    (form.isInstant ? [form.zone ?? calendar.zone] : form.zone === undefined ? zones : [form.zone]).flatMap((zone) =>
      (['start', 'end'] as const).map((label) => place(form, volumes, calendar, zone, label)),
    ),
  )
  // The order of forms and zones decides between equals.
  const best = placed.reduce((a, b) => (b.score > a.score + 1e-9 ? b : a))
  const doubts: string[] = []
  if (best.sessions < 3) doubts.push(`only ${best.sessions} sessions were seen, so that zone and label are uncertain`)
  if (best.inside < 0.5) {
    doubts.push(`most bars lie outside of the hours of ${calendar.id}: neither zone nor calendar may be the right one`)
  }
  const sameForm = placed.filter(({ form }) => form === best.form)
  const other = sameForm.find((one) => one.zone === best.zone && one.label !== best.label)
  if (other !== undefined && best.score - other.score < 0.3) {
    doubts.push(`whether a time is the start or the end of its bar is not clear; ${best.label} was taken`)
  }
  const rival = sameForm.find((one) => one.zone !== best.zone && best.score - one.score < 0.3)
  if (rival !== undefined) doubts.push(`the times may also be of ${rival.zone}; ${best.zone} was taken`)
  const otherForm = placed.find(
    (one) =>
      one.form !== best.form &&
      best.score - one.score < 0.2 &&
      one.form.seconds.some((s, i) => !Object.is(s, best.form.seconds[i])),
  )
  if (otherForm !== undefined) {
    doubts.push(
      `times may also have the form ${otherForm.form.timeFormat}, which is another day; ${best.form.timeFormat} was taken`,
    )
  }
  return { form: best.form, zone: best.zone, label: best.label, doubts }
}

function place(
  form: TimeForm,
  volumes: Float64Array,
  calendar: TradingCalendar,
  zone: string,
  label: 'start' | 'end',
): Placed {
  const clock = new LocalClock(zone)
  const shift = label === 'end' ? BAR_SECONDS : 0
  const sessions = new Map<string, { first: boolean; last: boolean; after: boolean; early: number; before: number }>()
  let bars = 0
  let inside = 0
  let volume = 0
  let volumeInside = 0
  for (let i = 0; i < form.seconds.length; i++) {
    const wall = form.seconds[i]
    if (!Number.isInteger(wall)) continue
    bars++
    const instant = form.isInstant ? wall : clock.toEpochSeconds(wall)
    if (instant === null) continue
    const ts = instant - shift
    const session = sessionAt(calendar, ts)
    const size = Number.isNaN(volumes[i]) ? 0 : volumes[i]
    volume += size
    if (session === null) continue
    let seen = sessions.get(session.date)
    if (seen === undefined)
      sessions.set(session.date, (seen = { first: false, last: false, after: false, early: 0, before: 0 }))
    if (ts >= session.openTs && ts < session.closeTs) {
      inside++
      volumeInside += size
    }
    if (ts === session.openTs) seen.first = true
    if (ts === session.closeTs - BAR_SECONDS) seen.last = true
    if (ts === session.closeTs) seen.after = true
    if (ts === session.openTs) seen.early = size
    if (ts === session.openTs - BAR_SECONDS) seen.before = size
  }
  const count = Math.max(1, sessions.size)
  const share = (
    of: (seen: { first: boolean; last: boolean; after: boolean; early: number; before: number }) => boolean,
  ): number => [...sessions.values()].filter(of).length / count
  const score =
    bars === 0
      ? 0
      : 2 * (inside / bars) +
        (volume > 0 ? volumeInside / volume : 0) +
        share(({ first }) => first) +
        share(({ last }) => last) -
        0.5 * share(({ after }) => after) +
        0.5 * share(({ early, before }) => early > before)
  return { form, zone, label, score, sessions: sessions.size, inside: bars === 0 ? 0 : inside / bars }
}

function sessionAt(calendar: TradingCalendar, ts: number): ReturnType<TradingCalendar['sessionOfInstant']> {
  try {
    return calendar.sessionOfInstant(ts)
  } catch (thrown) {
    if (thrown instanceof SwitchyardError) return null
    throw thrown
  }
}
