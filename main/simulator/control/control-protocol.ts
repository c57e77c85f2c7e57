import { z } from 'zod'
import type { ErrorReport } from '#shared/errors.ts'
import type { Violation } from '../pacing/violation.ts'
import type { InjectedFault } from '../scenario/fault-engine.ts'
import { faultSchema } from '../scenario/fault-schema.ts'
import { scenarioSchema } from '../scenario/scenario-schema.ts'

/**
 * The control port speaks newline-delimited JSON: each line to it is a request, each line from it the answer to one, in order.
 */
export const controlRequestSchema = z.discriminatedUnion('op', [
  /** Tells how the simulator is. */
  z.strictObject({ op: z.literal('status') }),
  /** Loads a scenario in the place of the one before. */
  z.strictObject({ op: z.literal('scenario'), scenario: scenarioSchema }),
  /** Adds a fault. */
  z.strictObject({ op: z.literal('inject'), fault: faultSchema }),
])

/** A request as it is written, before what was left out is filled in. */
export type ControlRequest = z.input<typeof controlRequestSchema>

/** How a simulator is; the newest 100 violations and faults, and how many there were. */
export interface SimulatorStatus {
  readonly port: number
  readonly isListening: boolean
  readonly connections: number
  readonly scenario: string | null
  readonly requestCount: number
  readonly violationCount: number
  readonly violations: readonly Violation[]
  readonly faultCount: number
  readonly faultsInjected: readonly InjectedFault[]
}

export type ControlReply =
  | { readonly ok: true; readonly status: SimulatorStatus }
  | { readonly ok: false; readonly error: ErrorReport }

/** Longest line either way, bytes. */
export const MAX_CONTROL_LINE = 1 << 20
