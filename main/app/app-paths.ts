import { existsSync } from 'node:fs'
import path from 'node:path'
import { app } from 'electron'

/** Absolute paths of what the shell starts, serves and hands on. */
export interface AppPaths {
  /** The sandboxed preload script, one CommonJS file. */
  readonly preload: string
  /** Folder of the built console. */
  readonly renderer: string
  /** Entry of the engine's process. */
  readonly engine: string
  /** Folder with calendars, feature definitions and presets. It is a real folder, outside the archive, so that any program can read it. */
  readonly data: string
}

/** Where things are: below the application's own folder, or archive when packaged; the data folder lies beside the archive then. */
export function appPaths(): AppPaths {
  const root = app.getAppPath()
  return {
    preload: path.join(root, 'out', 'preload', 'index.cjs'),
    renderer: path.join(root, 'out', 'renderer'),
    engine: path.join(root, 'out', 'main', 'engine.js'),
    data: path.join(app.isPackaged ? process.resourcesPath : root, 'data'),
  }
}

/** The first built file that is not there, absolute; undefined when the build is complete. */
export function missingBuildFile(paths: AppPaths): string | undefined {
  return [paths.preload, path.join(paths.renderer, 'index.html'), paths.engine].find((file) => !existsSync(file))
}
