import { writeFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import type { z } from 'zod'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { parseTolerance } from '#shared/config/tolerance-text.ts'
import type { TrendPoint, WhatIf, whatIfInputSchema } from '#shared/contract/comparison.ts'
import type { ComparisonRun } from '#shared/contract/contract.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { ComparisonCounts, NoiseFloor } from '#shared/jobs/job-kinds.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { alignColumns } from '../align-columns.ts'
import { type Command, type CommandInput, type CommandOutput, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'
import { integerOption, selection, SELECTION_OPTIONS, sessionWindow, textOption } from '../options.ts'
import { runJob } from '../run-job.ts'
import { CAUSE_COMMANDS, causeLines } from './cause-commands.ts'
import { featureErrorLines, featureLines, featureWhatIfLines, unequalFeatures } from './feature-lines.ts'

const fieldLines = (counts: ComparisonCounts): string[] =>
  Object.entries(counts.fields).map(
    ([field, { equal, withinTolerance, different, nullVersusValue }]) =>
      `  ${field.padEnd(10)} equal ${equal}, within tolerance ${withinTolerance}, different ${different}` +
      (nullVersusValue > 0 ? `, null against value ${nullVersusValue}` : ''),
  )

const unequalOf = (counts: ComparisonCounts): number => counts.different + counts.oldOnly + counts.newOnly

const sampleWords = (sample: number | null): string =>
  sample === null ? '' : `, of a sample of ${Number((sample * 100).toPrecision(6))} % of the minutes`

const compare: Command = {
  name: 'compare',
  summary: 'Compare old and new bars minute by minute, or count a run again with other tolerances',
  usage:
    '[--symbols A,B] [--from D] [--to D] [--sample SHARE] [--no-causes] | --what-if close=2ticks,volume=1% [--run ID]',
  options: {
    ...SELECTION_OPTIONS,
    sample: {
      type: 'string',
      help: 'Compare only this share of the minutes, for example 0.1; the same ones every time',
    },
    'no-causes': { type: 'boolean', help: 'Do not look for the causes of differences' },
    'what-if': {
      type: 'string',
      help: 'Compare nothing; count a run with these tolerances, such as close=0.02,open=2ticks,volume=1%,features.rsi_14=0.1',
    },
    run: { type: 'string', help: 'With --what-if: the run; the newest when left out' },
  },
  run: (input) => {
    const words = textOption(input, 'what-if')
    if (words !== undefined) return whatIf(input, parseTolerances(words))
    if (textOption(input, 'run') !== undefined) {
      throw new SwitchyardError('BAD_ARGUMENTS', '--run goes with --what-if only.', {
        hint: '"compare report RUN" shows a run.',
      })
    }
    return runJob<'compare'>(
      input,
      (client) =>
        client.compare.start({
          ...selection(input),
          ...sampleOption(input),
          ...(input.values['no-causes'] === true ? { causes: false } : {}),
        }),
      ({ counts, found, features }) => [
        ...fieldLines(counts),
        ...featureLines(features),
        ...(found?.causes ?? []).map(({ words, explained }) => `  ${explained} differences: ${words}`),
      ],
    )
  },
}

function sampleOption(input: CommandInput): { sample?: number } {
  const text = textOption(input, 'sample')
  if (text === undefined) return {}
  const sample = Number(text)
  if (!(sample > 0 && sample < 1)) {
    throw new SwitchyardError('BAD_ARGUMENTS', `--sample must be a share between 0 and 1, not "${text}".`, {
      hint: 'For example --sample 0.1 for a tenth of the minutes; leave it out to compare all.',
    })
  }
  return { sample }
}

type WhatIfTolerances = Required<Pick<z.input<typeof whatIfInputSchema>, 'tolerances' | 'features'>>

/** `close=0.02,open=2ticks+1bp,volume=1%,features.rsi_14=0.1` */
function parseTolerances(text: string): WhatIfTolerances {
  const tolerances: NonNullable<WhatIfTolerances['tolerances']> = {}
  const features: NonNullable<WhatIfTolerances['features']> = {}
  for (const entry of text.split(',')) {
    const [, of, name, sum] = /^\s*(features\.)?(\w+)\s*=\s*(.+?)\s*$/.exec(entry) ?? []
    const field = COMPARED_FIELDS.find((known) => known === name)
    const tolerance = sum === undefined ? undefined : parseTolerance(sum)
    if ((of === undefined && field === undefined) || tolerance === undefined) throw badTolerances(entry)
    if (of === undefined && field !== undefined) tolerances[field] = tolerance
    else features[name] = tolerance
  }
  return { tolerances, features }
}

function badTolerances(entry: string): SwitchyardError {
  return new SwitchyardError('BAD_ARGUMENTS', `--what-if cannot read "${entry}".`, {
    hint: `Write FIELD=TOLERANCE with a field of ${COMPARED_FIELDS.join(', ')}, or features.NAME, and a tolerance such as 0.02, 2ticks, 5bp, 1% or 0.01+5bp.`,
  })
}

function whatIf(input: CommandInput, tolerances: WhatIfTolerances): Promise<CommandOutput> {
  return withEngine(input.workspace, async (client) => {
    const runId = textOption(input, 'run') ?? (await newestRun(client)).runId
    const result = await client.compare.whatIf({ runId, ...tolerances })
    return {
      exitCode:
        unequalOf(result.after) + unequalFeatures(result.features?.after) > 0 ? ExitCode.Findings : ExitCode.Done,
      json: result,
      text: whatIfLines(result),
    }
  })
}

function whatIfLines({ runId, sample, before, after, features }: WhatIf): string[] {
  const change = (a: number, b: number): string => (a === b ? `${a}` : `${a} -> ${b}`)
  return [
    `${runId}, counted again${sampleWords(sample)}`,
    `  minutes    equal ${after.equal}, within tolerance ${change(before.withinTolerance, after.withinTolerance)}, different ${change(before.different, after.different)}`,
    ...Object.entries(after.fields).map(([field, counts]) => {
      const was = before.fields[field]
      return `  ${field.padEnd(10)} equal ${counts.equal}, within tolerance ${change(was.withinTolerance, counts.withinTolerance)}, different ${change(was.different, counts.different)}`
    }),
    ...featureWhatIfLines(features),
  ]
}

async function newestRun(client: EngineClient): Promise<ComparisonRun> {
  const newest = (await client.compare.runs()).at(0)
  if (newest === undefined) {
    throw new SwitchyardError('NOT_FOUND', 'There is no comparison run yet.', { hint: 'Make one: switchyard compare.' })
  }
  return newest
}

const runs: Command = {
  name: 'compare runs',
  summary: 'List the comparison runs, newest first',
  usage: '',
  options: {},
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const [list, reference] = await Promise.all([client.compare.runs(), client.compare.reference()])
      return {
        exitCode: ExitCode.Done,
        json: list,
        text:
          list.length === 0
            ? ['There are no comparison runs.']
            : alignColumns([
                ['run', 'made', 'from', 'to', 'symbols', 'minutes', 'equal', 'within', 'different', 'one side', ''],
                ...list.map((run) => [
                  run.runId,
                  momentWords(run.createdAtMs),
                  run.from,
                  run.to,
                  String(run.symbols.length),
                  String(run.counts.common + run.counts.oldOnly + run.counts.newOnly),
                  String(run.counts.equal),
                  String(run.counts.withinTolerance),
                  String(run.counts.different),
                  String(run.counts.oldOnly + run.counts.newOnly),
                  [
                    ...(run.runId === reference?.runId ? ['reference'] : []),
                    ...(run.sample === null ? [] : [`sample ${run.sample}`]),
                  ].join(', '),
                ]),
              ]),
      }
    }),
}

