/** The fields of one line, as places in its text. Used again for every line. */
export class Fields {
  text = ''
  count = 0
  /** A quotation mark was not closed, or stands in the middle of a value. */
  hasStrayQuote = false
  starts = new Int32Array(64)
  ends = new Int32Array(64)
  #hasDoubled = false
  readonly #delimiter: number
  readonly #quote: number
  readonly #mark: string

  constructor(delimiter: string, quote: string) {
    this.#delimiter = delimiter.charCodeAt(0)
    this.#quote = quote === '' ? -1 : quote.charCodeAt(0)
    this.#mark = quote
  }

  /** Splits `text` from `start` to `end`. A quoted value may hold delimiters, and quotation marks that are doubled. */
  split(text: string, start: number, end: number): void {
    this.text = text
    this.count = 0
    this.hasStrayQuote = false
    this.#hasDoubled = false
    let at = start
    for (;;) {
      if (this.count === this.starts.length) this.#grow()
      if (at < end && text.charCodeAt(at) === this.#quote) {
        at = this.#quoted(text, at, end)
      } else {
        this.starts[this.count] = at
        while (at < end && text.charCodeAt(at) !== this.#delimiter) at++
        this.ends[this.count] = at
      }
      this.count++
      if (at >= end) return
      at++
    }
  }

  /** The value of a field. */
  value(field: number): string {
    const raw = this.text.slice(this.starts[field], this.ends[field])
    return this.#hasDoubled ? raw.replaceAll(this.#mark + this.#mark, this.#mark) : raw
  }

  /** Takes a quoted value that begins at `from`; returns the place of the delimiter after it. */
  #quoted(text: string, from: number, end: number): number {
    let at = from + 1
    this.starts[this.count] = at
    for (;;) {
      while (at < end && text.charCodeAt(at) !== this.#quote) at++
      if (at >= end) {
        this.hasStrayQuote = true
        this.ends[this.count] = end
        return end
      }
      if (at + 1 < end && text.charCodeAt(at + 1) === this.#quote) {
        this.#hasDoubled = true
        at += 2
        continue
      }
      break
    }
    this.ends[this.count] = at
    at++
    while (at < end && text.charCodeAt(at) !== this.#delimiter) {
      if (text.charCodeAt(at) !== 32) this.hasStrayQuote = true
      at++
    }
    return at
  }

  #grow(): void {
    const { starts, ends } = this
    this.starts = new Int32Array(2 * starts.length)
    this.ends = new Int32Array(2 * ends.length)
    this.starts.set(starts)
    this.ends.set(ends)
  }
}
