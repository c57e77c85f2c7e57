import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine, type Engine } from '#main/engine/create-engine.ts'
import { isFinal, type Job } from '#shared/jobs/job.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import { datasetFiles } from '../dataset.ts'
import type { Contender } from './contender.ts'

/** Switchyard itself: the engine on a workspace of its own with the raw store of the data set, running its two jobs. */
export const switchyard: Contender = {
  prepare: (datasetFolder, outputFolder) => {
    const from = datasetFiles(datasetFolder).workspace
    mkdirSync(join(outputFolder, 'store'), { recursive: true })
    copyFileSync(join(from, 'switchyard.yaml'), join(outputFolder, 'switchyard.yaml'))
    copyFileSync(join(from, 'store', 'raw.db'), join(outputFolder, 'store', 'raw.db'))
  },
  run: async (_datasetFolder, outputFolder, phase) => {
    const engine = await phase('open', () => createEngine({ workspace: outputFolder }))
    await phase('transform', () => runJob(engine, 'transform'))
    await phase('features', () => runJob(engine, 'features'))
    await phase('close', () => engine.close())
  },
  outputs: ['store/curated.db', 'store/features.db'],
}

/** Runs a job to its end; throws when it does not succeed. */
export async function runJob(engine: Engine, kind: JobKind): Promise<void> {
  const ended = Promise.withResolvers<Job>()
  const unsubscribe = engine.jobs.onChange((job) => {
    if (job.kind === kind && isFinal(job.state)) ended.resolve(job)
  })
  engine.jobs.submit(kind, {})
  const job = await ended.promise
  unsubscribe()
  if (job.state !== 'succeeded')
    throw new Error(`The job ${kind} ${job.state}: ${job.error?.message ?? 'no reason given'}`)
}
