import { COMMON_NULLS, type LegacyBarsConfig } from '#shared/config/legacy-config.ts'

/** Powers of ten that a double holds exactly. */
export const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const INFINITE = /^([+-]?)inf(?:inity)?$/i
/** What spreadsheets write in place of a value. */
const DEBRIS = /^#(?:NAME\?|VALUE!|REF!|DIV\/0!|NUM!|NULL!|N\/A|SPILL!|CALC!)$|^#{2,}$/i

/** Reads numbers as a description says that they are written. NaN is a missing value; `isBad` tells that it was no number. */
export class NumberParser {
  isBad = false
  /** Character code of the decimal mark. */
  readonly decimalCode: number
  readonly #decimal: string
  readonly #thousands: string
  readonly #currency: string
  readonly #groups: RegExp
  readonly #nulls: ReadonlySet<string>
  /** Numbers that stand for a missing value, such as -999. */
  readonly #missing: ReadonlySet<number>

  constructor({
    decimal,
    thousands,
    currency,
    nulls,
  }: Pick<LegacyBarsConfig, 'decimal' | 'thousands' | 'currency' | 'nulls'>) {
    this.#currency = currency
    this.#decimal = decimal
    this.decimalCode = decimal.charCodeAt(0)
    this.#thousands = thousands
    const group = `[${thousands === ' ' ? ' \u00a0\u202f' : thousands}]`
    this.#groups = new RegExp(`^[+-]?\\d{1,3}(?:${group}\\d{3})+(?:${decimal === '.' ? '\\.' : decimal}\\d*)?$`)
    this.#nulls = new Set(nulls === 'common' ? COMMON_NULLS : nulls.map((spelling) => spelling.toLowerCase()))
    this.#missing = new Set(
      [...this.#nulls].map((spelling) => this.#number(spelling)).filter((value) => !Number.isNaN(value)),
    )
  }

  /** Whether any number stands for a missing value. */
  get hasMissing(): boolean {
    return this.#missing.size > 0
  }

  /** Whether a number stands for a missing value. */
  isMissing(value: number): boolean {
    return this.#missing.size > 0 && this.#missing.has(value)
  }

  /** Whether a text, without blanks around it, stands for a missing value. */
  isNull(text: string): boolean {
    return this.#nulls.has(text.toLowerCase())
  }

  parse(text: string, start: number, end: number): number {
    const value = this.#parse(text, start, end)
    return this.isMissing(value) ? NaN : value
  }

  #parse(text: string, start: number, end: number): number {
    this.isBad = false
    // Up to 15 digits and 22 decimals, digits and power are exact, so that one division rounds as it must.
    let at = start
    let mantissa = 0
    let count = 0
    let decimals = -1
    const isNegative = at < end && text.charCodeAt(at) === 45
    if (isNegative) at++
    for (; at < end; at++) {
      const code = text.charCodeAt(at)
      if (code >= 48 && code <= 57) {
        mantissa = mantissa * 10 + (code - 48)
        count++
        if (decimals >= 0) decimals++
      } else if (code === this.decimalCode && decimals < 0) decimals = 0
      else break
    }
    if (at === end && count > 0 && count <= 15) {
      const value = decimals > 0 ? mantissa / POWERS[decimals] : mantissa
      return isNegative ? -value : value
    }
    return this.#slow(text.slice(start, end).trim())
  }

  #slow(text: string): number {
    if (this.#nulls.has(text.toLowerCase())) return NaN
    const value = this.#number(text)
    this.isBad = Number.isNaN(value)
    return value
  }

  /** A number in any of the forms that it may have, NaN when it is none. */
  #number(text: string): number {
    let plain = this.#currency === '' ? text : withoutCurrency(text, this.#currency)
    if (this.#thousands !== '' && this.#groups.test(plain)) {
      plain = plain.replaceAll(this.#thousands === ' ' ? /[ \u00a0\u202f]/g : this.#thousands, '')
    }
    if (this.#decimal === ',') {
      if (plain.includes('.')) return NaN
      plain = plain.replace(',', '.')
    }
    if (NUMBER.test(plain)) return Number(plain)
    const infinite = INFINITE.exec(plain)
    if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity
    return NaN
  }
}

/** What is wrong with a text that should be a number. */
export function notANumber(text: string): string {
  return DEBRIS.test(text.trim())
    ? `is what a spreadsheet left, "${text.trim()}"`
    : `is not a number: "${text.slice(0, 60)}"`
}

/** `$1.50`, `-$1.50`, `$ -1.50` and `1.50 $` without the sign. */
function withoutCurrency(text: string, sign: string): string {
  const minus = text.startsWith('-') ? '-' : ''
  const size = text.slice(minus.length)
  if (size.startsWith(sign)) return minus + size.slice(sign.length).trimStart()
  return size.endsWith(sign) ? minus + size.slice(0, -sign.length).trimEnd() : text
}
