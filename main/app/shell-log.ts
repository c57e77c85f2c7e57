import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'

/** The shell's own log: what it refused, how the engine's process fared. The engine logs into the workspace by itself. */
export interface ShellLog {
  info(message: string): void
  warn(message: string): void
}

const MAX_BYTES = 1_000_000

/**
 * A log that appends lines (time in UTC, level, message) to `shell.log` in `folder` and to standard error. At 1 MB the file is
 * moved to `shell.previous.log` when the log is opened. A folder that cannot be written costs the file, never the application.
 */
export function openShellLog(folder: string): ShellLog {
  const file = path.join(folder, 'shell.log')
  let writable = true
  try {
    mkdirSync(folder, { recursive: true })
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) {
      renameSync(file, path.join(folder, 'shell.previous.log'))
    }
  } catch (error) {
    writable = false
    process.stderr.write(`The log ${file} cannot be written: ${String(error)}\n`)
  }
  const write = (level: string, message: string): void => {
    const line = `${new Date().toISOString()} ${level} ${message.trimEnd().replaceAll('\n', '\n    ')}\n`
    process.stderr.write(line)
    if (!writable) return
    try {
      appendFileSync(file, line)
    } catch (error) {
      writable = false
      process.stderr.write(`The log ${file} can no longer be written: ${String(error)}\n`)
    }
  }
  return {
    info: (message) => write('info', message),
    warn: (message) => write('warn', message),
  }
}
