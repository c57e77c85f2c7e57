import path from 'node:path'

/**
 * The folder given with `--workspace FOLDER` or `--workspace=FOLDER`, absolute, the last one if there are several; undefined
 * without one. `workingDirectory` is what a relative folder is relative to.
 */
export function workspaceArgument(argv: readonly string[], workingDirectory: string): string | undefined {
  let folder: string | undefined
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]
    if (argument.startsWith('--workspace=')) folder = argument.slice('--workspace='.length)
    else if (argument === '--workspace' && i + 1 < argv.length && !argv[i + 1].startsWith('--')) folder = argv[++i]
  }
  return folder === undefined || folder === '' ? undefined : path.resolve(workingDirectory, folder)
}
