import { fillCommand } from '#shared/config/fill-command.ts'
import type { Overview } from '#shared/contract/contract.ts'
import type { OldCommand } from '#shared/contract/old-runs.ts'
import type { SessionWindow } from '../components/window-starter.tsx'
import { commandText } from './command-text.ts'

/** Why the old pipeline's command cannot be run now; null means that switchyard.yaml does not have it. */
export function commandBlocker(command: OldCommand | null): string | undefined {
  if (command === null) return 'switchyard.yaml does not say how the old pipeline is run; Old data has an example.'
  if (!command.hasFolder) return `There is no working folder ${command.folder}.`
  if (command.missing.length > 0) return `The engine’s environment does not have ${command.missing.join(', ')}.`
  return undefined
}

/** The command exactly as it would be run, and where it writes. The folder of the run is made when it begins. */
export function commandFacts(
  command: OldCommand,
  overview: Overview,
  { from, to, symbols }: SessionWindow,
): readonly (readonly [term: string, words: string])[] {
  const out = `${command.runsFolder}/…/out`
  const all = overview.symbols.map(({ symbol }) => symbol)
  return [
    ['Command', commandText(fillCommand(command, { from, to, symbols: symbols ?? all, out }))],
    ['Runs in', command.folder],
    ['Writes to', `${out}, a new folder for every run`],
  ]
}
