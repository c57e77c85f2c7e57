import { join } from 'node:path'
import pino from 'pino'
import { SwitchyardError } from '#shared/errors.ts'

export type Log = pino.Logger

/**
 * The log of an engine: JSON lines in `logs/engine.log` of the workspace. Standard output is never touched: it belongs to what
 * a command prints.
 *
 * @throws {SwitchyardError} IO_ERROR when the file cannot be opened.
 */
export function createLog(folder: string): Log {
  const destination = openDestination(join(folder, 'logs', 'engine.log'))
  // A full disk must not end the work that the log is about: without a listener a failed write throws where it was logged.
  destination.on('error', (thrown: Error) => process.stderr.write(`The log cannot be written: ${thrown.message}\n`))
  return pino(
    {
      level: 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { thrown: pino.stdSerializers.err },
    },
    destination,
  )
}

function openDestination(file: string): ReturnType<typeof pino.destination> {
  try {
    return pino.destination({ dest: file, mkdir: true, sync: true })
  } catch (thrown) {
    throw new SwitchyardError('IO_ERROR', `The log ${file} cannot be opened.`, {
      hint: 'Check that it is a file and that you may write it.',
      cause: thrown,
    })
  }
}
