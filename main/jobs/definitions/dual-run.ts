import { JOB_KINDS, type JobKind, type JobParamsInput, type JobResult } from '#shared/jobs/job-kinds.ts'
import type { DonePart, JobDefinition } from '../job-definition.ts'
import { ingestJob } from './ingest.ts'
import { requireOldPipeline } from './legacy-import.ts'
import { oldRunJob } from './old-run.ts'

/** Runs the new and the old pipeline over the same sessions, one after the other, and compares what they made of them. */
export const dualRunJob: JobDefinition<'dual-run'> = {
  kind: 'dual-run',
  title: 'Dual run',
  lane: 'chain',
  controls: [],
  steps: [
    { title: 'Ingest from TWS', weight: 10 },
    { title: 'Curate bars', weight: 4 },
    { title: 'Build features', weight: 4 },
    { title: 'Run old pipeline', weight: 10 },
    { title: 'Import old pipeline', weight: 4 },
    { title: 'Compare old and new', weight: 1 },
  ],
  check: (params, services) => {
    requireOldPipeline(services)
    oldRunJob.check?.(JOB_KINDS['old-run'].params.parse(params), services)
    // Whether it can be compared is known when the bars are there: the broker says how large a tick is.
    ingestJob.check?.(JOB_KINDS.ingest.params.parse(params), services)
  },
  run: async (params, { services, report, runPart }) => {
    const { symbols } = params
    const done: DonePart<JobKind>[] = []
    const part = async <K extends JobKind>(
      step: number,
      name: string,
      kind: K,
      of: JobParamsInput<K>,
    ): Promise<JobResult<K>> => {
      const ended = await runPart(name, kind, of, (fraction, detail) => report(step, fraction, { detail }))
      done.push(ended)
      return ended.result
    }
    await part(0, 'ingest', 'ingest', params)
    await part(1, 'transform', 'transform', params)
    for (const featureSet of services.config.features.sets)
      await part(2, featureSet, 'features', { ...params, featureSet })
    await part(3, 'old-run', 'old-run', params)
    await part(4, 'import', 'legacy-import', { symbols })
    const { runId, counts } = await part(5, 'compare', 'compare', params)
    return {
      parts: done.map(({ jobId, kind, summary, hasFindings }) => ({ jobId, kind, summary, hasFindings })),
      runId,
      counts,
    }
  },
  hasFindings: ({ parts }) => parts.some(({ hasFindings }) => hasFindings),
  summary: ({ parts }) => parts[parts.length - 1].summary,
}
