import { z } from 'zod'
import { zoneNameSchema } from '#shared/zone-name.ts'
import { isSessionDate } from '#shared/time.ts'

/**
 * The schema of a trading calendar file (`data/calendars/<id>.yaml`, or the workspace's own). It states hours and rules as
 * the exchange publishes them; which days follow from them is worked out by `createCalendar`. Unknown keys are errors, so that
 * a typo is not silently ignored. Contradictions between entries are found when the calendar is created.
 */

/** The days of the week in the order of ISO 8601; index 0 is Monday. */
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

const weekday = z.enum(WEEKDAYS)
const weekdays = z.array(weekday).min(1)
const sessionDate = z.string().refine(isSessionDate, { error: 'must be a calendar date in the form YYYY-MM-DD' })
const calendarYear = z.int().min(1900).max(2200)
const title = z.string().min(1)

/** `HH:MM` on the exchange's clock. */
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time in the form HH:MM, in quotes')

/** `HH:MM` on the exchange's clock, where `24:00` is the midnight that ends the day. */
const endTimeOfDay = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time in the form HH:MM, in quotes')

/** Whether a time is on the session's own date or on the evening before it, as futures and currencies open. */
const sessionDay = z.enum(['same', 'previous']).default('same')

const LONGEST_MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Which day of a year a rule means, before it is moved off a weekend. */
export const DateRule = z.discriminatedUnion('kind', [
  /** The same month and day each year; 29 February means leap years only. */
  z
    .strictObject({ kind: z.literal('fixed'), month: z.int().min(1).max(12), day: z.int().min(1).max(31) })
    .refine((rule) => rule.day <= LONGEST_MONTH_DAYS[rule.month - 1], {
      path: ['day'],
      error: 'is not a day of that month',
    }),
  /** The nth weekday of a month, counted from its end when negative, then moved by `offsetDays`. */
  z.strictObject({
    kind: z.literal('nth-weekday'),
    nth: z
      .int()
      .min(-5)
      .max(5)
      .refine((nth) => nth !== 0, { error: 'must be 1 to 5, or -1 to -5 counted from the end of the month' }),
    weekday,
    month: z.int().min(1).max(12),
    /** 1 with the fourth Thursday of November is the day after Thanksgiving. */
    offsetDays: z.int().min(-31).max(31).default(0),
  }),
  /** So many days after (before when negative) Easter Sunday of the Gregorian calendar; Good Friday is -2. */
  z.strictObject({ kind: z.literal('easter'), offsetDays: z.int().min(-100).max(100) }),
  /** The day of an equinox in Japan, on which Vernal (March) and Autumnal (September) Equinox Day are kept; 1980 to 2099. */
  z.strictObject({ kind: z.literal('japanese-equinox'), month: z.literal([3, 9]) }),
])
export type DateRule = z.infer<typeof DateRule>

/** A {@link DateRule} with the years and weekdays it holds for. */
const yearlyFields = {
  name: title,
  on: DateRule,
  /** First and last year (of the day named by `on`) in which the rule holds. */
  firstYear: calendarYear.optional(),
  lastYear: calendarYear.optional(),
  /** Years in between in which the rule does not hold, for example because the holiday was moved by decree. */
  exceptYears: z.array(calendarYear).default([]),
  /** The rule holds only when the day named by `on` is one of these. */
  weekdays: weekdays.default([...WEEKDAYS]),
  /** By how many days the day is moved when it falls on that weekday: `{ saturday: -1, sunday: 1 }` is the nearest workday. */
  observed: z.partialRecord(weekday, z.int().min(-7).max(7)).default({}),
}
export const YearlyRule = z.strictObject(yearlyFields)
export type YearlyRule = z.infer<typeof YearlyRule>

/** Why an entry that no rule gives is true: the announcement, as a title or an address. */
const source = z.string().min(1).optional()

/** Regular hours. Of the entries that fit a date by weekday and dates, the last in the list holds. */
const RegularHours = z.strictObject({
  weekdays: weekdays.default(['monday', 'tuesday', 'wednesday', 'thursday', 'friday']),
  /** First and last session date for which the entry holds. */
  from: sessionDate.optional(),
  to: sessionDate.optional(),
  open: timeOfDay,
  openDay: sessionDay,
  close: endTimeOfDay,
  /** A pause inside the session, such as the lunch break of Tokyo; with `day: previous` on the evening before. */
  break: z.strictObject({ start: timeOfDay, end: timeOfDay, day: sessionDay }).optional(),
})
export type RegularHours = z.infer<typeof RegularHours>

/** A trading calendar as data. Times are on the clock of `zone`; dates are the exchange's own. */
export const CalendarDefinition = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, 'must be 1 to 32 letters, digits, underscores or dashes'),
  name: title,
  zone: zoneNameSchema,
  /** The calendar answers for these dates and for no others. */
  firstDate: sessionDate,
  lastDate: sessionDate,
  /** Where the hours and the rules were read. */
  sources: z.array(z.strictObject({ title, url: z.url().optional() })).min(1),
  hours: z.array(RegularHours).min(1),
  /** Days without a session, by rule. A rule that gives a day without regular hours changes nothing. */
  holidays: z.array(YearlyRule).default([]),
  /** Sessions that end early or begin late, by rule. A rule that gives a day without a session changes nothing. */
  earlyCloses: z.array(z.strictObject({ ...yearlyFields, close: endTimeOfDay })).default([]),
  lateOpens: z.array(z.strictObject({ ...yearlyFields, open: timeOfDay, openDay: sessionDay })).default([]),
  /** Single days, which override the rules. */
  specialClosures: z.array(z.strictObject({ date: sessionDate, reason: title, source })).default([]),
  specialEarlyCloses: z
    .array(z.strictObject({ date: sessionDate, close: endTimeOfDay, reason: title, source }))
    .default([]),
  specialLateOpens: z
    .array(z.strictObject({ date: sessionDate, open: timeOfDay, openDay: sessionDay, reason: title, source }))
    .default([]),
})
export type CalendarDefinition = z.infer<typeof CalendarDefinition>

/** A calendar file for an exchange that keeps exactly the hours and closures of another one. */
export const CalendarAlias = z.strictObject({
  id: CalendarDefinition.shape.id,
  name: title,
  sources: CalendarDefinition.shape.sources,
  /** The id of the calendar whose sessions this one has. */
  sameAs: CalendarDefinition.shape.id,
})
