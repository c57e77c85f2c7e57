import type { ParseArgsOptionsConfig } from 'node:util'

/** Exit codes, the same for every command. */
export const ExitCode = {
  Done: 0,
  Failed: 1,
  BadArguments: 2,
  /** It finished and left findings that nobody has resolved. */
  Findings: 3,
} as const

export interface CommandInput {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
  /** Workspace folder. */
  readonly workspace: string
  readonly json: boolean
  /** Aborts when the user presses Ctrl-C or the process is told to end. */
  readonly signal: AbortSignal
  /** A line for people on standard error. */
  readonly say: (line: string) => void
  /** Shows how far something is; replaces the previous line on a terminal. */
  readonly progress: (line: string) => void
  /** One line on standard output at once, for commands that go on running. */
  readonly announce: (line: string) => void
}

export interface CommandOutput {
  readonly exitCode: (typeof ExitCode)[keyof typeof ExitCode]
  /** The one JSON document that --json prints; nothing is printed when it is undefined. */
  readonly json: unknown
  /** What is printed without --json. */
  readonly text: readonly string[]
}

export interface Command {
  /** Words that call it, for example `features build`. */
  readonly name: string
  readonly summary: string
  /** What stands behind the name in its usage line. */
  readonly usage: string
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly help: string }>>
  readonly allowPositionals?: boolean
  readonly run: (input: CommandInput) => Promise<CommandOutput>
}

/** The options that every command takes. */
export const COMMON_OPTIONS: Command['options'] = {
  workspace: { type: 'string', help: 'Workspace folder; the current folder, or $SWITCHYARD_WORKSPACE, when left out' },
  json: { type: 'boolean', help: 'Print one JSON document on standard output' },
  help: { type: 'boolean', help: 'Show this help' },
}

/** The options of a command as node:util's parseArgs takes them. */
export function parseOptions(command: Command): ParseArgsOptionsConfig {
  return Object.fromEntries(
    Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, { type }]) => [name, { type }]),
  )
}
