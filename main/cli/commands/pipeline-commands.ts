import { EXPORT_LAYERS, type JobResult } from '#shared/jobs/job-kinds.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { type Command, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'
import { selection, SELECTION_OPTIONS, textOption, wordsOption } from '../options.ts'
import { runJob } from '../run-job.ts'
import { COMPARE_COMMANDS } from './compare-commands.ts'
import { dualRun } from './dual-run.ts'
import { jobs } from './jobs.ts'
import { LEGACY_COMMANDS } from './legacy-commands.ts'
import { planOutput, QUALITY_COMMANDS } from './quality-commands.ts'
import { TWS_COMMANDS } from './tws-commands.ts'

const findingLines = (findings: Readonly<Record<string, number>>): string[] =>
  Object.entries(findings).map(([rule, count]) => `  finding  ${rule}: ${count}`)

const transform: Command = {
  name: 'transform',
  summary: 'Curate the sessions whose raw bars or rules changed',
  usage: '[--plan] [--symbols A,B] [--from D] [--to D]',
  options: {
    ...SELECTION_OPTIONS,
    plan: { type: 'boolean', help: 'Only say which sessions would be curated, and why' },
  },
  run: (input) =>
    input.values['plan'] === true
      ? withEngine(input.workspace, async (client) => planOutput(await client.transform.plan(selection(input))))
      : runJob<'transform'>(
          input,
          (client) => client.transform.start(selection(input)),
          (result) => findingLines(result.findings),
        ),
}

const rebuild: Command = {
  name: 'rebuild',
  summary: 'Curate sessions again from raw, or prove with --verify that it would give the same bytes',
  usage: '[--verify [--as-of TIME]] [--symbols A,B] [--from D] [--to D]',
  options: {
    ...SELECTION_OPTIONS,
    verify: {
      type: 'boolean',
      help: 'Write nothing; compare the hashes of curated bars and features with a fresh computation',
    },
    'as-of': {
      type: 'string',
      help: 'With --verify: the curated bars as they were then, for example 2026-11-20T18:00Z',
    },
  },
  run: async (input) => {
    const asOf = textOption(input, 'as-of')
    if (input.values['verify'] !== true) {
      if (asOf !== undefined) {
        throw new SwitchyardError('BAD_ARGUMENTS', '--as-of goes with --verify only.', {
          hint: 'What was stored then can be proved; what is stored now is always built from all answers.',
        })
      }
      return runJob<'rebuild'>(
        input,
        (client) => client.transform.rebuild(selection(input)),
        (result) => findingLines(result.findings),
      )
    }
    const output = await runJob<'verify'>(
      input,
      (client) => client.transform.verify({ ...selection(input), ...(asOf === undefined ? {} : { asOf }) }),
      (result) => [
        ...result.mismatches.map(({ symbol, sessionDate, layer }) => `  differs  ${layer} ${symbol} ${sessionDate}`),
        ...(result.featureSessionsStale > 0
          ? [`  stale    ${result.featureSessionsStale} feature sessions; "features build" brings them up to date`]
          : []),
      ],
    )
    const { mismatches } = output.json as JobResult<'verify'>
    return mismatches.length > 0 ? { ...output, exitCode: ExitCode.Failed } : output
  },
}

const buildFeatures: Command = {
  name: 'features build',
  summary: 'Compute the features of sessions whose curated bars changed',
  usage: '[--set NAME] [--symbols A,B] [--from D] [--to D]',
  options: {
    ...SELECTION_OPTIONS,
    set: { type: 'string', help: 'Feature set; the first configured one when left out' },
  },
  run: (input) => {
    const featureSet = textOption(input, 'set')
    return runJob<'features'>(input, (client) =>
      client.features.build({ ...selection(input), ...(featureSet === undefined ? {} : { featureSet }) }),
    )
  },
}

const exportFiles: Command = {
  name: 'export',
  summary: 'Write curated bars, features and comparison rows to files',
  usage:
    '[--layers curated,features,comparison] [--formats parquet,csv] [--run ID] [--symbols A,B] [--from D] [--to D]',
  options: {
    ...SELECTION_OPTIONS,
    layers: { type: 'string', help: `Any of ${EXPORT_LAYERS.join(', ')}; all when left out` },
    formats: { type: 'string', help: 'Any of parquet, csv; parquet when left out' },
    run: { type: 'string', help: 'Comparison run; the newest when left out' },
  },
  run: (input) => {
    const layers = wordsOption(input, 'layers', EXPORT_LAYERS)
    const formats = wordsOption(input, 'formats', ['parquet', 'csv'])
    const runId = textOption(input, 'run')
    return runJob<'export'>(
      input,
      (client) =>
        client.export.start({
          ...selection(input),
          ...(layers === undefined ? {} : { layers }),
          ...(formats === undefined ? {} : { formats }),
          ...(runId === undefined ? {} : { runId }),
        }),
      (result) => [
        ...Object.entries(result.rows).map(([layer, rows]) => `  ${layer}: ${rows} rows`),
        `  ${result.manifest}`,
      ],
    )
  },
}

const status: Command = {
  name: 'status',
  summary: 'Show what is in the workspace',
  usage: '',
  options: {},
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const overview = await client.system.overview()
      return {
        exitCode: ExitCode.Done,
        json: overview,
        text: [
          `${overview.workspace.name} in ${overview.workspace.folder}`,
          ...overview.layers.map(
            ({ table, rows, symbols, firstSession, lastSession }) =>
              `  ${table.padEnd(22)} ${String(rows).padStart(10)} rows  ${symbols} symbols  ${firstSession ?? '-'} to ${lastSession ?? '-'}`,
          ),
          ...overview.findings.map(({ rule, severity, count }) => `  finding  ${rule} (${severity}): ${count}`),
        ],
      }
    }),
}

/** Commands that work through the contract, in the order of the main job. */
export const PIPELINE_COMMANDS: readonly Command[] = [
  ...TWS_COMMANDS,
  transform,
  rebuild,
  buildFeatures,
  ...LEGACY_COMMANDS,
  ...COMPARE_COMMANDS,
  dualRun,
  exportFiles,
  status,
  ...QUALITY_COMMANDS,
  jobs,
]
