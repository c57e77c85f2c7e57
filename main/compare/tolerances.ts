import {
  COMPARED_FIELDS,
  type ComparedField,
  type SessionPart,
  type Tolerance,
  type ToleranceRules,
} from '#shared/config/comparison-config.ts'
import { SwitchyardError } from '#shared/errors.ts'

/** A tolerance in units of the field: `|new - old| <= abs + rel * |old|` is within it. */
export interface Limit {
  readonly abs: number
  readonly rel: number
}

export type Tolerances = Readonly<Record<ComparedField, Limit>>

/** The tolerances of one symbol, worked out from rules and tick size. */
export interface SymbolTolerances {
  readonly open: Tolerances
  readonly middle: Tolerances
  readonly close: Tolerances
  readonly openMinutes: number
  readonly closeMinutes: number
}

/** Where the parts of a session meet, and what counts at its ends. Minutes between the two moments are the middle. */
export interface SessionEdges {
  /** Minutes that start before it belong to the open. */
  readonly openUntilTs: number
  /** Minutes that start at it or later belong to the close, unless they belong to the open. */
  readonly closeFromTs: number
  readonly open: Tolerances
  readonly close: Tolerances
}

/**
 * The limits of one symbol in every part of its sessions: `ticks` are multiplied by the tick size, `bp` are ten-thousandths of
 * the old value, and both are added to `abs` and `rel`.
 *
 * @param tickSize smallest price step of the symbol; null where it is unknown.
 * @throws {SwitchyardError} BAD_ARGUMENTS when a tolerance is in ticks and the tick size is unknown.
 */
export function symbolTolerances(rules: ToleranceRules, symbol: string, tickSize: number | null): SymbolTolerances {
  const of = (part: SessionPart): Tolerances => {
    const chosen: Record<ComparedField, Tolerance> = { ...rules.tolerances }
    for (const override of rules.overrides) {
      if (override.symbols !== undefined && !override.symbols.includes(symbol)) continue
      if (override.part !== undefined && override.part !== part) continue
      for (const field of COMPARED_FIELDS) chosen[field] = override.tolerances[field] ?? chosen[field]
    }
    const limits = {} as Record<ComparedField, Limit>
    for (const field of COMPARED_FIELDS) limits[field] = limitOf(chosen[field], field, symbol, tickSize)
    return limits
  }
  return { open: of('open'), middle: of('middle'), close: of('close'), ...rules.sessionParts }
}

function limitOf({ abs, rel, ticks, bp }: Tolerance, field: string, symbol: string, tickSize: number | null): Limit {
  if (ticks > 0 && tickSize === null) {
    throw new SwitchyardError(
      'BAD_ARGUMENTS',
      `The tolerance of ${field} is in ticks, and the tick size of ${symbol} is not known.`,
      {
        hint: `Set tickSize of ${symbol} in switchyard.yaml, fetch its contract with an ingest, or give the tolerance as abs.`,
      },
    )
  }
  return { abs: abs + (ticks > 0 ? ticks * (tickSize ?? 0) : 0), rel: rel + bp / 10_000 }
}

/** The ends of a session that is open from `openTs` (included) to `closeTs` (excluded), epoch seconds. */
export function sessionEdges(tolerances: SymbolTolerances, openTs: number, closeTs: number): SessionEdges {
  return {
    openUntilTs: openTs + 60 * tolerances.openMinutes,
    closeFromTs: closeTs - 60 * tolerances.closeMinutes,
    open: tolerances.open,
    close: tolerances.close,
  }
}
