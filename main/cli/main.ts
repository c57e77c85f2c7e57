import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import { storeError } from '#main/stores/store-error.ts'
import { type Command, COMMON_OPTIONS, ExitCode, parseOptions } from './command.ts'
import { calendar } from './commands/calendar.ts'
import { demo } from './commands/demo.ts'
import { diff } from './commands/diff.ts'
import { featuresPreview } from './commands/features-preview.ts'
import { init } from './commands/init.ts'
import { PIPELINE_COMMANDS } from './commands/pipeline-commands.ts'
import { serve } from './commands/serve.ts'
import { simulateControl } from './commands/simulate-control.ts'
import { simulate } from './commands/simulate.ts'
import { sql } from './commands/sql.ts'
import { start } from './commands/start.ts'
import { operatorError } from './engine-access.ts'

const COMMANDS: readonly Command[] = [
  init,
  simulate,
  simulateControl,
  ...PIPELINE_COMMANDS,
  calendar,
  sql,
  diff,
  featuresPreview,
  serve,
  start,
  demo,
]

export interface Terminal {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Whether standard error is a terminal, so that a line can be replaced. */
  readonly isInteractive: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Runs one command line (without `node` and script) and returns its exit code. Never throws. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = findCommand(args)
  const json = args.includes('--json')
  try {
    if (command === undefined) return showOverview(args, terminal)
    const { values, positionals } = parse(command, args.slice(command.name.split(' ').length))
    if (values['help'] === true) {
      terminal.stdout(helpOf(command))
      return ExitCode.Done
    }
    let progressShown = false
    const clear = (): void => {
      if (progressShown) terminal.stderr('\r\u001B[K')
      progressShown = false
    }
    const output = await command.run({
      values,
      positionals,
      workspace: resolve(String(values['workspace'] ?? terminal.env['SWITCHYARD_WORKSPACE'] ?? '.')),
      json,
      signal: terminal.signal,
      say: (line) => {
        clear()
        terminal.stderr(`${line}\n`)
      },
      progress: (line) => {
        if (!terminal.isInteractive) return
        clear()
        terminal.stderr(line.slice(0, 110))
        progressShown = true
      },
      announce: (line) => {
        clear()
        terminal.stdout(`${line}\n`)
      },
    })
    clear()
    if (!json) for (const line of output.text) terminal.stdout(`${line}\n`)
    else if (output.json !== undefined) terminal.stdout(`${JSON.stringify(output.json)}\n`)
    return output.exitCode
  } catch (thrown) {
    const cause = storeError(operatorError(thrown), 'the workspace')
    const report = reportError(cause)
    if (json) terminal.stdout(`${JSON.stringify({ error: report })}\n`)
    terminal.stderr(`${report.message}\n`)
    if (report.hint !== undefined) terminal.stderr(`${report.hint}\n`)
    if (report.code === 'INTERNAL' && cause instanceof Error) terminal.stderr(`${cause.stack ?? ''}\n`)
    return report.code === 'BAD_ARGUMENTS' ? ExitCode.BadArguments : ExitCode.Failed
  }
}

/** The command whose words begin the line; of several the longest. */
function findCommand(args: readonly string[]): Command | undefined {
  return COMMANDS.filter(({ name }) => name.split(' ').every((word, i) => args[i] === word)).sort(
    (a, b) => b.name.length - a.name.length,
  )[0]
}

function parse(
  command: Command,
  args: readonly string[],
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: parseOptions(command),
      allowPositionals: command.allowPositionals === true,
      strict: true,
    })
    return { values: values as Record<string, string | boolean | undefined>, positionals }
  } catch (thrown) {
    throw new SwitchyardError('BAD_ARGUMENTS', thrown instanceof Error ? thrown.message : String(thrown), {
      hint: `See "switchyard ${command.name} --help".`,
      cause: thrown,
    })
  }
}

function showOverview(args: readonly string[], terminal: Terminal): number {
  const words = args.filter((arg) => !arg.startsWith('-'))
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  const lines = [
    'switchyard COMMAND [options]',
    '',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Exit codes: 0 done, 1 failed, 2 bad arguments, 3 finished with unresolved findings.',
    '"switchyard COMMAND --help" explains one command.',
  ]
  if (args.length === 0 || (words.length === 0 && args.includes('--help'))) {
    terminal.stdout(`${lines.join('\n')}\n`)
    return args.length === 0 ? ExitCode.BadArguments : ExitCode.Done
  }
  throw new SwitchyardError('BAD_ARGUMENTS', `There is no command "${args.join(' ')}".`, {
    hint: `The commands are ${COMMANDS.map(({ name }) => name).join(', ')}.`,
  })
}

function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS })
  const width = Math.max(...options.map(([name]) => name.length))
  return `${[
    `switchyard ${command.name} ${command.usage}`.trimEnd(),
    '',
    command.summary,
    '',
    ...options.map(([name, { help }]) => `  --${name.padEnd(width)}  ${help}`),
  ].join('\n')}\n`
}
