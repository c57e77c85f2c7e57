import type { HardLimits } from './hard-limits.ts'
import type { PacedRequest } from './paced-request.ts'
import { type Place, type TurnCounter, TurnQueue } from './turn-queue.ts'

/** Why a request of this queue cannot go yet. */
export type HardReason = 'small-bars-budget' | 'contract-rate' | 'identical-request'

export type HardChoice =
  | { readonly kind: 'go'; readonly place: Place<PacedRequest>; readonly overtaken: number | undefined }
  | {
      readonly kind: 'blocked'
      readonly untilMs: number
      readonly because: HardReason
      /** A request waits for the budget of ten minutes alone, so that nobody of lower priority may use it up. */
      readonly claimsBudget: boolean
    }

/** Levels of the queue, outermost first. */
const [SYMBOL, CONTRACT] = [0, 1]

/**
 * The waiting requests of one priority that the hard limits hold for. Symbols take turns, within a symbol its contract keys, and
 * identical requests stand behind each other: so a limit for one contract or one identity is looked up once for all that wait for
 * it, and since only the at most 60 requests of the last ten minutes can make such a limit bite, a choice passes at most so many
 * groups before it comes to one that may go.
 */
export class HardLimitQueue {
  readonly #limits: HardLimits
  readonly #queue: TurnQueue<PacedRequest>
  /** Waiting requests of weight 1: without any there is nobody to let past. */
  #light = 0
  /** Ids of waiting requests that were overtaken. */
  readonly #overtaken = new Set<number>()

  constructor(limits: HardLimits, turns: TurnCounter) {
    this.#limits = limits
    this.#queue = new TurnQueue(turns)
  }

  get isEmpty(): boolean {
    return this.#queue.isEmpty
  }

  add(request: PacedRequest): Place<PacedRequest> {
    if (request.weight === 1) this.#light++
    // Of one weight within a contract key, so that a limit gives the same answer for all of a group.
    const contract = `${request.weight} ${request.contractKey}`
    return this.#queue.add([request.symbol, contract, request.identity], request)
  }

  remove(place: Place<PacedRequest>): void {
    this.#forget(place.item)
    this.#queue.remove(place)
  }

  /** Takes out what was chosen. */
  serve({ place, overtaken }: HardChoice & { readonly kind: 'go' }): void {
    this.#forget(place.item)
    this.#queue.serve(place)
    if (overtaken !== undefined) this.#overtaken.add(overtaken)
  }

  turnOf(place: Place<PacedRequest>): number {
    return this.#queue.turnOf(place)
  }

  /**
   * Which request is next in a queue that is not empty. When the first one weighs two and the budget has room for one only, one of weight one goes past it,
   * once; after that the room is kept until it suffices.
   */
  choose(nowMs: number): HardChoice {
    const anyAtMs = this.#limits.budgetAtMs(nowMs, 1)
    if (anyAtMs > nowMs) return blockedByBudget(anyAtMs)

    let untilMs = Infinity
    let because: HardReason = 'contract-rate'
    const mayGo = (request: PacedRequest, level: number): boolean => {
      if (level === SYMBOL) return true
      const byContract = level === CONTRACT
      const atMs = byContract ? this.#limits.contractAtMs(nowMs, request) : this.#limits.identicalAtMs(nowMs, request)
      if (atMs <= nowMs) return true
      if (atMs < untilMs) {
        untilMs = atMs
        because = byContract ? 'contract-rate' : 'identical-request'
      }
      return false
    }
    const first = this.#queue.find(mayGo)
    if (first === undefined) return { kind: 'blocked', untilMs, because, claimsBudget: false }
    const left = this.#limits.left(nowMs)
    if (first.item.weight <= left) return { kind: 'go', place: first, overtaken: undefined }
    if (this.#light > 0 && !this.#overtaken.has(first.item.id)) {
      const place = this.#queue.find(
        (request, level) => (level === SYMBOL || request.weight <= left) && mayGo(request, level),
      )
      if (place !== undefined) return { kind: 'go', place, overtaken: first.item.id }
    }
    return blockedByBudget(this.#limits.budgetAtMs(nowMs, first.item.weight))
  }

  #forget({ id, weight }: PacedRequest): void {
    if (weight === 1) this.#light--
    this.#overtaken.delete(id)
  }
}

function blockedByBudget(untilMs: number): HardChoice {
  return { kind: 'blocked', untilMs, because: 'small-bars-budget', claimsBudget: true }
}
