import { SwitchyardError } from '#shared/errors.ts'

/** A table that cannot be read; the message names file and, where there is one, line. */
export function tableFileError(path: string, problem: string, hint: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('TABLE_FILE', `${path}: ${problem}`, { hint, cause })
}
