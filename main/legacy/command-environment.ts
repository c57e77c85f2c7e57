import type { OldCommandConfig } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'

/** What a program needs to find other programs, its user's files and the language; nothing of what an engine may know beside. */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  // Windows
  'SystemRoot',
  'SystemDrive',
  'ComSpec',
  'PATHEXT',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'USERNAME',
  'APPDATA',
  'LOCALAPPDATA',
  'ProgramData',
  'ProgramFiles',
]

/**
 * The whole environment of the command: a few variables of the engine, those that the configuration inherits, and those that it
 * sets. Throws CONFIG_INVALID when one that is to be inherited is not there.
 */
export function commandEnvironment(
  { environment, inherit }: OldCommandConfig,
  own: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && (INHERITED.includes(name) || name.startsWith('LC_'))) result[name] = value
  }
  for (const name of inherit) {
    const value = own[name]
    if (value === undefined) {
      throw new SwitchyardError('CONFIG_INVALID', `The old pipeline's command needs ${name}, which is not set.`, {
        hint: 'Set it in the environment of the engine, or take it out of oldPipeline.command.inherit.',
      })
    }
    result[name] = value
  }
  return { ...result, ...environment }
}
