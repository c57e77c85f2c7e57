import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { SessionDate } from '#shared/time.ts'

/** A decision of the operator that the differences of a cause are known and may stand. */
export interface AcceptedCause {
  readonly causeKey: string
  readonly symbols?: readonly string[] | undefined
  readonly from?: SessionDate | undefined
  readonly to?: SessionDate | undefined
  readonly fields?: readonly string[] | undefined
}

export type DifferenceStateName = 'explained' | 'waiting' | 'open'

/** A cause of a symbol, as far as acceptances are concerned. */
export interface AcceptableCause {
  readonly key: string
  /** Fields whose values it changes; null where it is about whole rows. */
  readonly fields: readonly string[] | null
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
      ({ symbols, from, to }) =>
        (symbols === undefined || symbols.includes(symbol)) &&
        (from === undefined || from <= sessionDate) &&
        (to === undefined || sessionDate <= to),
    )
    const bitsOf = (isCovered: (decision: AcceptedCause, cause: AcceptableCause) => boolean): number =>
      causes.reduce(
        (bits, cause, at) =>
          covering.some((decision) => decision.causeKey === cause.key && isCovered(decision, cause))
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