const report: Command = {
  name: 'compare report',
  summary: 'Show everything about a comparison run, or write it to an HTML file',
  usage: 'RUN [--html FILE]',
  options: { html: { type: 'string', help: 'Write one HTML file that needs nothing else' } },
  allowPositionals: true,
  run: (input) => {
    const runId = onlyRun(input)
    const html = textOption(input, 'html')
    return withEngine(input.workspace, async (client) => {
      const found = await client.compare.report({ runId })
      const file = html === undefined ? undefined : isAbsolute(html) ? html : resolve(html)
      if (file !== undefined) writeFileSync(file, (await client.compare.reportHtml({ runId })).html)
      const { counts } = found
      return {
        exitCode: unequalOf(counts) + unequalFeatures(found.features?.counts) > 0 ? ExitCode.Findings : ExitCode.Done,
        json: file === undefined ? found : { runId, html: file },
        text:
          file === undefined
            ? [
                `${found.runId}: ${found.oldPipeline}${found.oldRuns === null ? '' : ` against itself (runs ${found.oldRuns.join(' and ')})`}, ${found.symbols.join(', ')}, ${found.from} to ${found.to}${sampleWords(found.sample)}`,
                `  minutes    equal ${counts.equal}, within tolerance ${counts.withinTolerance}, different ${counts.different}, only in old ${counts.oldOnly}, only in new ${counts.newOnly}`,
                `  duplicates ${counts.duplicateKeys}, null against value ${counts.nullVersusValue}, not settled ${counts.notSettled}`,
                ...(found.oldRuns === null ? causeLines(found.explanation).map((line) => `  ${line}`) : []),
                ...fieldLines(counts),
                ...alignColumns([
                  ['  field', 'bias', 'MAE', 'RMSE', 'correlation', '|d| p50', 'p90', 'p99', 'max'],
                  ...Object.entries(found.errors).map(([field, { bias, mae, rmse, correlation, absolute }]) => [
                    `  ${field}`,
                    ...[bias, mae, rmse, correlation, absolute.p50, absolute.p90, absolute.p99, absolute.max].map(
                      digits,
                    ),
                  ]),
                ]),
                ...featureLines(found.features),
                ...featureErrorLines(found.features, digits),
                `  old ${found.inputs.oldHash ?? 'unknown'}`,
                `  new ${found.inputs.newHash ?? 'unknown'}`,
              ]
            : [file],
      }
    })
  },
}

