import { EXPORT_LAYERS, type JobResult } from '#shared/jobs/job-kinds.ts'
import { type Command, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'
import { integerOption, selection, SELECTION_OPTIONS, textOption, wordsOption } from '../options.ts'
import { runJob } from '../run-job.ts'
import { jobs } from './jobs.ts'
import { TWS_COMMANDS } from './tws-commands.ts'

const findingLines = (findings: Readonly<Record<string, number>>): string[] =>
  Object.entries(findings).map(([rule, count]) => `  finding  ${rule}: ${count}`)

const transform: Command = {
  name: 'transform',
  summary: 'Curate the sessions whose raw bars or rules changed',
  usage: '[--symbols A,B] [--from D] [--to D]',
  options: SELECTION_OPTIONS,
  run: (input) =>
    runJob<'transform'>(
      input,
      (client) => client.transform.start(selection(input)),
      (result) => findingLines(result.findings),
    ),
}

const rebuild: Command = {
  name: 'rebuild',
  summary: 'Curate sessions again from raw, or prove with --verify that it would give the same bytes',
  usage: '[--verify] [--symbols A,B] [--from D] [--to D]',
  options: {
    ...SELECTION_OPTIONS,
    verify: {
      type: 'boolean',
      help: 'Write nothing; compare the hashes of curated bars and features with a fresh computation',
    },
  },
  run: async (input) => {
    if (input.values['verify'] !== true) {
      return runJob<'rebuild'>(
        input,
        (client) => client.transform.rebuild(selection(input)),
        (result) => findingLines(result.findings),
      )
    }
    const output = await runJob<'verify'>(
      input,
      (client) => client.transform.verify(selection(input)),
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

const importLegacy: Command = {
  name: 'legacy import',
  summary: 'Read what the old pipeline left, as switchyard.yaml describes it',
  usage: '[--symbols A,B]',
  options: { symbols: SELECTION_OPTIONS['symbols'] },
  run: (input) =>
    runJob<'legacy-import'>(
      input,
      (client) => client.legacy.import(selection(input)),
      (result) => result.missingFiles.map((file) => `  missing  ${file}`),
    ),
}

const compare: Command = {
  name: 'compare',
  summary: 'Compare old and new bars minute by minute',
  usage: '[--symbols A,B] [--from D] [--to D]',
  options: SELECTION_OPTIONS,
  run: (input) =>
    runJob<'compare'>(
      input,
      (client) => client.compare.start(selection(input)),
      ({ counts }) =>
        Object.entries(counts.fields).map(
          ([field, { equal, withinTolerance, different, nullVersusValue }]) =>
            `  ${field.padEnd(7)} equal ${equal}, within tolerance ${withinTolerance}, different ${different}` +
            (nullVersusValue > 0 ? `, null against value ${nullVersusValue}` : ''),
        ),
    ),
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

const findings: Command = {
  name: 'findings',
  summary: 'List what the quality rules found',
  usage: '[--rule R] [--limit N] [--symbols A,B] [--from D] [--to D]',
  options: {
    ...SELECTION_OPTIONS,
    rule: { type: 'string', help: 'Only findings of this rule' },
    limit: { type: 'string', help: 'At most this many; 200 when left out' },
  },
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const rule = textOption(input, 'rule')
      const limit = integerOption(input, 'limit', 1, 10_000)
      const found = await client.quality.findings({
        ...selection(input),
        ...(rule === undefined ? {} : { rule }),
        ...(limit === undefined ? {} : { limit }),
      })
      return {
        exitCode: ExitCode.Done,
        json: found,
        text: found.map(
          ({ symbol, sessionDate, ts, rule: name, severity, action, message }) =>
            `${severity.padEnd(5)} ${symbol} ${sessionDate} ${new Date(ts * 1000).toISOString()} ${name} (${action}): ${message}`,
        ),
      }
    }),
}

/** Commands that work through the contract, in the order of the main job. */
export const PIPELINE_COMMANDS: readonly Command[] = [
  ...TWS_COMMANDS,
  transform,
  rebuild,
  buildFeatures,
  importLegacy,
  compare,
  exportFiles,
  status,
  findings,
  jobs,
]
