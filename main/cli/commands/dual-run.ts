import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Command } from '../command.ts'
import { alignColumns } from '../align-columns.ts'
import { sessionWindow, SELECTION_OPTIONS } from '../options.ts'
import { runJob } from '../run-job.ts'

/** `switchyard dual-run`: both pipelines over the same sessions, then the comparison. */
export const dualRun: Command = {
  name: 'dual-run',
  summary: 'Run the new and the old pipeline over the same sessions and compare what they made of them',
  usage: '--from D --to D [--symbols A,B]',
  options: SELECTION_OPTIONS,
  run: (input) => runJob<'dual-run'>(input, (client) => client.dualRun.start(sessionWindow(input)), partLines),
}

function partLines({ parts, runId }: JobResult<'dual-run'>): string[] {
  return [
    ...alignColumns(parts.map(({ kind, jobId, summary }) => [`  ${kind}`, jobId, summary])),
    `  "switchyard compare report ${runId}" has everything about the comparison.`,
  ]
}
