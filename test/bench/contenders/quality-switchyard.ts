import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { workerEnvironment } from '#main/jobs/worker-environment.ts'
import { BlockFile, type CuratedBlock } from '../quality/block-file.ts'
import type { CurateTask } from '../quality/curate-symbol.ts'
import { CURATION, qualityFiles, readPlans } from '../quality/quality-files.ts'
import type { Contender } from './contender.ts'

const THREADS = 2
const SCRIPT = new URL('../quality/curate-worker.ts', import.meta.url)

/** The transform of Switchyard as its workers run it: a symbol at a time in each of two threads, and one writer. */
export const switchyard: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    const opened = await phase('open', () => ({
      blocks: new BlockFile(join(outputFolder, 'curated.db')),
      plans: readPlans(datasetFolder),
    }))
    await phase('transform', async () => {
      const { rawStore } = qualityFiles(datasetFolder)
      const tasks = opened.plans.map((plan): CurateTask => ({ rawFile: rawStore, plan, config: CURATION }))
      await Promise.all(Array.from({ length: THREADS }, () => workOff(tasks, opened.blocks)))
    })
    await phase('close', () => opened.blocks.close())
  },
  outputs: ['curated.db'],
}

/** Has one thread do the tasks of a list until there are none left. */
async function workOff(tasks: CurateTask[], blocks: BlockFile): Promise<void> {
  const worker = new Worker(SCRIPT, { env: workerEnvironment(SCRIPT) })
  await new Promise<void>((resolve, reject) => {
    const next = (): void => {
      const task = tasks.shift()
      if (task === undefined) resolve()
      else worker.postMessage(task)
    }
    worker.on('error', reject)
    worker.on('message', (message: readonly CuratedBlock[] | 'done') => {
      if (message === 'done') {
        next()
        return
      }
      blocks.add(message)
      // Freed at once: the collector does not see how much they hold.
      for (const { blobs } of message) (blobs.ts.buffer as ArrayBuffer).transfer(0)
      worker.postMessage('next')
    })
    next()
  })
  await worker.terminate()
}
