import { z } from 'zod'
import { pacingOptionSchema } from '../pacing/pacing-limits.ts'
import { faultSchema } from './fault-schema.ts'

/** How a symbol is answered whatever is asked about it. */
export const SYMBOL_CONDITIONS = [
  /** Several contracts fit; only a contract id or primary exchange tells them apart. */
  'ambiguous',
  /** 162: no market data permissions. */
  'noPermission',
  /** 354: market data is not subscribed. */
  'notSubscribed',
  /** 10090: a warning, and the data. */
  'partlySubscribed',
  /** 10167: a warning, and the data. */
  'delayed',
  /** 162: no data, whatever the range. */
  'noData',
  /** 10197: a competing live session. */
  'competingSession',
  /** 162: connected from a different IP address. */
  'differentIp',
] as const

export type SymbolCondition = (typeof SYMBOL_CONDITIONS)[number]

/** What a scenario file holds: what goes wrong, and when. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().default(''),
  /** Seed of whatever is drawn at random: garbage, revised bars. */
  seed: z.int().min(0).default(1),
  /** Pacing in force from the moment the scenario is loaded; as it was when left out. */
  pacing: pacingOptionSchema.optional(),
  /** Conditions by symbol. */
  symbols: z.record(z.string().min(1), z.enum(SYMBOL_CONDITIONS)).default({}),
  faults: z.array(faultSchema).max(1000).default([]),
})

export type Scenario = z.output<typeof scenarioSchema>
/** A scenario as it is written, before what was left out is filled in. */
export type ScenarioInput = z.input<typeof scenarioSchema>
