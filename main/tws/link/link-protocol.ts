import type { Contract, ContractDetails } from '@stoqey/ib'
import type { BarColumns } from '#shared/bars.ts'

/**
 * What passes between the engine and the thread that holds the socket. Plain data; columns are handed over, not copied.
 */

/** A request as TWS takes it; `id` is unique on its link. */
export type LinkRequest =
  | { readonly kind: 'contractDetails'; readonly id: number; readonly contract: Contract }
  | {
      readonly kind: 'historicalBars'
      readonly id: number
      readonly contract: Contract
      /** `yyyymmdd-hh:mm:ss` in UTC; empty for now, which `keepUpToDate` demands. */
      readonly endDateTime: string
      readonly duration: string
      readonly barSize: string
      readonly whatToShow: string
      readonly useRth: boolean
      readonly keepUpToDate: boolean
    }
  | {
      readonly kind: 'schedule'
      readonly id: number
      readonly contract: Contract
      readonly endDateTime: string
      readonly duration: string
      readonly useRth: boolean
    }
  | {
      readonly kind: 'headTimestamp'
      readonly id: number
      readonly contract: Contract
      readonly whatToShow: string
      readonly useRth: boolean
    }

export type LinkCommand =
  | LinkRequest
  | { readonly kind: 'connect'; readonly host: string; readonly port: number; readonly clientId: number }
  | { readonly kind: 'cancelHistorical'; readonly id: number }
  | { readonly kind: 'cancelHeadTimestamp'; readonly id: number }
  | { readonly kind: 'currentTime' }

/** A session of the broker's own schedule, in TWS's words: `yyyymmdd-hh:mm:ss` in the zone `timeZone`. */
export interface ScheduleSession {
  readonly startDateTime: string
  readonly endDateTime: string
  /** `yyyymmdd` */
  readonly refDate: string
}

/** The bar in progress, as it stands. */
export interface BarUpdate {
  readonly time: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly wap: number
  readonly tradeCount: number
}

export type LinkEvent =
  | { readonly kind: 'opened' }
  | { readonly kind: 'version'; readonly serverVersion: number }
  | { readonly kind: 'accounts'; readonly accounts: readonly string[] }
  | { readonly kind: 'started' }
  /** Says something that belongs to no request. */
  | { readonly kind: 'notice'; readonly code: number; readonly text: string }
  | { readonly kind: 'refused'; readonly id: number; readonly code: number; readonly text: string }
  | {
      readonly kind: 'bars'
      readonly id: number
      readonly bars: BarColumns
      readonly start: string
      readonly end: string
    }
  | { readonly kind: 'barUpdate'; readonly id: number; readonly bar: BarUpdate }
  | { readonly kind: 'unreadableBars'; readonly id: number; readonly reason: string }
  | { readonly kind: 'contractDetails'; readonly id: number; readonly found: readonly ContractDetails[] }
  | { readonly kind: 'headTimestamp'; readonly id: number; readonly text: string }
  | {
      readonly kind: 'schedule'
      readonly id: number
      readonly timeZone: string
      readonly sessions: readonly ScheduleSession[]
    }
  /** Whole messages came. */
  | { readonly kind: 'heard' }
  /** The socket could not be opened, or broke. */
  | { readonly kind: 'socketError'; readonly message: string }
  /** What came cannot be messages of TWS; nothing more is read. */
  | { readonly kind: 'foreign'; readonly reason: string }
  /** The peer closed the socket. */
  | { readonly kind: 'ended' }
