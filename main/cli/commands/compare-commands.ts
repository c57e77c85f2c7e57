import { SwitchyardError } from '#shared/errors.ts'
import type { ComparisonCounts } from '#shared/jobs/job-kinds.ts'
import type { Command, CommandInput } from '../command.ts'
import { selection, SELECTION_OPTIONS, textOption } from '../options.ts'
import { runJob } from '../run-job.ts'

const fieldLines = (counts: ComparisonCounts): string[] =>
  Object.entries(counts.fields).map(
    ([field, { equal, withinTolerance, different, nullVersusValue }]) =>
      `  ${field.padEnd(10)} equal ${equal}, within tolerance ${withinTolerance}, different ${different}` +
      (nullVersusValue > 0 ? `, null against value ${nullVersusValue}` : ''),
  )

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

const compare: Command = {
  name: 'compare',
  summary: 'Compare old and new bars minute by minute',
  usage: '[--symbols A,B] [--from D] [--to D] [--sample SHARE]',
  options: {
    ...SELECTION_OPTIONS,
    sample: {
      type: 'string',
      help: 'Compare only this share of the minutes, for example 0.1; the same ones every time',
    },
  },
  run: (input) =>
    runJob<'compare'>(
      input,
      (client) => client.compare.start({ ...selection(input), ...sampleOption(input) }),
      ({ counts }) => fieldLines(counts),
    ),
}

/** Commands of the comparison, through the contract. */
export const COMPARE_COMMANDS: readonly Command[] = [compare]
