import { type DateRule, WEEKDAYS, type YearlyRule } from './definition.ts'

/**
 * Which days the rules of a calendar definition mean. Days are counted from 1970-01-01 (day 0), without a time zone.
 */

/** Day number of a date of the Gregorian calendar; `month` is 1 to 12, and a `day` beyond the month runs into the next one. */
function epochDayOf(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / 86_400_000
}

/** Year of a day number. */
function yearOfEpochDay(day: number): number {
  return new Date(day * 86_400_000).getUTCFullYear()
}

/** Position in {@link WEEKDAYS} of a day number: 0 is Monday, 6 is Sunday. */
export function weekdayIndexOf(day: number): number {
  // 1970-01-01 was a Thursday, which is index 3.
  return (((day + 3) % 7) + 7) % 7
}

/**
 * Easter Sunday of the Gregorian calendar, as a day number.
 *
 * Source: the anonymous Gregorian computus ("A New York correspondent", Nature, 20 April 1876), as given by J. Meeus,
 * Astronomical Algorithms, chapter 8; exact for every year after 1582.
 */
export function easterSunday(year: number): number {
  const yearOfMoonCycle = year % 19
  const century = Math.floor(year / 100)
  const yearOfCentury = year % 100
  const moonCorrection = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3)
  const epact = (19 * yearOfMoonCycle + century - Math.floor(century / 4) - moonCorrection + 15) % 30
  const daysToSunday = (32 + 2 * (century % 4) + 2 * Math.floor(yearOfCentury / 4) - epact - (yearOfCentury % 4)) % 7
  const lateMoonCorrection = Math.floor((yearOfMoonCycle + 11 * epact + 22 * daysToSunday) / 451)
  const monthAndDay = epact + daysToSunday - 7 * lateMoonCorrection + 114
  return epochDayOf(year, Math.floor(monthAndDay / 31), (monthAndDay % 31) + 1)
}

/** Years for which {@link japaneseEquinox} holds. */
export const EQUINOX_YEARS = { first: 1980, last: 2099 } as const

/**
 * The day, in Japan Standard Time, on which the Sun passes the equinox of March or September, as a day number; for
 * {@link EQUINOX_YEARS}. It forecasts the holiday, which the National Astronomical Observatory fixes in February of the year
 * before.
 *
 * Source: the approximation of the Hydrographic Department of the Japan Coast Guard ("Shin koyomi benricho"), which counts the
 * 0.242194 days by which the tropical year is longer than 365, less the leap days.
 */
export function japaneseEquinox(year: number, month: 3 | 9): number {
  const inReferenceYear = month === 3 ? 20.8431 : 23.2488
  const years = year - EQUINOX_YEARS.first
  return epochDayOf(year, month, Math.floor(inReferenceYear + 0.242194 * years) - Math.floor(years / 4))
}

/**
 * The day of `year` that a date rule names, before any move off a weekend; null when the year has none, as for a fifth Monday
 * or 29 February, or a
 * year for which the rule is not defined.
 */
export function dayOfDateRule(rule: DateRule, year: number): number | null {
  switch (rule.kind) {
    case 'fixed': {
      const day = epochDayOf(year, rule.month, rule.day)
      return day < epochDayOf(year, rule.month + 1, 1) ? day : null
    }
    case 'nth-weekday': {
      const first = epochDayOf(year, rule.month, 1)
      const last = epochDayOf(year, rule.month + 1, 1) - 1
      const wanted = WEEKDAYS.indexOf(rule.weekday)
      const day =
        rule.nth > 0
          ? first + ((wanted - weekdayIndexOf(first) + 7) % 7) + 7 * (rule.nth - 1)
          : last - ((weekdayIndexOf(last) - wanted + 7) % 7) + 7 * (rule.nth + 1)
      return day >= first && day <= last ? day + rule.offsetDays : null
    }
    case 'easter':
      return easterSunday(year) + rule.offsetDays
    case 'japanese-equinox':
      return year < EQUINOX_YEARS.first || year > EQUINOX_YEARS.last ? null : japaneseEquinox(year, rule.month)
  }
}

/**
 * The days from `firstDay` to `lastDay` (day numbers, both included) that a rule gives, ascending: the named day of each year
 * in which the rule holds, if its weekday is one of the rule's, moved to the day on which it is observed.
 */
export function daysOfYearlyRule(rule: YearlyRule, firstDay: number, lastDay: number): number[] {
  const days: number[] = []
  // A move can carry a day across the turn of the year, so the neighbouring years count as well.
  const firstYear = Math.max(yearOfEpochDay(firstDay) - 1, rule.firstYear ?? -Infinity)
  const lastYear = Math.min(yearOfEpochDay(lastDay) + 1, rule.lastYear ?? Infinity)
  for (let year = firstYear; year <= lastYear; year++) {
    if (rule.exceptYears.includes(year)) continue
    const named = dayOfDateRule(rule.on, year)
    if (named === null) continue
    const weekday = WEEKDAYS[weekdayIndexOf(named)]
    if (!rule.weekdays.includes(weekday)) continue
    const observed = named + (rule.observed[weekday] ?? 0)
    if (observed >= firstDay && observed <= lastDay) days.push(observed)
  }
  return days
}
