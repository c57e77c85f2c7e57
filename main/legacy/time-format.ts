import { SwitchyardError } from '#shared/errors.ts'

/**
 * A time as a text says it: seconds since 1970 on some clock. `isInstant` when the text carries its own offset, so that no zone
 * is needed to understand it.
 */
export interface ParsedTime {
  seconds: number
  isInstant: boolean
}

/** Reads `text` from `start` to `end` into `into`; false when it is no time of the form. */
export type TimeParser = (text: string, start: number, end: number, into: ParsedTime) => boolean

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const MONTH_NAMES = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const WEEKDAYS = /^(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)/i
/** Hours from UTC of the abbreviations that have one meaning beside American market data. */
const ZONE_HOURS: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
}

/** Scratch of one parse. */
interface State {
  text: string
  at: number
  end: number
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  fraction: number
  isPm: boolean | null
  offset: number | null
}

type Step = (state: State) => boolean

/** Digits at the place of `state`, at least one and at most `most`; -1 when there is none. */
function digits(state: State, most: number): number {
  const { text, end } = state
  let { at } = state
  const last = Math.min(end, at + most)
  let value = 0
  const first = at
  while (at < last) {
    const code = text.charCodeAt(at) - 48
    if (code < 0 || code > 9) break
    value = value * 10 + code
    at++
  }
  if (at === first) return -1
  state.at = at
  return value
}

function fraction(state: State): boolean {
  const from = state.at
  const value = digits(state, 9)
  if (value < 0) return false
  state.fraction = value / 10 ** (state.at - from)
  return true
}

