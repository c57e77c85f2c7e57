import { createCompareDataset } from './compare-dataset.ts'

/** Entry of a process of its own, whose memory is nobody's peak: makes a data set and prints what it is. */
const [folder, bars] = process.argv.slice(2)
process.stdout.write(JSON.stringify(await createCompareDataset(folder, Number(bars))))
