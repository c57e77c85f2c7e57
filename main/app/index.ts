/**
 * Entry of the Electron main process: takes the single-instance lock, sets the rules that must stand before anything is loaded,
 * then opens the console. Nothing here is awaited before the rules are set, because Electron becomes ready meanwhile.
 */
import path from 'node:path'
import { app, dialog } from 'electron'
import { appPaths, missingBuildFile } from './app-paths.ts'
import { registerAppScheme, serveRenderer } from './app-protocol.ts'
import { ConsoleShell } from './console-shell.ts'
import { guardAllContents } from './guard-contents.ts'
import { openShellLog } from './shell-log.ts'
import { workspaceArgument } from './workspace-argument.ts'

const workspace = workspaceArgument(process.argv, process.cwd())

// The workspace travels as data, because Chromium reorders a second instance's arguments.
if (app.requestSingleInstanceLock({ workspace: workspace ?? null })) start()
else app.quit()

function start(): void {
  const log = openShellLog(app.getPath('logs'))
  app.enableSandbox()
  registerAppScheme()
  guardAllContents(log)

  let shell: ConsoleShell | undefined
  app.on('second-instance', (_event, _argv, _workingDirectory, data) => shell?.secondInstance(workspaceOf(data)))
  app
    .whenReady()
    .then(async () => {
      const paths = appPaths()
      const missing = missingBuildFile(paths)
      if (missing !== undefined) {
        dialog.showErrorBox('Switchyard is not built', `${missing} is missing. Run "npm run build" and start again.`)
        app.exit(1)
        return
      }
      serveRenderer(paths.renderer)
      shell = new ConsoleShell({
        paths,
        stateFile: path.join(app.getPath('userData'), 'shell-state.json'),
        devTools: !app.isPackaged,
        log,
      })
      await shell.start(workspace)
    })
    .catch((error: unknown) => {
      log.warn(`The application could not start: ${String(error)}`)
      dialog.showErrorBox('Switchyard could not start', String(error))
      app.exit(1)
    })
}

/** The workspace that another instance was started with; undefined for anything but an absolute path. */
function workspaceOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('workspace' in data)) return undefined
  return typeof data.workspace === 'string' && path.isAbsolute(data.workspace) ? data.workspace : undefined
}
