import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'

/** Sessions that it takes before a habit is called one. */
const FEW_SESSIONS = 3

/**
 * Looks at where bars lie against the hours of their sessions. A description that is wrong about zone or label still imports
 * every row, a few minutes or hours beside its place; this is where it shows.
 */
export class BarEvidence {
  #sessions = 0
  #bars = 0
  #inside = 0
  /** Sessions with a bar that begins at the open, a minute before it, at the close, and a minute before that. */
  #atOpen = 0
  #beforeOpen = 0
  #atClose = 0
  #beforeClose = 0
  #missingValues = 0
  #stepsOfOne = 0
  readonly #steps = new Map<number, number>()
  #flat = 0
  #inverted = 0
  #fractionalVolume = 0
  #negative = 0

  add(session: Session, bars: BarColumns): void {
    const { openTs, closeTs } = session
    const { ts, open, high, low, close, volume } = bars
    let ones = 0
    this.#sessions++
    this.#bars += ts.length
    for (let i = 0; i < ts.length; i++) {
      const at = ts[i]
      if (at >= openTs && at < closeTs) this.#inside++
      if (at === openTs) this.#atOpen++
      if (at === openTs - BAR_SECONDS) this.#beforeOpen++
      if (at === closeTs) this.#atClose++
      if (at === closeTs - BAR_SECONDS) this.#beforeClose++
      if (Number.isNaN(open[i] + high[i] + low[i] + close[i])) this.#missingValues++
      if (high[i] < low[i] || high[i] < open[i] || high[i] < close[i] || low[i] > open[i] || low[i] > close[i])
        this.#inverted++
      if (low[i] < 0 || volume[i] < 0) this.#negative++
      if (volume[i] > 0 && volume[i] !== Math.floor(volume[i])) this.#fractionalVolume++
      if (volume[i] === 0) {
        if (high[i] === low[i] && i > 0 && close[i] === close[i - 1]) this.#flat++
      }
      if (i > 0) {
        const step = (at - ts[i - 1]) / BAR_SECONDS
        // Most are; the first of them has its place among the others.
        if (step === 1 && ones++ > 0) continue
        this.#steps.set(step, (this.#steps.get(step) ?? 0) + 1)
      }
    }
    if (ones === 0) return
    this.#stepsOfOne += ones
    this.#steps.set(1, (this.#steps.get(1) ?? 0) + ones - 1)
  }

  /** What speaks against the description, in words; nothing when nothing does. */
  doubts(label: 'start' | 'end', zone: string): readonly string[] {
    const doubts: string[] = []
    const most = (count: number): boolean => count >= FEW_SESSIONS && count > 0.6 * this.#sessions
    const few = (count: number): boolean => count < 0.2 * this.#sessions
    if (this.#bars > 0 && this.#inside < 0.5 * this.#bars) {
      doubts.push(
        `only ${percent(this.#inside, this.#bars)} of the bars lie in the hours of their sessions: is ${zone} the zone of the times?`,
      )
    } else if (label === 'start' && most(this.#atClose) && few(this.#atOpen)) {
      doubts.push(
        'most sessions have a bar that begins at their close and none at their open: times may be the end of bars (label: end)',
      )
    } else if (label === 'end' && most(this.#beforeOpen) && few(this.#beforeClose)) {
      doubts.push(
        'most sessions have a bar a minute before their open and none before their close: times may be the start of bars (label: start)',
      )
    }
    const steps = [...this.#steps].sort((a, b) => b[1] - a[1])
    const total = steps.reduce((sum, [, count]) => sum + count, 0)
    if (steps.length > 0 && steps[0][0] !== 1 && total >= 5 && this.#stepsOfOne < 0.2 * total) {
      doubts.push(`most bars are ${steps[0][0]} minutes apart: these do not look like 1-minute bars`)
    }
    if (this.#flat > 0.02 * this.#bars) {
      doubts.push(
        `${this.#flat} bars repeat the close before with a volume of 0: minutes without trades were filled in`,
      )
    }
    if (this.#missingValues > 0) doubts.push(`${this.#missingValues} bars lack a price`)
    if (this.#inverted > 0) doubts.push(`in ${this.#inverted} bars high and low do not enclose open and close`)
    if (this.#negative > 0) doubts.push(`${this.#negative} bars have a negative price or volume`)
    if (this.#fractionalVolume > 0) {
      doubts.push(
        `${this.#fractionalVolume} bars have a fraction of a share as volume: adjusted for splits, or in another unit?`,
      )
    }
    return doubts
  }
}

function percent(part: number, whole: number): string {
  return `${Math.floor((100 * part) / whole)} %`
}
