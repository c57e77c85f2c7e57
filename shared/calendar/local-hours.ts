import { dateToEpochDay, epochDayToDate } from '#shared/time.ts'
import { type CalendarDefinition, type RegularHours, WEEKDAYS } from './definition.ts'
import { daysOfYearlyRule, EQUINOX_YEARS, weekdayIndexOf } from './holiday-rules.ts'

/** The hours of one session in minutes after local midnight of its date; an opening on the evening before is negative. */
export interface LocalHours {
  readonly openMinute: number
  readonly closeMinute: number
  readonly breakStartMinute: number | null
  readonly breakEndMinute: number | null
  /** True when the session ends before the regular close. */
  readonly earlyClose: boolean
}

/** Something that a definition says and that cannot be, at the place in the definition that says it. */
export interface DefinitionProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What a definition says about each day; days are counted from 1970-01-01. */
export interface LocalCalendar {
  readonly firstDay: number
  readonly lastDay: number
  /** Hours by weekday and date alone, also beyond the calendar's last date; null on a day that is never a session. */
  regularHours(day: number): LocalHours | null
  /** Hours of the session on `day`, which must lie between `firstDay` and `lastDay`; null when there is none. */
  hours(day: number): LocalHours | null
  /** Contradictions in the definition; hours are meaningful only when there are none. */
  readonly problems: readonly DefinitionProblem[]
}

/** A session that opens or closes at another time than regularly, and the entry that says so. */
interface Override {
  readonly path: readonly (string | number)[]
  readonly day: number
  readonly minute: number
}

const DAY_MINUTES = 1440

