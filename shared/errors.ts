/**
 * The errors an operator can meet. Each carries a stable `code` for programs, a sentence that names the thing that is wrong,
 * and a `hint` that says what to do next. They cross the process boundary with all three intact.
 */

export const ERROR_CODES = [
  'BAD_ARGUMENTS',
  'CONFIG_INVALID',
  'CONFIG_CHANGED',
  'WORKSPACE_NOT_FOUND',
  'WORKSPACE_EXISTS',
  'WORKSPACE_LOCKED',
  'NO_SESSIONS',
  'UNKNOWN_SYMBOL',
  'UNKNOWN_CALENDAR',
  'CALENDAR_HORIZON',
  'TWS_UNREACHABLE',
  'TWS_DISCONNECTED',
  'TWS_TIMEOUT',
  'TWS_REFUSED',
  'STORE_NOT_A_DATABASE',
  'STORE_FROM_FUTURE',
  'STORE_CORRUPT',
  'DISK_FULL',
  'IO_ERROR',
  'NOT_FOUND',
  'NOTHING_TO_DO',
  'JOB_FAILED',
  'CANCELLED',
  'LEGACY_FILE',
  'BARS_FILE',
  'TABLE_FILE',
  'VERIFY_FAILED',
  'SQL_ERROR',
  'INTERNAL',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

export interface ErrorDetails {
  /** What the operator should do next, a full sentence. */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/** An error whose message is meant for the operator. Anything else that is thrown is a defect and is reported as `INTERNAL`. */
export class SwitchyardError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'SwitchyardError'
    this.code = code
    this.hint = details.hint
  }
}

/** The plain-data form of an error, as stored with a job and sent to clients. */
export interface ErrorReport {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string | undefined
}

/** Turns anything thrown into the report shown to the operator; never throws. */
export function reportError(thrown: unknown): ErrorReport {
  if (thrown instanceof SwitchyardError) {
    return { code: thrown.code, message: thrown.message, hint: thrown.hint }
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return { code: 'CANCELLED', message: 'The work was cancelled.' }
  }
  const message = describeThrown(thrown)
  return {
    code: 'INTERNAL',
    message,
    hint: 'This is a defect in Switchyard. The log in the workspace folder has the details.',
  }
}

function describeThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    // An object without a prototype, or with a toString that throws, has no text of its own.
    return Object.prototype.toString.call(thrown)
  }
}
