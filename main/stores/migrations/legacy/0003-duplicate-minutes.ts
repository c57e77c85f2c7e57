import type { Migration } from '../../database.ts'

/**
 * Of a row that a later one of the same minute took the place of: its symbol, its minute, and whether it said the same. Imports
 * from before do not know; their files are read again.
 */
export const duplicateMinutes: Migration = {
  name: '0003-duplicate-minutes',
  up(database) {
    database.exec(`
      alter table legacy_rejects add column symbol text;
      alter table legacy_rejects add column ts integer;
      alter table legacy_rejects add column is_copy integer;
      create index legacy_rejects_by_minute on legacy_rejects (symbol, ts) where ts is not null;
      update legacy_imports set stamp = null, sha256 = '' where duplicates > 0;
    `)
  },
}
