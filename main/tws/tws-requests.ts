import type { Contract } from '@stoqey/ib'
import type { BarColumns } from '#shared/bars.ts'
import type { SwitchyardError } from '#shared/errors.ts'
import type { BarUpdate } from './link/link-protocol.ts'
import type { Priority } from './pacing/paced-request.ts'

export interface BarsRequest {
  readonly symbol: string
  readonly contract: Contract
  /** In words, for messages: "SPY 2024-07-01 to 2024-07-08". */
  readonly subject: string
  /** As TWS takes it, for example `5 D`. */
  readonly duration: string
  readonly barSize: string
  readonly whatToShow: string
  readonly useRth: boolean
}

export interface HistoricalBarsRequest extends BarsRequest {
  /** End of the range, epoch seconds. */
  readonly endTs: number
}

export interface AskOptions {
  readonly priority: Priority
  readonly signal?: AbortSignal | undefined
  /** Called when it really goes out. */
  readonly onSent?: () => void
}

export interface SubscriptionListener {
  /** The bars up to now, the one in progress included. Called once. */
  onBars(bars: BarColumns): void
  /** The bar in progress as it stands; the same one comes again and again. */
  onUpdate(bar: BarUpdate): void
  /** Nothing more comes: the connection was lost, TWS stopped it, or refused it from the start. */
  onEnd(error: SwitchyardError): void
}
