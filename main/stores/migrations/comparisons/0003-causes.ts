import type { Migration } from '../../database.ts'

/**
 * Why old and new differ: the causes of each symbol, and which of them every difference needs. What is known of a symbol stands
 * here as soon as it is compared, so that an interrupted run goes on with the next one. Earlier runs have none of it.
 */
export const causes: Migration = {
  name: '0003-causes',
  up(database) {
    database.exec(`
      create table comparison_symbols (
        run_id  text not null references comparison_runs (id) on delete cascade,
        symbol  text not null,
        -- Compressed JSON: what the whole run is summed up from; null once it is.
        result  blob,
        -- Compressed JSON; null where no causes were looked for.
        causes  blob,
        primary key (run_id, symbol)
      ) strict;

      -- [field, causes, count] of the differences; null where no causes were looked for.
      alter table comparison_sessions add column attribution text;
      -- For each stored row a little-endian UInt32: a bit for each cause, the highest where something is not explained.
      alter table comparison_sessions add column row_causes blob;
    `)
  },
}
