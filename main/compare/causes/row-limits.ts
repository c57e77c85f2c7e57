import type { Session } from '#shared/calendar/calendar.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { type Limit, type SessionEdges, sessionEdges, type SymbolTolerances, type Tolerances } from '../tolerances.ts'

const inOrder = (tolerances: Tolerances): readonly Limit[] => COMPARED_FIELDS.map((field) => tolerances[field])

/** What is allowed at a minute of a session, by field in the order of COMPARED_FIELDS: the same as in the comparison. */
export class RowLimits {
  readonly middle: readonly Limit[]
  readonly #tolerances: SymbolTolerances
  readonly #open: readonly Limit[]
  readonly #close: readonly Limit[]
  #session: Session | null = null
  #edges: SessionEdges | null = null

  constructor(tolerances: SymbolTolerances) {
    this.#tolerances = tolerances
    this.#open = inOrder(tolerances.open)
    this.middle = inOrder(tolerances.middle)
    this.#close = inOrder(tolerances.close)
  }

  at(session: Session, ts: number): readonly Limit[] {
    if (this.#edges === null || this.#session !== session) {
      this.#session = session
      this.#edges = sessionEdges(this.#tolerances, session.openTs, session.closeTs)
    }
    if (ts < this.#edges.openUntilTs) return this.#open
    return ts >= this.#edges.closeFromTs ? this.#close : this.middle
  }
}
