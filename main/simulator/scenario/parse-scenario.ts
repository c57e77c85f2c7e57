import type { z } from 'zod'
import { SwitchyardError } from '#shared/errors.ts'
import { formatKeyPath } from '#shared/key-path.ts'
import { controlRequestSchema } from '../control/control-protocol.ts'
import { type Fault, faultSchema } from './fault-schema.ts'
import { type Scenario, scenarioSchema } from './scenario-schema.ts'

const HINT = 'docs/scenarios.md describes scenarios, faults and the control port.'

/**
 * A scenario with what was left out filled in.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS that names each key that is wrong.
 */
export function parseScenario(content: unknown): Scenario {
  return parse('scenario', scenarioSchema, content)
}

/** A line to the control port. Throws BAD_ARGUMENTS for one that is not JSON or asks for nothing there is. */
export function parseControlRequest(line: string): z.output<typeof controlRequestSchema> {
  let content: unknown
  try {
    content = JSON.parse(line)
  } catch (cause) {
    throw new SwitchyardError('BAD_ARGUMENTS', 'The line is not JSON.', { hint: HINT, cause })
  }
  return parse('request', controlRequestSchema, content)
}

/** A fault with what was left out filled in. Throws BAD_ARGUMENTS that names each key that is wrong. */
export function parseFault(content: unknown): Fault {
  return parse('fault', faultSchema, content)
}

function parse<T>(what: string, schema: z.ZodType<T>, content: unknown): T {
  const result = schema.safeParse(content)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${formatKeyPath([what, ...path])}: ${message}`)
  throw new SwitchyardError('BAD_ARGUMENTS', problems.join('\n'), { hint: HINT })
}
