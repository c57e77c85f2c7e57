import { createRouterClient } from '@orpc/server'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '#shared/contract/contract.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { os } from './base.ts'
import { compare } from './compare.ts'
import { jobs } from './jobs.ts'
import { dualRun, exporting, features, ingest, legacy, live, quality, transform } from './pipeline.ts'
import { config, connection, system } from './system.ts'

/** The whole contract, implemented. Every transport serves this one router. */
export const router = os.router({
  system,
  config,
  connection,
  jobs,
  ingest,
  live,
  transform,
  quality,
  features,
  legacy,
  dualRun,
  compare,
  export: exporting,
})

/** What a caller of the engine holds, whichever transport it came by. */
export type EngineClient = ContractRouterClient<Contract>

/** The in-memory transport: inputs and outputs are validated as on the others. */
export function createInMemoryClient(engine: Engine): EngineClient {
  return createRouterClient(router, { context: { engine } })
}
