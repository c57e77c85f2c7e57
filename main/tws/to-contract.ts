import type { Contract, SecType } from '@stoqey/ib'
import type { ContractConfig } from '#shared/config/workspace-config.ts'

/** The contract that a symbol's configuration asks for. */
export function toContract(symbol: string, config: ContractConfig): Contract {
  const contract: Contract = {
    symbol: config.symbol ?? symbol,
    secType: config.secType as SecType,
    exchange: config.exchange,
    currency: config.currency,
  }
  if (config.conId !== undefined) contract.conId = config.conId
  if (config.primaryExchange !== undefined) contract.primaryExch = config.primaryExchange
  if (config.localSymbol !== undefined) contract.localSymbol = config.localSymbol
  if (config.tradingClass !== undefined) contract.tradingClass = config.tradingClass
  if (config.multiplier !== undefined) contract.multiplier = config.multiplier
  if (config.lastTradeDateOrContractMonth !== undefined) {
    contract.lastTradeDateOrContractMonth = config.lastTradeDateOrContractMonth
  }
  return contract
}
