import type { z } from 'zod'
import { SwitchyardError } from '#shared/errors.ts'
import { formatKeyPath } from '#shared/key-path.ts'
import { pacingOptionSchema, type PacingOption } from '../pacing/pacing-limits.ts'
import { type Fault, faultSchema } from './fault-schema.ts'
import { type Scenario, scenarioSchema } from './scenario-schema.ts'

/**
 * A scenario with what was left out filled in.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS that names each key that is wrong.
 */
export function parseScenario(content: unknown): Scenario {
  return parse('scenario', scenarioSchema, content)
}

/** A fault with what was left out filled in. Throws BAD_ARGUMENTS that names each key that is wrong. */
export function parseFault(content: unknown): Fault {
  return parse('fault', faultSchema, content)
}

/** Pacing as a text option gives it. Throws BAD_ARGUMENTS for anything else. */
export function parsePacing(content: unknown): PacingOption {
  return parse('pacing', pacingOptionSchema, content) as PacingOption
}

function parse<T>(what: string, schema: z.ZodType<T>, content: unknown): T {
  const result = schema.safeParse(content)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${formatKeyPath([what, ...path])}: ${message}`)
  throw new SwitchyardError('BAD_ARGUMENTS', problems.join('\n'), { hint: 'docs/scenarios.md describes scenarios.' })
}
