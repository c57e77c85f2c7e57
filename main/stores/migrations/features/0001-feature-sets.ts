import type { Migration } from '../../database.ts'

/**
 * The registry of feature sets. The table of a set itself is named after the set and made when the set is registered,
 * because its columns come from the definition.
 */
export const featureSets: Migration = {
  name: '0001-feature-sets',
  up(database) {
    database.exec(`
      create table feature_sets (
        name             text primary key,
        definition_hash  text not null,
        definition       text not null,
        columns          text not null,
        registered_at_ms integer not null
      ) strict, without rowid;
    `)
  },
}