const trend: Command = {
  name: 'compare trend',
  summary: 'Show how the differences change from run to run',
  usage: '[--limit N]',
  options: { limit: { type: 'string', help: 'How many of the newest runs; 50 when left out' } },
  run: (input) =>
    withEngine(input.workspace, async (client) => {
      const points = await client.compare.trend({ limit: integerOption(input, 'limit', 1, 1_000) ?? 50 })
      return { exitCode: ExitCode.Done, json: points, text: trendLines(points) }
    }),
}

function trendLines(points: readonly TrendPoint[]): readonly string[] {
  if (points.length === 0) return ['There are no comparison runs.']
  const fields = COMPARED_FIELDS.filter((field) => points.some(({ p99 }) => p99[field] !== undefined))
  const percent = (share: number | null): string => (share === null ? '-' : (share * 100).toFixed(3))
  return alignColumns([
    ['run', 'minutes', 'unequal %', 'different %', 'no cause %', ...fields.map((field) => `${field} p99`), ''],
    ...points.map((point) => [
      point.runId,
      String(point.minutes),
      percent(point.unequalShare),
      percent(point.differentShare),
      percent(point.withoutCauseShare),
      ...fields.map((field) => digits(point.p99[field] ?? null)),
      [...(point.isReference ? ['reference'] : []), ...(point.sample === null ? [] : [`sample ${point.sample}`])].join(
        ', ',
      ),
    ]),
  ])
}

