import { createImportDataset } from './import-dataset.ts'
import type { Layout } from './import-files.ts'

/** Entry of a process of its own, whose memory is nobody's peak: makes a data set and prints what it is. */
const [folder, layout, bars] = process.argv.slice(2)
process.stdout.write(JSON.stringify(await createImportDataset(folder, layout as Layout, Number(bars))))
