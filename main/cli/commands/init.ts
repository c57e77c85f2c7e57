import { resolve } from 'node:path'
import { newWorkspace } from '#main/engine/new-workspace.ts'
import { type Command, ExitCode } from '../command.ts'
import { integerOption, listOption, textOption } from '../options.ts'

/** `switchyard init`: makes a workspace folder with a commented configuration. */
export const init: Command = {
  name: 'init',
  summary: 'Make a workspace folder with a configuration to edit',
  usage: '[--symbols A,B] [--host H] [--port N] [--client-id N] [--name NAME]',
  options: {
    symbols: { type: 'string', help: 'Symbols, separated by commas; SPY when left out' },
    host: { type: 'string', help: 'Host of TWS; 127.0.0.1 when left out' },
    port: { type: 'string', help: 'Port of TWS; 7497 (TWS, paper account) when left out' },
    'client-id': { type: 'string', help: 'Client id; 17 when left out' },
    name: { type: 'string', help: 'Name shown in the console; the name of the folder when left out' },
  },
  run: async (input) => {
    const folder = resolve(input.workspace)
    newWorkspace(folder, {
      name: textOption(input, 'name'),
      host: textOption(input, 'host'),
      port: integerOption(input, 'port', 1, 65535),
      clientId: integerOption(input, 'client-id', 0, 2_147_483_647),
      symbols: listOption(input, 'symbols'),
    })
    return {
      exitCode: ExitCode.Done,
      json: { workspace: folder, config: resolve(folder, 'switchyard.yaml') },
      text: [
        `Made the workspace ${folder}.`,
        'Look through switchyard.yaml there, then start TWS or IB Gateway and fetch bars:',
        `  switchyard ingest --workspace ${input.workspace} --from YYYY-MM-DD --to YYYY-MM-DD`,
      ],
    }
  },
}
