import type { Migration } from '../../database.ts'

/**
 * What a run was made from (hashes of its inputs, version of the code, hours of its sessions, sample), the distributions of its
 * differences, and which run others are compared with. Earlier runs have none of it.
 */
export const inputsAndProfiles: Migration = {
  name: '0002-inputs-and-profiles',
  up(database) {
    database.exec(`
      alter table comparison_runs add column code_version text;
      alter table comparison_runs add column old_hash text;
      alter table comparison_runs add column new_hash text;
      alter table comparison_runs add column sample real;
      alter table comparison_sessions add column open_ts integer;
      alter table comparison_sessions add column close_ts integer;

      create table comparison_profiles (
        run_id    text not null references comparison_runs (id) on delete cascade,
        dimension text not null check (dimension in ('all', 'symbol', 'day', 'minute')),
        field     text not null,
        profiles  blob not null,
        primary key (run_id, dimension, field)
      ) strict;

      create table comparison_references (
        id           integer primary key autoincrement,
        run_id       text references comparison_runs (id) on delete cascade,
        marked_at_ms integer not null
      ) strict;
    `)
  },
}
