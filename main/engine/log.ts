import { join } from 'node:path'
import pino from 'pino'

export type Log = pino.Logger

/**
 * The log of an engine: JSON lines in `logs/engine.log` of the workspace. Standard output is never touched: it belongs to what
 * a command prints.
 */
export function createLog(folder: string): Log {
  return pino(
    {
      level: 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { thrown: pino.stdSerializers.err },
    },
    pino.destination({ dest: join(folder, 'logs', 'engine.log'), mkdir: true, sync: true }),
  )
}
