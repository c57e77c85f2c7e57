import { daysIn, epochDay, patternParts } from './time-format.ts'

/** Steps of a plain pattern beyond the characters, which stand for themselves. */
const YEAR = 1_000
const SHORT_YEAR = 1_001
const MONTH = 1_002
const DAY = 1_003
const HOUR = 1_004
const MINUTE = 1_005
const SECOND = 1_006
const BLANK = 1_007
const OFFSET = 1_008
const ISO_REST = 1_009

const DIRECTIVES: Readonly<Record<string, number>> = {
  Y: YEAR,
  y: SHORT_YEAR,
  m: MONTH,
  d: DAY,
  e: DAY,
  H: HOUR,
  M: MINUTE,
  S: SECOND,
  z: OFFSET,
}
/** Added to a number that must have all its digits. */
const ALL_DIGITS = 1_000

/** Digits behind whole seconds, all of which must be zero. */
const EPOCH_ZEROS: Readonly<Record<string, number>> = { epoch: 0, 'epoch-ms': 3, 'epoch-us': 6, 'epoch-ns': 9 }
/** Up to here a division by any of the powers gives whole seconds exactly. */
const LATEST_EPOCH = 2 ** 32

/**
 * Reads times of usual forms from the bytes of a line. It takes less than the parser of `time-format.ts`, and of what it takes
 * gives the same; whatever it does not take is for that parser.
 */
export class PlainTimes {
  /** Seconds since 1970 on some clock, of the last time that was read; `isInstant` when it carried its offset. */
  seconds = 0
  isInstant = false

  readonly #date: readonly number[]
  readonly #time: readonly number[]
  readonly #epochZeros: number

  #year = 1970
  #month = 1
  #day = 1
  #hour = 0
  #minute = 0
  #second = 0
  #offset = 0
  #hasOffset = false
  /** The date of the row before, which most rows share, and its day since 1970. */
  #knownDate = -1
  #knownDay = 0

  private constructor(date: readonly number[], time: readonly number[], epochZeros: number) {
    this.#date = date
    this.#time = time
    this.#epochZeros = epochZeros
  }

  /**
   * @param isApart whether date and time are two columns, which the format has a blank between.
   * @returns undefined for a format with names, half days or fractions, or one that the delimiter would split.
   */
  static of(format: string, delimiter: number, isApart: boolean): PlainTimes | undefined {
    const zeros = Object.hasOwn(EPOCH_ZEROS, format) ? EPOCH_ZEROS[format] : undefined
    if (zeros !== undefined) return isApart ? undefined : new PlainTimes([], [], zeros)
    if (format === 'excel') return undefined
    if (format === 'iso') {
      if (isApart || delimiter === 32) return undefined
      return new PlainTimes([], [YEAR, 45, MONTH, 45, DAY, ISO_REST], -1)
    }
    const steps = stepsOf(format)
    if (steps === undefined || steps.includes(delimiter)) return undefined
    if (!isApart) return steps.includes(BLANK) && delimiter === 32 ? undefined : new PlainTimes([], steps, -1)
    const blank = steps.indexOf(BLANK)
    if (blank < 0 || steps.includes(BLANK, blank + 1)) return undefined
    return new PlainTimes(steps.slice(0, blank), steps.slice(blank + 1), -1)
  }

  /** Must be called before the columns of a row are read. */
  begin(): void {
    this.#year = 1970
    this.#month = 1
    this.#day = 1
    this.#hour = 0
    this.#minute = 0
    this.#second = 0
    this.#offset = 0
    this.#hasOffset = false
  }

  /** Reads the date of a line from `at`; the place after it, or -1. */
  date(bytes: Uint8Array, at: number, to: number): number {
    return this.#run(this.#date, bytes, at, to)
  }

  /** Reads the time of a line from `at`; the place after it, or -1. */
  time(bytes: Uint8Array, at: number, to: number): number {
    return this.#epochZeros < 0 ? this.#run(this.#time, bytes, at, to) : this.#epoch(bytes, at, to)
  }