const reference: Command = {
  name: 'compare reference',
  summary: 'Mark a run as the one that others are compared with',
  usage: 'RUN | --clear',
  options: { clear: { type: 'boolean', help: 'Mark none' } },
  allowPositionals: true,
  run: (input) => {
    const runId = input.values['clear'] === true ? null : onlyRun(input)
    return withEngine(input.workspace, async (client) => {
      const marked = await client.compare.markReference({ runId })
      return {
        exitCode: ExitCode.Done,
        json: marked,
        text: [marked === null ? 'No run is marked as the reference.' : `${marked.runId} is the reference.`],
      }
    })
  },
}

const drift: Command = {
  name: 'compare drift',
  summary: 'Compare the differences of a run with those of the reference run',
  usage: 'RUN',
  options: {},
  allowPositionals: true,
  run: (input) => {
    const runId = onlyRun(input)
    return withEngine(input.workspace, async (client) => {
      const found = await client.compare.drift({ runId })
      return {
        exitCode: found.fields.some(({ isBeyondChance }) => isBeyondChance) ? ExitCode.Findings : ExitCode.Done,
        json: found,
        text: [
          `${found.runId} against ${found.reference.runId}`,
          ...alignColumns([
            ['  field', 'PSI', 'by chance', '99 % of chance', 'D', 'adjusted p', ''],
            ...found.fields.map((field) => [
              `  ${field.field}`,
              ...[field.psi, field.psiExpected, field.psiUpper99, field.d, field.adjustedPValue].map(digits),
              field.isBeyondChance ? 'beyond chance' : '',
            ]),
          ]),
        ],
      }
    })
  },
}

const noiseFloor: Command = {
  name: 'compare noise-floor',
  summary:
    'Run the old pipeline twice and compare the two: differences that small say nothing. Without dates, show the newest',
  usage: '[--from D --to D [--symbols A,B]]',
  options: SELECTION_OPTIONS,
  run: (input) => {
    const asksForRun = Object.keys(SELECTION_OPTIONS).some((name) => textOption(input, name) !== undefined)
    if (asksForRun) {
      return runJob<'noise-floor'>(input, (client) => client.compare.noiseFloor(sessionWindow(input)), noiseLines)
    }
    return withEngine(input.workspace, async (client) => {
      const newest = (await client.compare.noiseFloors()).at(0)
      if (newest === undefined) {
        throw new SwitchyardError('NOT_FOUND', 'The noise floor was not measured yet.', {
          hint: 'Measure it: switchyard compare noise-floor --from D --to D.',
        })
      }
      const about = `${newest.runId}: ${newest.symbols.join(', ')}, ${newest.from} to ${newest.to}`
      return { exitCode: ExitCode.Done, json: newest, text: [about, ...noiseLines(newest)] }
    })
  },
}

function noiseLines({ fields, onlyFirst, onlySecond, oldRuns }: NoiseFloor): string[] {
  return [
    `  first ${oldRuns[0]}, second ${oldRuns[1]}; minutes only in the first ${onlyFirst}, only in the second ${onlySecond}`,
    ...alignColumns([
      ['  field', 'minutes', 'unequal', 'unequal %', '|d| p99', 'max'],
      ...Object.entries(fields).map(([field, { minutes, unequal, unequalShare, p99, max }]) => [
        `  ${field}`,
        String(minutes),
        String(unequal),
        digits(unequalShare === null ? null : unequalShare * 100),
        digits(p99),
        digits(max),
      ]),
    ]),
  ]
}

function onlyRun({ positionals }: CommandInput): string {
  if (positionals.length === 1) return positionals[0]
  throw new SwitchyardError('BAD_ARGUMENTS', 'Name one comparison run.', { hint: '"compare runs" lists them.' })
}

function digits(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(5)))
}

function momentWords(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`
}

/** Commands of the comparison, through the contract. */
export const COMPARE_COMMANDS: readonly Command[] = [
  compare,
  runs,
  report,
  trend,
  reference,
  drift,
  noiseFloor,
  ...CAUSE_COMMANDS,
]
