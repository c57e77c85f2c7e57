import { cpSync } from 'node:fs'
import { createEngine } from '#main/engine/create-engine.ts'
import { importFiles } from '../import/import-files.ts'
import type { Contender } from './contender.ts'
import { runJob } from './switchyard.ts'

/** The import job of an engine, from the file to session blocks in legacy.db. */
export const switchyard: Contender = {
  prepare: (datasetFolder, outputFolder) =>
    cpSync(importFiles(datasetFolder).workspace, outputFolder, { recursive: true }),
  run: async (_datasetFolder, outputFolder, phase) => {
    const engine = await phase('open', () => createEngine({ workspace: outputFolder }))
    await phase('transform', () => runJob(engine, 'legacy-import'))
    await phase('close', () => engine.close())
  },
  outputs: ['store/legacy.db'],
}
