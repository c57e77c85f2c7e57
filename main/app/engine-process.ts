import { utilityProcess } from 'electron'
import type { AppPaths } from './app-paths.ts'
import type { EngineLaunch, EngineProcess } from './engine-supervisor.ts'

/** Starts the engine in a process of its own, with the arguments that `shared/host-protocol.ts` names. */
export function forkEngine(paths: AppPaths, launch: EngineLaunch): EngineProcess {
  const args = ['--workspace', launch.workspace, '--data', paths.data, ...(launch.create ? ['--create'] : [])]
  return utilityProcess.fork(paths.engine, args, {
    serviceName: 'Switchyard engine',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