  /** Puts together what the columns said; false when there is no such time. */
  end(): boolean {
    if (this.#epochZeros >= 0) return true
    const y = this.#year
    const m = this.#month
    const d = this.#day
    const date = (y * 100 + m) * 100 + d
    if (date !== this.#knownDate) {
      if (m < 1 || m > 12 || d < 1 || d > daysIn(y, m)) return false
      this.#knownDate = date
      this.#knownDay = epochDay(y, m, d)
    }
    if (this.#hour > 23 || this.#minute > 59 || this.#second > 59) return false
    this.seconds = this.#knownDay * 86_400 + this.#hour * 3600 + this.#minute * 60 + this.#second - this.#offset
    this.isInstant = this.#hasOffset
    return true
  }

  #run(steps: readonly number[], bytes: Uint8Array, from: number, to: number): number {
    let at = from
    for (let i = 0; i < steps.length; i++) {
      const hasAllDigits = steps[i] >= ALL_DIGITS + YEAR
      const step = hasAllDigits ? steps[i] - ALL_DIGITS : steps[i]
      if (step < 256) {
        if (at >= to || bytes[at] !== step) return -1
        at++
        continue
      }
      if (step === BLANK) {
        if (at >= to || bytes[at] !== 32) return -1
        do at++
        while (at < to && bytes[at] === 32)
        continue
      }
      if (step >= OFFSET) {
        at = step === OFFSET ? this.#readOffset(bytes, at, to) : this.#isoRest(bytes, at, to)
        if (at < 0) return -1
        continue
      }
      if (at >= to) return -1
      let value = bytes[at] - 48
      if (value < 0 || value > 9) return -1
      const most = step === YEAR ? at + 4 : at + 2
      at++
      while (at < most && at < to) {
        const digit = bytes[at] - 48
        if (digit < 0 || digit > 9) break
        value = value * 10 + digit
        at++
      }
      if (hasAllDigits && at < most) return -1
      if (step === YEAR) this.#year = value
      else if (step === MONTH) this.#month = value
      else if (step === DAY) this.#day = value
      else if (step === HOUR) this.#hour = value
      else if (step === MINUTE) this.#minute = value
      else if (step === SECOND) this.#second = value
      else this.#year = value < 69 ? 2000 + value : 1900 + value
    }
    return at
  }

  /** What follows the date of `iso`: a blank or T, hours, minutes, and perhaps seconds, a fraction of zero, an offset. */
  #isoRest(bytes: Uint8Array, from: number, to: number): number {
    if (from >= to || (bytes[from] !== 32 && bytes[from] !== 84)) return -1
    let at = this.#run(HOUR_AND_MINUTE, bytes, from + 1, to)
    if (at >= 0 && at < to && bytes[at] === 58) at = this.#run(COLON_AND_SECOND, bytes, at, to)
    if (at < 0) return -1
    if (at < to && bytes[at] === 46) {
      const first = ++at
      while (at < to && bytes[at] === 48) at++
      if (at === first || at - first > 9) return -1
    }
    const next = at < to ? bytes[at] : 0
    return next === 90 || next === 43 || next === 45 ? this.#readOffset(bytes, at, to) : at
  }

  /** `Z`, `+HH`, `+HHMM` or `+HH:MM`. */
  #readOffset(bytes: Uint8Array, from: number, to: number): number {
    if (from >= to) return -1
    this.#hasOffset = true
    const sign = bytes[from]
    if (sign === 90) {
      this.#offset = 0
      return from + 1
    }
    if (sign !== 43 && sign !== 45) return -1
    const hours = twoDigits(bytes, from + 1, to)
    if (hours < 0) return -1
    let at = from + 3
    let minutes = twoDigits(bytes, bytes[at] === 58 ? at + 1 : at, to)
    if (minutes < 0) minutes = 0
    else at += bytes[at] === 58 ? 3 : 2
    const seconds = hours * 3600 + minutes * 60
    this.#offset = sign === 45 ? -seconds : seconds
    return at
  }

  #epoch(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to && bytes[at] >= 48 && bytes[at] <= 57) at++
    const last = at - this.#epochZeros
    if (last <= from || last - from > 10) return -1
    let value = 0
    for (let i = from; i < last; i++) value = value * 10 + (bytes[i] - 48)
    for (let i = last; i < at; i++) if (bytes[i] !== 48) return -1
    if (value >= LATEST_EPOCH) return -1
    this.seconds = value
    this.isInstant = true
    return at
  }
}

const HOUR_AND_MINUTE = [HOUR, 58, MINUTE]
const COLON_AND_SECOND = [58, SECOND]

function twoDigits(bytes: Uint8Array, at: number, to: number): number {
  if (at + 2 > to) return -1
  const high = bytes[at] - 48
  const low = bytes[at + 1] - 48
  return high < 0 || high > 9 || low < 0 || low > 9 ? -1 : 10 * high + low
}

function stepsOf(format: string): readonly number[] | undefined {
  const steps: number[] = []
  for (const { directive, character, digits } of patternParts(format)) {
    if (directive === undefined) {
      const code = character.codePointAt(0) ?? 0
      if (code > 127) return undefined
      steps.push(code === 32 ? BLANK : code)
      continue
    }
    const known = DIRECTIVES[directive]
    if (known === undefined) return undefined
    steps.push(digits === 0 ? known : known + ALL_DIGITS)
  }
  return steps
}
