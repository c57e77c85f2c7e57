import { resolve } from 'node:path'
import type { LegacyBarsInput } from '#shared/config/legacy-config.ts'
import type { PrintedText } from '#shared/contract/old-runs.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import { isoUtc } from '#shared/time.ts'
import { alignColumns } from '../align-columns.ts'
import { type Command, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'
import { integerOption, selection, SELECTION_OPTIONS, sessionWindow, textOption } from '../options.ts'
import { runJob } from '../run-job.ts'
import {
  changeDescriptions,
  changeTo,
  DESCRIPTION_COMMANDS,
  isWriting,
  WRITE_OPTIONS,
} from './legacy-description-commands.ts'

type FileReport = JobResult<'legacy-import'>['fileReports'][number]

/** Files that are listed one by one. */
const MOST_FILES = 40

const importLegacy: Command = {
  name: 'legacy import',
  summary: 'Read what the old pipeline left, as switchyard.yaml describes it',
  usage: '[--symbols A,B]',
  options: { symbols: SELECTION_OPTIONS['symbols'] },
  run: (input) =>
    runJob<'legacy-import'>(
      input,
      (client) => client.legacy.import(selection(input)),
      (result) => [
        ...result.fileReports.slice(0, MOST_FILES).flatMap(fileLines),
        ...(result.files > MOST_FILES ? [`  and ${result.files - MOST_FILES} more files; --json has them`] : []),
        ...(result.overlappingMinutes > 0
          ? [`  ${result.overlappingMinutes} minutes are in more than one file; the last file by name counts`]
          : []),
        ...(result.otherFiles > 0
          ? [`  ${result.otherFiles} files are of symbols that this workspace does not have`]
          : []),
        ...result.missingFiles.map((file) => `  missing  ${file}`),
        ...result.vanishedFiles.map((file) => `  gone     ${file}; what came from it was taken out`),
      ],
    ),
}

function fileLines(report: FileReport): string[] {
  const { file, rowsInFile, rows, rejected, duplicates, blank, otherSymbols, firstTs, lastTs, doubts } = report
  const span = firstTs === null || lastTs === null ? '' : `, ${isoUtc(firstTs)} to ${isoUtc(lastTs)}`
  return [
    `  ${file}: ${rowsInFile} rows = ${rows} imported + ${rejected} refused + ${duplicates} duplicates` +
      `${otherSymbols > 0 ? ` + ${otherSymbols} of other symbols` : ''}; ${blank} empty lines${span}`,
    ...doubts.map((doubt) => `    doubt  ${doubt}`),
  ]
}

const sniff: Command = {
  name: 'legacy sniff',
  summary: 'Propose a description of a file that the old pipeline left',
  usage: 'FILE [--symbol S] [--write [--replace KEY] [--name N]] [--dry-run]',
  options: {
    symbol: { type: 'string', help: 'The symbol that the file is of; its calendar tells zone and label of times' },
    ...WRITE_OPTIONS,
  },
  allowPositionals: true,
  run: (input) => {
    const [file, ...more] = input.positionals
    if (file === undefined || more.length > 0) {
      throw new SwitchyardError('BAD_ARGUMENTS', 'Name one file.', {
        hint: 'For example: switchyard legacy sniff old/SPY.csv',
      })
    }
    const symbol = textOption(input, 'symbol')
    return withEngine(input.workspace, async (client) => {
      // The engine may run in another folder than the command.
      const sniffed = await client.legacy.sniff({ file: resolve(file), ...(symbol === undefined ? {} : { symbol }) })
      const normalised = sniffed.normalised.map(({ local, utc, open, high, low, close, volume }) =>
        [local, utc, open, high, low, close, volume].map((value) => String(value ?? '-')),
      )
      const description = sniffed.description as LegacyBarsInput
      const change = isWriting(input)
        ? await changeDescriptions(client, input, changeTo(input, description))
        : undefined
      return {
        exitCode: ExitCode.Done,
        json: change === undefined ? sniffed : { ...sniffed, change: change.json },
        text: [
          sniffed.yaml.trimEnd(),
          '',
          '# The first rows as they stand there:',
          ...alignColumns([sniffed.names, ...sniffed.firstRows]).map((line) => `#   ${line}`),
          '# and as bars (start, exchange time and UTC; open, high, low, close, volume):',
          ...alignColumns(normalised).map((line) => `#   ${line}`),
          ...sniffed.doubts.map((doubt) => `# doubt: ${doubt}`),
          ...(change === undefined ? [] : ['', ...change.text]),
        ],
      }
    })
  },
}

const runOld: Command = {
  name: 'legacy run',
  summary: 'Run the old pipeline as switchyard.yaml says',
  usage: '--from D --to D [--symbols A,B]',
  options: SELECTION_OPTIONS,
  run: (input) =>
    runJob<'old-run'>(
      input,
      (client) => client.legacy.run(sessionWindow(input)),
      ({ argv, out, files, bytes, stdout, stderr }) => [
        `  command  ${argv.map((argument) => JSON.stringify(argument)).join(' ')}`,
        `  out      ${out}: ${files} files, ${bytes} bytes`,
        ...[stdout, stderr].map(
          (printed) =>
            `  printed  ${printed.file}: ${printed.bytes} bytes${printed.cutBytes > 0 ? `, ${printed.cutBytes} of them left out` : ''}`,
        ),
      ],
    ),
}

const oldRuns: Command = {
  name: 'legacy runs',
  summary: "List the runs of the old pipeline's command, newest first",
  usage: '[--limit N]',
  options: { limit: { type: 'string', help: 'How many of the newest; 50 when left out' } },
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const list = await client.legacy.runs({ limit: integerOption(input, 'limit', 1, 1_000) ?? 50 })
      return {
        exitCode: ExitCode.Done,
        json: list,
        text:
          list.length === 0
            ? ["The old pipeline's command was not run yet."]
            : alignColumns([
                ['run', 'from', 'to', 'state', 'exit', 'seconds', 'files', ''],
                ...list.map(({ runId, params, state, record, isRead }) => [
                  runId,
                  params.from,
                  params.to,
                  state,
                  record === null ? '-' : String(record.exitCode ?? record.exitSignal),
                  record === null ? '-' : (record.durationMs / 1000).toFixed(1),
                  record === null ? '-' : String(record.files),
                  [
                    ...(isRead ? ['read by imports'] : []),
                    ...(params.purpose === 'noise-floor' ? ['noise floor'] : []),
                  ].join(', '),
                ]),
              ]),
      }
    }),
}

