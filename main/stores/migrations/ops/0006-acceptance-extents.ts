import type { Migration } from '../../database.ts'

/** How large an accepted cause was, by symbol: an acceptance does not hold for one that has grown far beyond it. */
export const acceptanceExtents: Migration = {
  name: '0006-acceptance-extents',
  up(database) {
    // Acceptances from before do not say it, and hold at any size.
    database.exec(`alter table cause_acceptances add column extents text not null default '{}'`)
  },
}
