import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import type { SymbolConfig, WorkspaceConfig } from '#shared/config/workspace-config.ts'
import type { Clock } from '#main/tws/clock.ts'
import type { EngineEvent } from '#shared/contract/contract.ts'
import type { FeatureSetDefinition } from '#shared/features/definition.ts'
import type { BrokerHours } from '#main/stores/fetch-log.ts'
import type { HoursDecision } from '#main/stores/ops-store.ts'
import type { SessionDate } from '#shared/time.ts'
import type { Stores } from '#main/stores/stores.ts'
import type { ActivityBoard } from '#main/tws/ingest/ingest-activity.ts'
import type { LiveBoard } from '#main/tws/live/live-board.ts'
import type { TwsClient } from '#main/tws/tws-client.ts'
import type { ComputePool } from './compute-pool.ts'

export type LoadedFeatureSet = FeatureSetDefinition & { readonly hash: string }

/** What jobs work with; made once by the engine. */
export interface JobServices {
  readonly version: string
  /** The workspace folder. */
  readonly folder: string
  readonly config: WorkspaceConfig
  readonly configHash: string
  readonly stores: Stores
  readonly pool: ComputePool
  readonly clock: Clock
  /** Of the clock, milliseconds since the epoch. */
  readonly nowMs: () => number
  /** The calendar of a symbol with what the operator decided where the broker's schedule differs from it. */
  readonly calendarOf: (symbol: string) => TradingCalendar
  /** Tells the broker's own hours of a symbol's sessions; null where it was not asked after the session was over. */
  readonly brokerHoursOf: (
    symbol: string,
  ) => (session: { readonly date: SessionDate; readonly closeTs: number }) => BrokerHours | null
  /** The calendar of a symbol as it is defined. */
  readonly calendarWithoutDecisions: (symbol: string) => TradingCalendar
  /**
   * What `calendarOf` would give after a decision, in place of an earlier one about the same session. Throws BAD_ARGUMENTS when its hours
   * cannot be, for example because they overlap with the session of the next day.
   */
  readonly calendarWith: (symbol: string, decision: HoursDecision) => TradingCalendar
  /** Makes `calendarOf` follow decisions that were taken since. */
  readonly reloadHours: () => void
  readonly featureSet: (name: string) => LoadedFeatureSet
  /** The shared client for the configured TWS; another address gets a client of its own, which the caller closes. */
  readonly twsClient: TwsClient
  readonly openTwsClient: (address: { host: string; port: number }) => TwsClient
  /** Requests for bars under way, and symbols that are streamed, for the operator to see. */
  readonly activity: ActivityBoard
  readonly live: LiveBoard
  readonly publish: (event: EngineEvent) => void
  /** Entry of a symbol in switchyard.yaml; throws UNKNOWN_SYMBOL. */
  readonly symbolConfig: (symbol: string) => SymbolConfig
}
