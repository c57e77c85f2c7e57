import { join } from 'node:path'
import { SwitchyardError } from '#shared/errors.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import { noiseFloorOf } from '#main/compare/noise-floor.ts'
import { WritableLegacyStore } from '#main/stores/legacy-store.ts'
import type { JobContext, JobDefinition } from '../job-definition.ts'
import { hasOutFolder, runPaths, withOutFolder } from '../old-runs.ts'
import { compareJob } from './compare.ts'
import { legacyImportJob, requireOldPipeline } from './legacy-import.ts'
import { oldRunJob } from './old-run.ts'

/**
 * Runs the old pipeline twice over the same sessions and compares the two: an A/A run. What it left is imported into stores of
 * their own beside its output, never into the operator's.
 */
export const noiseFloorJob: JobDefinition<'noise-floor'> = {
  kind: 'noise-floor',
  title: 'Measure the noise floor',
  lane: 'chain',
  controls: [],
  steps: [
    { title: 'Running the old pipeline', weight: 10 },
    { title: 'Running it again', weight: 10 },
    { title: 'Importing what the two left', weight: 4 },
    { title: 'Comparing the two', weight: 1 },
  ],
  check: (params, services) => {
    const run = { ...params, purpose: 'noise-floor' as const }
    oldRunJob.check?.(run, services)
    compareJob.check?.(params, services)
    if (hasOutFolder(requireOldPipeline(services))) return
    throw new SwitchyardError(
      'BAD_ARGUMENTS',
      'Two runs of the old pipeline cannot be told apart: no description says {out}.',
      {
        hint: 'Have the command write to {out} and let the files of oldPipeline.bars begin with {out}/; docs/old-pipeline.md has an example.',
      },
    )
  },
  run: async (params, context) => {
    const { report, runPart } = context
    const oldRun = async (step: number, part: string): Promise<string> => {
      const run = { ...params, purpose: 'noise-floor' as const }
      const { jobId } = await runPart(part, 'old-run', run, (fraction, detail) => report(step, fraction, { detail }))
      return jobId
    }
    const first = await oldRun(0, 'first')
    const second = await oldRun(1, 'second')
    const imported = [
      await importRun(first, params.symbols, 0, context),
      await importRun(second, params.symbols, 1, context),
    ]
    const compared = await runPart('compare', 'compare', { ...params, oldRuns: [first, second] }, (fraction, detail) =>
      report(3, fraction, { detail }),
    )
    return {
      ...noiseFloorOf(compared.result, [first, second]),
      rows: [imported[0].rows, imported[1].rows],
      rejected: [imported[0].rejected, imported[1].rejected],
    }
  },
  hasFindings: ({ fields, onlyFirst, onlySecond, rejected }) =>
    onlyFirst + onlySecond > 0 ||
    rejected.some((count) => count > 0) ||
    Object.values(fields).some(({ unequal }) => unequal > 0),
  summary: ({ fields, onlyFirst, onlySecond }) => {
    const unequal = Object.entries(fields).filter((field) => field[1].unequal > 0)
    const sides =
      onlyFirst + onlySecond === 0
        ? ''
        : ` ${onlyFirst} minutes only in the first run, ${onlySecond} only in the second.`
    return unequal.length === 0
      ? `The old pipeline gave the same values twice.${sides}`
      : `Run twice, the old pipeline gave other values for ${unequal.map(([field]) => field).join(', ')}.${sides}`
  },
}

/** Imports what a run left into a store beside it; the newest import of the workspace knows nothing of it. */
async function importRun(
  runId: string,
  symbols: string[] | undefined,
  which: 0 | 1,
  context: JobContext,
): Promise<JobResult<'legacy-import'>> {
  const { services } = context
  const oldPipeline = withOutFolder(requireOldPipeline(services), runId)
  const sources = [...(oldPipeline.bars === undefined ? [] : [oldPipeline.bars]), ...oldPipeline.sources]
  const legacy = new WritableLegacyStore(join(services.folder, runPaths(runId).bars))
  try {
    return await legacyImportJob.run(
      { symbols },
      {
        ...context,
        report: (_step, fraction, extra) => context.report(2, (which + fraction) / 2, extra),
        services: {
          ...services,
          config: {
            ...services.config,
            oldPipeline: { ...oldPipeline, bars: undefined, sources: sources.filter(isOf(runId)) },
          },
          stores: { ...services.stores, legacy },
          publish: () => undefined,
        },
      },
    )
  } finally {
    legacy.close()
  }
}

/** Whether a description is of what a run left: files that lie elsewhere are the same for both runs, and say nothing. */
function isOf(runId: string): (description: { readonly files: string }) => boolean {
  const { out } = runPaths(runId)
  return ({ files }) => files.startsWith(`${out}/`)
}
