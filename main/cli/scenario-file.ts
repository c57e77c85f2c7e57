import { readdirSync } from 'node:fs'
import { join, parse } from 'node:path'
import { SwitchyardError } from '#shared/errors.ts'
import { BUILT_IN_SCENARIOS } from '#main/engine/data-folder.ts'
import { readYamlFile } from '#main/engine/yaml-file.ts'
import { type Scenario, scenarioSchema } from '#main/simulator/scenario/scenario-schema.ts'

const HINT = 'docs/scenarios.md describes what a scenario may say.'

/** Names of the scenarios that come with Switchyard. */
export function builtInScenarios(): string[] {
  return readdirSync(BUILT_IN_SCENARIOS)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(file).name)
    .sort()
}

/**
 * Reads a scenario: a file, or by its name one of those that come with Switchyard.
 *
 * @throws {SwitchyardError} CONFIG_INVALID that names file, line and key; BAD_ARGUMENTS when there is no such scenario.
 */
export function readScenario(nameOrFile: string): Scenario {
  const isName = !/[/\\.]/.test(nameOrFile)
  const file = isName ? join(BUILT_IN_SCENARIOS, `${nameOrFile}.yaml`) : nameOrFile
  const yaml = readYamlFile(file, HINT)
  if (yaml !== null) return yaml.parse(scenarioSchema)
  throw new SwitchyardError('BAD_ARGUMENTS', `There is no scenario "${nameOrFile}".`, {
    hint: `Give a YAML file, or one of ${builtInScenarios().join(', ')}.`,
  })
}
