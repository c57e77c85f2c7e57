import { COMMAND_PLACEHOLDER, type OldCommandConfig } from '#shared/config/legacy-config.ts'
import type { SessionDate } from '#shared/time.ts'

/** What the placeholders of the old pipeline's command stand for in one run. */
export interface CommandWindow {
  /** First and last session date, both included. */
  readonly from: SessionDate
  readonly to: SessionDate
  readonly symbols: readonly string[]
  /** Absolute path of the folder to write to. */
  readonly out: string
}

/** The command with its placeholders filled in; one argument stays one argument, whatever stands in it. */
export function fillCommand(
  { argv, symbolSeparator }: Pick<OldCommandConfig, 'argv' | 'symbolSeparator'>,
  window: CommandWindow,
): readonly string[] {
  const values: Readonly<Record<string, string>> = { ...window, symbols: window.symbols.join(symbolSeparator) }
  return argv.map((argument) =>
    argument.replaceAll(COMMAND_PLACEHOLDER, (whole, name: string) => values[name] ?? whole),
  )
}
