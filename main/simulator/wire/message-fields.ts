/** Reading and writing the fields of a message: all are text, and an unset value is usually the empty text. */

/** A message whose fields cannot be what its type says. */
export class MalformedMessage extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedMessage'
  }
}

const INTEGER = /^-?\d{1,10}$/

/** Reads the fields of one message in order. Reading past the end or a number that is none throws {@link MalformedMessage}. */
export class FieldReader {
  readonly fields: readonly string[]
  #next = 0

  constructor(fields: readonly string[]) {
    this.fields = fields
  }

  get remaining(): number {
    return this.fields.length - this.#next
  }

  text(): string {
    if (this.#next >= this.fields.length) {
      throw new MalformedMessage(`the message ends after ${this.fields.length} fields`)
    }
    return this.fields[this.#next++]
  }

  integer(): number {
    const text = this.text()
    if (!INTEGER.test(text)) throw new MalformedMessage(`"${text.slice(0, 40)}" is not an integer`)
    return Number(text)
  }

  /** An integer that clients leave empty when it is unset. */
  integerOrZero(): number {
    const text = this.text()
    if (text === '') return 0
    if (!INTEGER.test(text)) throw new MalformedMessage(`"${text.slice(0, 40)}" is not an integer`)
    return Number(text)
  }

  /** A truth value; clients write 1 and 0, some write true and false, or nothing for false. */
  flag(): boolean {
    const text = this.text()
    return text === '1' || text === 'true'
  }
}

/**
 * `text` as it is sent from server version 153 on (`ENCODE_MSG_ASCII7`): every character beyond ASCII as `\uXXXX`.
 */
export function asciiText(text: string): string {
  let escaped = ''
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    escaped += unit < 128 ? text[i] : `\\u${unit.toString(16).padStart(4, '0')}`
  }
  return escaped
}

/** A price as TWS writes it: every digit it has, and at least two decimals (`255.00`, `254.2055`). */
export function priceText(price: number): string {
  const text = String(price)
  if (text.includes('e')) return price.toFixed(10)
  const dot = text.indexOf('.')
  if (dot < 0) return `${text}.00`
  return text.length - dot === 2 ? `${text}0` : text
}

/**
 * A volume, volume-weighted price or trade count. A value that does not exist is `-1`, which is how TWS itself says so for
 * data without trades (MIDPOINT, BID, ASK): clients have to read -1 as null.
 */
export function quantityText(value: number): string {
  return Number.isNaN(value) ? '-1' : String(value)
}