const output: Command = {
  name: 'legacy output',
  summary: "Show what a run of the old pipeline's command printed, its beginning and its end",
  usage: 'RUN',
  options: {},
  allowPositionals: true,
  run: (input) => {
    const [runId, ...more] = input.positionals
    if (runId === undefined || more.length > 0) {
      throw new SwitchyardError('BAD_ARGUMENTS', 'Name one run.', { hint: 'List them: switchyard legacy runs.' })
    }
    return withEngine(input.workspace, async (client) => {
      const printed = await client.legacy.output({ runId })
      return {
        exitCode: ExitCode.Done,
        json: printed,
        text: [...printedLines('stdout', printed.stdout), ...printedLines('stderr', printed.stderr)],
      }
    })
  },
}

function printedLines(stream: string, printed: PrintedText | null): string[] {
  if (printed === null) return [`${stream}: there is no file of it.`]
  const { file, bytes, head, tail, cutBytes } = printed
  return [
    `${stream}: ${bytes} bytes, ${file}`,
    ...head.trimEnd().split('\n'),
    ...(cutBytes > 0 ? [`[... ${cutBytes} bytes are not shown ...]`, ...tail.trimEnd().split('\n')] : []),
  ]
}

/** Commands about the old pipeline and what it left. */
export const LEGACY_COMMANDS: readonly Command[] = [
  runOld,
  oldRuns,
  output,
  importLegacy,
  sniff,
  ...DESCRIPTION_COMMANDS,
]