function minuteOfTime(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

function minuteOn(day: 'same' | 'previous', time: string): number {
  return minuteOfTime(time) - (day === 'previous' ? DAY_MINUTES : 0)
}

interface HoursEntry {
  readonly weekdays: readonly boolean[]
  readonly fromDay: number
  readonly toDay: number
  readonly hours: LocalHours
}

function hoursEntryOf(entry: RegularHours): HoursEntry {
  return {
    weekdays: WEEKDAYS.map((weekday) => entry.weekdays.includes(weekday)),
    fromDay: entry.from === undefined ? -Infinity : dateToEpochDay(entry.from),
    toDay: entry.to === undefined ? Infinity : dateToEpochDay(entry.to),
    hours: {
      openMinute: minuteOn(entry.openDay, entry.open),
      closeMinute: minuteOfTime(entry.close),
      breakStartMinute: entry.break === undefined ? null : minuteOn(entry.break.day, entry.break.start),
      breakEndMinute: entry.break === undefined ? null : minuteOn(entry.break.day, entry.break.end),
      earlyClose: false,
    },
  }
}

function isInBreak(hours: LocalHours, minute: number): boolean {
  return (
    hours.breakStartMinute !== null &&
    hours.breakEndMinute !== null &&
    minute > hours.breakStartMinute &&
    minute < hours.breakEndMinute
  )
}

/** `regular` cut to open at `openMinute` and close at `closeMinute`; a break at or outside the new ends falls away. */
function shorten(regular: LocalHours, openMinute: number, closeMinute: number): LocalHours {
  const keepsBreak =
    regular.breakStartMinute !== null &&
    regular.breakEndMinute !== null &&
    openMinute < regular.breakStartMinute &&
    closeMinute > regular.breakEndMinute
  return {
    openMinute,
    closeMinute,
    breakStartMinute: keepsBreak ? regular.breakStartMinute : null,
    breakEndMinute: keepsBreak ? regular.breakEndMinute : null,
    earlyClose: closeMinute < regular.closeMinute,
  }
}

/** Works out the local hours of every day of a definition, and what is contradictory in it. */
export function resolveLocalCalendar(definition: CalendarDefinition): LocalCalendar {
  const problems: DefinitionProblem[] = []
  const reported = new Set<string>()
  /** One problem for each place: a rule that is wrong is wrong in every year. */
  const report = (path: readonly (string | number)[], message: string): void => {
    const place = path.join('.')
    if (reported.has(place)) return
    reported.add(place)
    problems.push({ path, message })
  }

  const firstDay = dateToEpochDay(definition.firstDate)
  const lastDay = dateToEpochDay(definition.lastDate)
  if (firstDay > lastDay) report(['lastDate'], `must not be before firstDate ${definition.firstDate}`)

  const isBeyondEquinoxes =
    definition.firstDate < `${EQUINOX_YEARS.first}-01-01` || definition.lastDate > `${EQUINOX_YEARS.last}-12-31`
  for (const key of ['holidays', 'earlyCloses', 'lateOpens'] as const) {
    for (const [index, rule] of definition[key].entries()) {
      if (rule.on.kind === 'japanese-equinox' && isBeyondEquinoxes) {
        report([key, index, 'on'], `is known for ${EQUINOX_YEARS.first} to ${EQUINOX_YEARS.last} only`)
      }
    }
  }

  const entries = definition.hours.map(hoursEntryOf)
  for (const [index, { fromDay, toDay, hours }] of entries.entries()) {
    if (fromDay > toDay) report(['hours', index, 'to'], 'must not be before from')
    if (hours.openMinute >= hours.closeMinute) report(['hours', index, 'close'], 'must be later than open')
    if (hours.breakStartMinute !== null && hours.breakEndMinute !== null) {
      const { openMinute, breakStartMinute, breakEndMinute, closeMinute } = hours
      if (!(openMinute < breakStartMinute && breakStartMinute < breakEndMinute && breakEndMinute < closeMinute)) {
        report(['hours', index, 'break'], 'must start before it ends and lie between open and close')
      }
    }
  }
  const regularHours = (day: number): LocalHours | null => {
    const weekday = weekdayIndexOf(day)
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i]
      if (entry.weekdays[weekday] && day >= entry.fromDay && day <= entry.toDay) return entry.hours
    }
    return null
  }

  /** Day numbers of the single dates in a list; a date that is listed twice or that lies outside the calendar is a problem. */
  const daysOfList = (key: 'specialClosures' | 'specialEarlyCloses' | 'specialLateOpens'): number[] => {
    const seen = new Set<number>()
    return definition[key].map(({ date }, index) => {
      const day = dateToEpochDay(date)
      if (seen.has(day)) report([key, index, 'date'], `${date} is listed twice`)
      if (day < firstDay || day > lastDay) report([key, index, 'date'], `${date} is outside firstDate to lastDate`)
      seen.add(day)
      return day
    })
  }

  const closedDays = new Set(daysOfList('specialClosures'))
  for (const rule of definition.holidays) {
    for (const day of daysOfYearlyRule(rule, firstDay, lastDay)) closedDays.add(day)
  }
  const sessionHours = (day: number): LocalHours | null => (closedDays.has(day) ? null : regularHours(day))

  const checkOverride = (end: 'open' | 'close', { path, day, minute }: Override, hours: LocalHours): void => {
    if (minute <= hours.openMinute || minute >= hours.closeMinute) {
      report(path, `must lie inside the regular session of ${epochDayToDate(day)}`)
    } else if (
      isInBreak(hours, minute) ||
      minute === (end === 'open' ? hours.breakStartMinute : hours.breakEndMinute)
    ) {
      report(path, `must not leave the session of ${epochDayToDate(day)} with a part of its break`)
    }
  }

  /** The minute by day at which sessions open or close instead of regularly; single dates override rules. */
  const minutesByDay = (
    end: 'open' | 'close',
    byRule: readonly Override[],
    byDate: readonly Override[],
  ): Map<number, number> => {
    const minutes = new Map<number, number>()
    for (const override of byRule) {
      const { path, day, minute } = override
      const hours = sessionHours(day)
      if (hours === null) continue
      checkOverride(end, override, hours)
      if ((minutes.get(day) ?? minute) !== minute)
        report(path, `contradicts an earlier rule for ${epochDayToDate(day)}`)
      minutes.set(day, minute)
    }
    for (const override of byDate) {
      const { path, day, minute } = override
      const hours = sessionHours(day)
      if (hours === null) report(path, `cannot apply because ${epochDayToDate(day)} is not a session`)
      else checkOverride(end, override, hours)
      minutes.set(day, minute)
    }
    return minutes
  }

  const closes = minutesByDay(
    'close',
    definition.earlyCloses.flatMap((rule, index) =>
      daysOfYearlyRule(rule, firstDay, lastDay).map((day) => ({
        path: ['earlyCloses', index, 'close'],
        day,
        minute: minuteOfTime(rule.close),
      })),
    ),
    daysOfList('specialEarlyCloses').map((day, index) => ({
      path: ['specialEarlyCloses', index, 'close'],
      day,
      minute: minuteOfTime(definition.specialEarlyCloses[index].close),
    })),
  )
  const opens = minutesByDay(
    'open',
    definition.lateOpens.flatMap((rule, index) =>
      daysOfYearlyRule(rule, firstDay, lastDay).map((day) => ({
        path: ['lateOpens', index, 'open'],
        day,
        minute: minuteOn(rule.openDay, rule.open),
      })),
    ),
    daysOfList('specialLateOpens').map((day, index) => ({
      path: ['specialLateOpens', index, 'open'],
      day,
      minute: minuteOn(definition.specialLateOpens[index].openDay, definition.specialLateOpens[index].open),
    })),
  )

  const hours = (day: number): LocalHours | null => {
    const regular = sessionHours(day)
    if (regular === null) return null
    const open = opens.get(day)
    const close = closes.get(day)
    if (open === undefined && close === undefined) return regular
    return shorten(regular, open ?? regular.openMinute, close ?? regular.closeMinute)
  }

  for (let day = firstDay, endOfPrevious = -Infinity; day <= lastDay; day++, endOfPrevious -= DAY_MINUTES) {
    const today = hours(day)
    if (today === null) continue
    if (today.openMinute >= today.closeMinute)
      report(['hours'], `leave no time for a session on ${epochDayToDate(day)}`)
    if (today.openMinute < endOfPrevious) {
      report(['hours'], `let the session of ${epochDayToDate(day)} open before the one before it has closed`)
    }
    endOfPrevious = today.closeMinute
  }

  return { firstDay, lastDay, regularHours, hours, problems }
}
