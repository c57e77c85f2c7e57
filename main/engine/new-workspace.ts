import { basename, resolve } from 'node:path'
import { workspaceConfigSchema } from '#shared/config/workspace-config.ts'
import { configTemplate, type ConfigTemplateInput } from './config-template.ts'
import { CONFIG_HINT, createWorkspace } from './workspace.ts'
import { YamlFile } from './yaml-file.ts'

/**
 * Makes a workspace with a configuration to edit. What is not chosen is what a first try needs: SPY from a TWS with a paper
 * account on this machine.
 *
 * @throws {SwitchyardError} WORKSPACE_EXISTS, IO_ERROR, or CONFIG_INVALID when a choice does not fit; nothing is written then.
 */
export function newWorkspace(
  folder: string,
  choices: { [K in keyof ConfigTemplateInput]?: ConfigTemplateInput[K] | undefined },
): void {
  const { name, host, port, clientId, symbols, oldPipeline } = choices
  const text = configTemplate({
    name: name ?? basename(resolve(folder)),
    host: host ?? '127.0.0.1',
    port: port ?? 7497,
    clientId: clientId ?? 17,
    symbols: symbols ?? ['SPY'],
    ...(oldPipeline === undefined ? {} : { oldPipeline }),
  })
  new YamlFile('switchyard.yaml', text, CONFIG_HINT).parse(workspaceConfigSchema)
  createWorkspace(folder, text)
}
