import { loadCalendar } from '#main/engine/load-calendar.ts'
import { BUILT_IN_CALENDARS } from '#main/engine/data-folder.ts'
import {
  barsFolderMarket,
  type Market,
  type Simulator,
  startSimulator,
  syntheticMarket,
} from '#main/simulator/simulator.ts'
import { addDays } from '#shared/time.ts'
import { type Command, ExitCode } from '../command.ts'
import { dateOption, integerOption, listOption, textOption, wordOption } from '../options.ts'
import { readScenario } from '../scenario-file.ts'

/** Days of synthetic history when no dates are given. */
const DEFAULT_DAYS = 90

/** `switchyard simulate`: a TWS on loopback to try things against. */
export const simulate: Command = {
  name: 'simulate',
  summary: 'Run a TWS simulator on 127.0.0.1 until it is stopped',
  usage:
    '[--port N] [--bars DIR | --seed N --symbols A,B --from D --to D] [--calendar XNYS] ' +
    '[--scenario FILE|NAME] [--pacing off|enforce] [--control-port N]',
  options: {
    port: { type: 'string', help: 'Port to listen on; any free one when left out' },
    bars: { type: 'string', help: 'Serve the minute bars in this folder: Lean zip files, or SYMBOL.csv with a header' },
    seed: { type: 'string', help: 'Seed of the synthetic market; 1 when left out' },
    symbols: { type: 'string', help: 'Symbols of the synthetic market, separated by commas' },
    from: { type: 'string', help: `First date of the synthetic market; ${DEFAULT_DAYS} days ago when left out` },
    to: { type: 'string', help: 'Last date of the synthetic market; today when left out' },
    calendar: { type: 'string', help: 'Calendar of the market; XNYS when left out' },
    scenario: { type: 'string', help: 'What goes wrong: a YAML file, or the name of a built-in scenario' },
    pacing: { type: 'string', help: 'off, or enforce for the pacing limits of TWS; off when left out' },
    'control-port': { type: 'string', help: 'Port to control it on with "simulate control", 0 for any free one' },
  },
  run: async (input) => {
    const calendar = loadCalendar(textOption(input, 'calendar') ?? 'XNYS', [BUILT_IN_CALENDARS])
    const bars = textOption(input, 'bars')
    const symbols = listOption(input, 'symbols')
    const today = new Date().toISOString().slice(0, 10)
    const market: Market =
      bars !== undefined
        ? barsFolderMarket({ dir: bars, calendar })
        : syntheticMarket({
            seed: integerOption(input, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 1,
            calendar,
            from: dateOption(input, 'from') ?? addDays(today, -DEFAULT_DAYS),
            to: dateOption(input, 'to') ?? today,
            ...(symbols === undefined ? {} : { symbols }),
          })
    const scenario = textOption(input, 'scenario')
    const pacing = wordOption(input, 'pacing', ['off', 'enforce'])
    const controlPort = integerOption(input, 'control-port', 0, 65535)
    const simulator = await startSimulator({
      market,
      port: integerOption(input, 'port', 0, 65535) ?? 0,
      log: input.say,
      ...(scenario === undefined ? {} : { scenario: readScenario(scenario) }),
      ...(pacing === undefined ? {} : { pacing }),
      ...(controlPort === undefined ? {} : { controlPort }),
    })
    input.announce(input.json ? portsJson(simulator) : portsText(simulator, market))
    await stopped(input.signal)
    await simulator.stop()
    return { exitCode: ExitCode.Done, json: undefined, text: [] }
  },
}

function portsJson({ port, controlPort }: Simulator): string {
  return JSON.stringify(controlPort === null ? { port } : { port, controlPort })
}

function portsText({ port, controlPort, scenario }: Simulator, market: Market): string {
  const names = market.instruments().map(({ symbol }) => symbol)
  const extras = [
    ...(scenario === null ? [] : [`scenario ${scenario}`]),
    ...(controlPort === null ? [] : [`control port ${controlPort}`]),
  ]
  return `${[`Simulated TWS on 127.0.0.1:${port} with ${names.join(', ')}`, ...extras].join(', ')}. Stop it with Ctrl-C.`
}

/** Resolves when the command is told to end. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
