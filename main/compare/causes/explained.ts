import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { SessionDate } from '#shared/time.ts'

/** A decision of the operator that the differences of a cause are known and may stand. */
export interface AcceptedCause {
  readonly causeKey: string
  readonly symbols?: readonly string[] | undefined
  readonly from?: SessionDate | undefined
  readonly to?: SessionDate | undefined
  readonly fields?: readonly string[] | undefined
  /** By symbol, {@link AcceptableCause} `extent` when it was accepted; empty where that was not kept. */
  readonly extents: Readonly<Record<string, number>>
}

export type DifferenceStateName = 'explained' | 'waiting' | 'open'

/** A cause of a symbol, as far as acceptances are concerned. */
export interface AcceptableCause {
  readonly key: string
  /** Fields whose values it changes; null where it is about whole rows. */
  readonly fields: readonly string[] | null
  /** Differences that need it, of all values and one-sided minutes of the symbol that were compared, 0 to 1. */
  readonly extent: number
}

/** An acceptance holds until a cause is more than so many times as large as it was. */
const MOST_GROWTH = 2

/**
 * Whether a cause has become so much larger than it was when it was accepted that the decision was not about this. A symbol that did not show
 * it then is measured by the one that showed it most.
 */
export function hasOutgrown(
  { extents }: Pick<AcceptedCause, 'extents'>,
  symbol: string,
  { extent }: Pick<AcceptableCause, 'extent'>,
): boolean {
  const known = Object.values(extents)
  if (known.length === 0) return false
  const then = Object.hasOwn(extents, symbol) ? extents[symbol] : Math.max(...known)
  return extent > MOST_GROWTH * then
}

/** Whether a decision is about a symbol, whatever the dates. */
export function isAboutSymbol({ symbols }: Pick<AcceptedCause, 'symbols'>, symbol: string): boolean {
  return symbols === undefined || symbols.includes(symbol)
}

/**
 * What is accepted of the causes of one symbol and session, as bits; by field, because an acceptance may be about some fields
 * only. One that names every field that the cause changes is about all of it; with any other, minutes on one side only and
 * doubled rows are not covered.
 */
export class AcceptedCauses {
  readonly #byField: readonly number[]
  readonly #rows: number

  constructor(
    accepted: readonly AcceptedCause[],
    causes: readonly AcceptableCause[],
    symbol: string,
    sessionDate: SessionDate,
  ) {
    const covering = accepted.filter(
      (decision) =>
        isAboutSymbol(decision, symbol) &&
        (decision.from === undefined || decision.from <= sessionDate) &&
        (decision.to === undefined || sessionDate <= decision.to),
    )
    const bitsOf = (isCovered: (decision: AcceptedCause, cause: AcceptableCause) => boolean): number =>
      causes.reduce(
        (bits, cause, at) =>
          covering.some(
            (decision) =>
              decision.causeKey === cause.key && !hasOutgrown(decision, symbol, cause) && isCovered(decision, cause),
          )
            ? bits | (1 << at)
            : bits,
        0,
      )
    this.#rows = bitsOf(isAboutAll)
    this.#byField = COMPARED_FIELDS.map((field) =>
      bitsOf((decision, cause) => isAboutAll(decision, cause) || decision.fields?.includes(field) === true),
    )
  }

  /** What differences of a field (below 0: of rows) are that need these causes. */
  stateOf(field: number, causes: number): DifferenceStateName {
    if (causes === 0) return 'open'
    const accepted = field < 0 ? this.#rows : this.#byField[field]
    return (causes & ~accepted) === 0 ? 'explained' : 'waiting'
  }

  /** What a minute is all of whose differences together need these causes, and one of which maybe has none. */
  stateOfRow(causes: number, hasOpen: boolean): DifferenceStateName {
    return hasOpen ? 'open' : this.stateOf(-1, causes)
  }
}

function isAboutAll({ fields }: AcceptedCause, cause: AcceptableCause): boolean {
  return fields === undefined || (cause.fields !== null && cause.fields.every((field) => fields.includes(field)))
}
