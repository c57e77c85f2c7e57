import { SwitchyardError } from '#shared/errors.ts'
import { controlSimulator } from '#main/simulator/control/control-client.ts'
import type { ControlRequest, SimulatorStatus } from '#main/simulator/control/control-protocol.ts'
import { parseFault } from '#main/simulator/scenario/parse-scenario.ts'
import { type Command, type CommandInput, ExitCode } from '../command.ts'
import { integerOption, textOption } from '../options.ts'
import { readScenario } from '../scenario-file.ts'

/** `switchyard simulate control`: looks at a running simulator and changes what goes wrong in it. */
export const simulateControl: Command = {
  name: 'simulate control',
  summary: 'Look at a running simulator, load a scenario into it, or inject a fault',
  usage: '--port N [--scenario FILE|NAME | --inject JSON | --status]',
  options: {
    port: { type: 'string', help: 'Control port of the simulator' },
    scenario: { type: 'string', help: 'Scenario to load: a YAML file, or the name of a built-in one' },
    inject: { type: 'string', help: 'Fault to inject, for example {"kind":"freeze","forMs":20000}' },
    status: { type: 'boolean', help: 'Only tell how it is; the same as nothing' },
  },
  run: async (input) => {
    const port = integerOption(input, 'port', 1, 65535)
    if (port === undefined) {
      throw new SwitchyardError('BAD_ARGUMENTS', '--port is missing.', {
        hint: 'Give the control port that "switchyard simulate --control-port N" told.',
      })
    }
    const status = await controlSimulator(port, requestOf(input))
    return { exitCode: ExitCode.Done, json: status, text: describe(status) }
  },
}

function requestOf(input: CommandInput): ControlRequest {
  const scenario = textOption(input, 'scenario')
  const fault = textOption(input, 'inject')
  const asked = [scenario, fault, input.values['status'] === true ? true : undefined].filter(
    (given) => given !== undefined,
  )
  if (asked.length > 1) {
    throw new SwitchyardError('BAD_ARGUMENTS', 'Only one of --scenario, --inject and --status can be given.', {
      hint: 'Call the command once for each.',
    })
  }
  if (scenario !== undefined) return { op: 'scenario', scenario: readScenario(scenario) }
  if (fault !== undefined) return { op: 'inject', fault: parseFault(parseJson(fault)) }
  return { op: 'status' }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SwitchyardError('BAD_ARGUMENTS', '--inject is not JSON.', {
      hint: 'Put the fault into single quotes, for example \'{"kind":"disconnect"}\'.',
      cause,
    })
  }
}

function describe(status: SimulatorStatus): string[] {
  return [
    `${status.isListening ? 'Listening' : 'Not listening'} on port ${status.port}, ${status.connections} connected.`,
    `Scenario: ${status.scenario ?? 'none'}. ${status.requestCount} messages, ${status.violationCount} violations, ${status.faultCount} faults.`,
    ...status.faultsInjected.map(
      ({ kind, atMs, symbol }) => `${new Date(atMs).toISOString()} ${kind}${symbol === null ? '' : ` ${symbol}`}`,
    ),
    ...status.violations.map(
      ({ rule, atMs, clientId, reqId }) =>
        `${new Date(atMs).toISOString()} violation ${rule}, client ${clientId ?? '?'}, request ${reqId ?? '-'}`,
    ),
  ]
}
