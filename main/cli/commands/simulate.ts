import { loadCalendar } from '#main/engine/load-calendar.ts'
import { BUILT_IN_CALENDARS } from '#main/engine/data-folder.ts'
import { barsFolderMarket, type Market, startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { addDays } from '#shared/time.ts'
import { type Command, ExitCode } from '../command.ts'
import { dateOption, integerOption, listOption, textOption } from '../options.ts'

/** Days of synthetic history when no dates are given. */
const DEFAULT_DAYS = 90

/** `switchyard simulate`: a TWS on loopback to try things against. */
export const simulate: Command = {
  name: 'simulate',
  summary: 'Run a TWS simulator on 127.0.0.1 until it is stopped',
  usage: '[--port N] [--bars DIR | --seed N --symbols A,B --from D --to D] [--calendar XNYS]',
  options: {
    port: { type: 'string', help: 'Port to listen on; any free one when left out' },
    bars: { type: 'string', help: 'Serve the minute bars in this folder: Lean zip files, or SYMBOL.csv with a header' },
    seed: { type: 'string', help: 'Seed of the synthetic market; 1 when left out' },
    symbols: { type: 'string', help: 'Symbols of the synthetic market, separated by commas' },
    from: { type: 'string', help: `First date of the synthetic market; ${DEFAULT_DAYS} days ago when left out` },
    to: { type: 'string', help: 'Last date of the synthetic market; today when left out' },
    calendar: { type: 'string', help: 'Calendar of the market; XNYS when left out' },
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
    const simulator = await startSimulator({
      market,
      port: integerOption(input, 'port', 0, 65535) ?? 0,
      log: input.say,
    })
    const names = market.instruments().map(({ symbol }) => symbol)
    input.announce(
      input.json
        ? JSON.stringify({ port: simulator.port })
        : `Simulated TWS on 127.0.0.1:${simulator.port} with ${names.join(', ')}. Stop it with Ctrl-C.`,
    )
    await stopped(input.signal)
    await simulator.stop()
    return { exitCode: ExitCode.Done, json: undefined, text: [] }
  },
}

/** Resolves when the command is told to end. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
