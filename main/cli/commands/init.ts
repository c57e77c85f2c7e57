import { resolve } from 'node:path'
import { workspaceConfigSchema } from '#shared/config/workspace-config.ts'
import { CONFIG_HINT, createWorkspace } from '#main/engine/workspace.ts'
import { YamlFile } from '#main/engine/yaml-file.ts'
import { configTemplate } from '#main/engine/config-template.ts'
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
    const text = configTemplate({
      name: textOption(input, 'name') ?? folder.split(/[\\/]/).at(-1) ?? 'workspace',
      host: textOption(input, 'host') ?? '127.0.0.1',
      port: integerOption(input, 'port', 1, 65535) ?? 7497,
      clientId: integerOption(input, 'client-id', 0, 2_147_483_647) ?? 17,
      symbols: listOption(input, 'symbols') ?? ['SPY'],
    })
    // What a bad option would make of the file is refused before anything is written.
    new YamlFile('switchyard.yaml', text, CONFIG_HINT).parse(workspaceConfigSchema)
    createWorkspace(folder, text)
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
