import type { Migration } from '../../database.ts'

/** Runs that compare the old pipeline with itself name its two runs; those that compare old with new, as all before, name none. */
export const oldAgainstOld: Migration = {
  name: '0005-old-against-old',
  up(database) {
    database.exec('alter table comparison_runs add column old_runs text')
  },
}
