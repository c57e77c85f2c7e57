import { implement, type ImplementerInternalWithMiddlewares, ORPCError } from '@orpc/server'
import { type Contract, contract } from '#shared/contract/contract.ts'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { storeError } from '#main/stores/store-error.ts'

export interface RpcContext {
  readonly engine: Engine
}

/**
 * What every procedure is made from: whatever an operator can meet crosses the boundary as OPERATOR_ERROR with code, message
 * and hint; anything else is a defect, is logged with its cause and crosses as the same with code INTERNAL.
 */
export const os: ImplementerInternalWithMiddlewares<Contract, RpcContext, RpcContext> = implement(contract)
  .$context<RpcContext>()
  .use(async ({ context, next, errors, path }) => {
    try {
      return await next({ context })
    } catch (caught) {
      if (caught instanceof ORPCError) throw caught
      const thrown = storeError(caught, context.engine.folder)
      const data = reportError(thrown)
      if (!(thrown instanceof SwitchyardError)) context.engine.log.error({ thrown, path }, 'a procedure failed')
      throw errors.OPERATOR_ERROR({ message: data.message, data, cause: thrown })
    }
  })