function offset(state: State): boolean {
  const code = state.text.charCodeAt(state.at)
  if (state.at < state.end && (code === 90 || code === 122)) {
    state.at++
    state.offset = 0
    return true
  }
  const match = /^([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?/.exec(
    state.text.slice(state.at, Math.min(state.end, state.at + 10)),
  )
  if (match === null) return false
  state.at += match[0].length
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0)
  state.offset = match[1] === '-' ? -seconds : seconds
  return true
}

function zoneName(state: State): boolean {
  const match = /^[A-Za-z]+/.exec(state.text.slice(state.at, Math.min(state.end, state.at + 8)))
  const hours = match === null ? undefined : ZONE_HOURS[match[0].toUpperCase()]
  if (match === null || hours === undefined) return false
  state.at += match[0].length
  state.offset = hours * 3600
  return true
}

function monthName(state: State): boolean {
  const rest = state.text.slice(state.at, Math.min(state.end, state.at + 9)).toLowerCase()
  const month = MONTHS.findIndex((short) => rest.startsWith(short))
  if (month < 0) return false
  state.month = month + 1
  state.at += rest.startsWith(MONTH_NAMES[month]) ? MONTH_NAMES[month].length : 3
  return true
}

function weekday(state: State): boolean {
  const match = WEEKDAYS.exec(state.text.slice(state.at, Math.min(state.end, state.at + 9)))
  if (match === null) return false
  state.at += match[0].length
  return true
}

function halfDay(state: State): boolean {
  const match = /^([ap])\.?m\.?/i.exec(state.text.slice(state.at, Math.min(state.end, state.at + 4)))
  if (match === null) return false
  state.isPm = match[1].toLowerCase() === 'p'
  state.at += match[0].length
  return true
}

const number = (most: number, set: (state: State, value: number) => void): Step => {
  return (state) => {
    const value = digits(state, most)
    if (value < 0) return false
    set(state, value)
    return true
  }
}

const year = number(4, (state, value) => (state.year = value))
const shortYear = number(2, (state, value) => (state.year = value < 69 ? 2000 + value : 1900 + value))
const month = number(2, (state, value) => (state.month = value))
const day = number(2, (state, value) => (state.day = value))
const hour = number(2, (state, value) => (state.hour = value))
const minute = number(2, (state, value) => (state.minute = value))
const second = number(2, (state, value) => (state.second = value))

const STEPS: Readonly<Record<string, Step>> = {
  Y: year,
  y: shortYear,
  m: month,
  d: day,
  e: day,
  H: hour,
  I: hour,
  M: minute,
  S: second,
  f: fraction,
  g: fraction,
  n: fraction,
  p: halfDay,
  b: monthName,
  h: monthName,
  B: monthName,
  a: weekday,
  A: weekday,
  z: offset,
  Z: zoneName,
  '%': literal('%'),
}

function literal(character: string): Step {
  const code = character.charCodeAt(0)
  return (state) => {
    if (state.at >= state.end || state.text.charCodeAt(state.at) !== code) return false
    state.at++
    return true
  }
}

/** One or more blanks stand for one in the pattern. */
function blank(state: State): boolean {
  const from = state.at
  while (state.at < state.end && state.text.charCodeAt(state.at) === 32) state.at++
  return state.at > from
}

/** A part of a pattern: a directive without its per cent sign, or a character that stands for itself. */
export interface PatternPart {
  readonly directive: string | undefined
  readonly character: string
  /** Digits that a number must have because others follow or precede it; 0 where it may have fewer. */
  readonly digits: number
}

/** Digits of the directives that are numbers; a fraction has as many as there are. */
const DIGITS: Readonly<Record<string, number>> = {
  Y: 4,
  y: 2,
  m: 2,
  d: 2,
  e: 2,
  H: 2,
  I: 2,
  M: 2,
  S: 2,
  f: 0,
  g: 0,
  n: 0,
}
const SHORTHANDS: Readonly<Record<string, string>> = { F: '%Y-%m-%d', T: '%H:%M:%S', R: '%H:%M' }

/**
 * Takes a strptime pattern apart. Where numbers stand side by side (`%H%M`) each has all its digits: of 930 nobody can tell
 * where the hour ends.
 */
export function patternParts(format: string): readonly PatternPart[] {
  const whole = format.replaceAll(/%-?(.)/g, (found, name: string) => SHORTHANDS[name] ?? found)
  const names = Array.from(whole.matchAll(/%-?(.?)|(.)/gsu), ([, directive, character]) => ({
    directive,
    character: character ?? '',
  }))
  const isNumber = (at: number): boolean => Object.hasOwn(DIGITS, names[at]?.directive ?? '')
  return names.map((part, i) => ({
    ...part,
    digits: isNumber(i) && (isNumber(i - 1) || isNumber(i + 1)) ? DIGITS[part.directive ?? ''] : 0,
  }))
}

/**
 * The parser of a strptime pattern, or of `iso` (`2024-07-02 09:30`, `2024-07-02T09:30:00.000Z`, `…-04:00`). One digit will do
 * where a pattern has two (`7/2/2024 9:30`), unless another number follows at once.
 *
 * @throws {SwitchyardError} LEGACY_FILE for a directive that it does not know.
 */
export function timeParser(format: string): TimeParser {
  if (format === 'iso') return isoParser
  const steps = patternParts(format).map(({ directive, character, digits: count }): Step => {
    if (directive === undefined) return character === ' ' ? blank : literal(character)
    const known = STEPS[directive]
    if (known !== undefined) return count === 0 ? known : withDigits(count, known)
    throw new SwitchyardError(
      'LEGACY_FILE',
      `The time format ${format} has the directive %${directive}, which is not known.`,
      {
        hint: `Known are %${[...Object.keys(STEPS), ...Object.keys(SHORTHANDS)].join(', %')}, and the formats iso, excel, epoch, epoch-ms, epoch-us and epoch-ns.`,
      },
    )
  })
  return (text, start, end, into) => run(steps, text, start, end, into)
}

function withDigits(count: number, step: Step): Step {
  return (state) => {
    const from = state.at
    return step(state) && state.at - from === count
  }
}

const DATE = [year, literal('-'), month, literal('-'), day]
const TIME_OF_DAY = [hour, literal(':'), minute]
const SECONDS = [literal(':'), second]

function isoParser(text: string, start: number, end: number, into: ParsedTime): boolean {
  const state = stateOf(text, start, end)
  if (!all(DATE, state)) return false
  const separator = text.charCodeAt(state.at)
  if (state.at >= end || (separator !== 32 && separator !== 84 && separator !== 116)) return false
  state.at++
  if (!all(TIME_OF_DAY, state)) return false
  if (text.charCodeAt(state.at) === 58 && !all(SECONDS, state)) return false
  const point = text.charCodeAt(state.at)
  if (state.at < end && (point === 46 || point === 44)) {
    state.at++
    if (!fraction(state)) return false
  }
  if (state.at < end) {
    blank(state)
    if (!offset(state) && !zoneName(state)) return false
  }
  return finish(state, into)
}

function all(steps: readonly Step[], state: State): boolean {
  for (const step of steps) if (!step(state)) return false
  return true
}

function run(steps: readonly Step[], text: string, start: number, end: number, into: ParsedTime): boolean {
  const state = stateOf(text, start, end)
  for (let i = 0; i < steps.length; i++) if (!steps[i](state)) return false
  return finish(state, into)
}

const SCRATCH: State = {
  text: '',
  at: 0,
  end: 0,
  year: 1970,
  month: 1,
  day: 1,
  hour: 0,
  minute: 0,
  second: 0,
  fraction: 0,
  isPm: null,
  offset: null,
}

/** One object for all parses: a million of them would be a good part of the time that reading takes. */
function stateOf(text: string, start: number, end: number): State {
  SCRATCH.text = text
  SCRATCH.at = start
  SCRATCH.end = end
  SCRATCH.year = 1970
  SCRATCH.month = 1
  SCRATCH.day = 1
  SCRATCH.hour = 0
  SCRATCH.minute = 0
  SCRATCH.second = 0
  SCRATCH.fraction = 0
  SCRATCH.isPm = null
  SCRATCH.offset = null
  return SCRATCH
}

function finish(state: State, into: ParsedTime): boolean {
  const { year: y, month: m, day: d, minute: min, second: s } = state
  if (state.at !== state.end || m < 1 || m > 12 || d < 1 || d > daysIn(y, m)) return false
  let h = state.hour
  if (state.isPm !== null) {
    if (h < 1 || h > 12) return false
    h = (h % 12) + (state.isPm ? 12 : 0)
  }
  if (h > 23 || min > 59 || s > 59) return false
  const wall = epochDay(y, m, d) * 86_400 + h * 3600 + min * 60 + s + state.fraction
  into.isInstant = state.offset !== null
  into.seconds = wall - (state.offset ?? 0)
  return true
}

/** Days of a spreadsheet from its day 0 to 1970, its days from when it counts right (1 March 1900), and to the year 9999. */
const SERIAL_1970 = 25_569
const FIRST_SERIAL = 61
const END_SERIAL = 2_958_466

/** Seconds since 1970 on the clock of a spreadsheet that shows a time as a number of days; NaN when it is none. */
export function secondsOfSerial(days: number): number {
  if (!(days >= FIRST_SERIAL && days < END_SERIAL)) return NaN
  // Five decimals, as many as are usual, say a time to the second.
  return Math.round((days - SERIAL_1970) * 86_400)
}

/** Days of a month (1 to 12) of the Gregorian calendar. */
export function daysIn(y: number, m: number): number {
  if (m === 2) return (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0 ? 29 : 28
  return m === 4 || m === 6 || m === 9 || m === 11 ? 30 : 31
}

/** Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
export function epochDay(y: number, m: number, d: number): number {
  const shifted = m <= 2 ? y - 1 : y
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}
