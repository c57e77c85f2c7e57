import type { SymbolConfig } from '#shared/config/workspace-config.ts'

/** Symbols of one calendar on one exchange share the broker's schedule, and the operator's decisions about it. */
export function hoursGroupOf({ calendar, contract }: SymbolConfig): string {
  return `${calendar} ${contract.secType} ${contract.exchange}`
}
