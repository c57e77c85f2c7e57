import { type PacingLimits, type PacingOption, limitsOf } from './pacing-limits.ts'
import { type PacedRequest, SmallBarPacer } from './small-bar-pacer.ts'
import { SoftPacer } from './soft-pacer.ts'
import type { PacingRule, Violation } from './violation.ts'

/** Who made a request. */
export interface Requester {
  readonly clientId: number | null
  readonly reqId: number | null
}

/** What becomes of a request: it is served, after `delayMs`, or refused for the rule it breaks. */
export type PacingVerdict =
  | { readonly kind: 'served'; readonly delayMs: number }
  | { readonly kind: 'refused'; readonly rule: PacingRule }

const AT_ONCE: PacingVerdict = { kind: 'served', delayMs: 0 }

/** At most this many violations are kept, the oldest first to go. */
const MAX_VIOLATIONS = 10_000

/** The pacing of one simulated TWS: what is counted across its clients, and the violations seen. */
export class Pacing {
  readonly violations: Violation[] = []
  readonly #smallBars = new SmallBarPacer()
  readonly #largeBars = new SoftPacer()
  readonly #nowMs: () => number
  #limits: PacingLimits | null

  constructor(option: PacingOption, nowMs: () => number) {
    this.#limits = limitsOf(option)
    this.#nowMs = nowMs
  }

  /** Null when nothing is enforced. */
  get limits(): PacingLimits | null {
    return this.#limits
  }

  /** Puts other limits in force; what was counted so far stays counted. */
  change(option: PacingOption): void {
    this.#limits = limitsOf(option)
  }

  /** Decides about a request for bars of 30 seconds or less, a head time stamp, or real-time bars. */
  admitSmall(request: PacedRequest, requester: Requester): PacingVerdict {
    if (this.#limits === null) return AT_ONCE
    const rule = this.#smallBars.admit(request, this.#nowMs(), this.#limits)
    return rule === null ? AT_ONCE : this.#refuse(rule, requester)
  }

  /** Decides about a request for bars of a minute or more. */
  admitLarge(requester: Requester): PacingVerdict {
    if (this.#limits === null) return AT_ONCE
    const verdict = this.#largeBars.admit(this.#nowMs(), this.#limits)
    return verdict.kind === 'abuse' ? this.#refuse('abuse', requester) : { kind: 'served', delayMs: verdict.delayMs }
  }

  /** Decides about one more open request beside the `open` that there are. */
  admitOpen(open: number, requester: Requester): PacingVerdict {
    if (this.#limits === null || open < this.#limits.openRequests) return AT_ONCE
    return this.#refuse('openRequests', requester)
  }

  /** Adds a violation to the list. */
  note(rule: PacingRule, { clientId, reqId }: Requester, injected: boolean): void {
    this.violations.push({ atMs: this.#nowMs(), rule, clientId, reqId, injected })
    if (this.violations.length > MAX_VIOLATIONS) this.violations.splice(0, this.violations.length - MAX_VIOLATIONS)
  }

  #refuse(rule: PacingRule, requester: Requester): PacingVerdict {
    this.note(rule, requester, false)
    return { kind: 'refused', rule }
  }
}
