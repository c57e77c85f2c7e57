import type { Migration } from '../../database.ts'

/** Comparison runs: immutable once finished. A session keeps its counts and the rows that are not plainly equal. */
export const runs: Migration = {
  name: '0001-runs',
  up(database) {
    database.exec(`
      create table comparison_runs (
        id            text primary key,
        created_at_ms integer not null,
        finished      integer not null default 0,
        from_date     text not null,
        to_date       text not null,
        symbols       text not null,
        old_pipeline  text not null,
        settings      text not null,
        summary       text
      ) strict, without rowid;

      create table comparison_sessions (
        run_id       text not null references comparison_runs (id) on delete cascade,
        symbol       text not null,
        session_date text not null,
        old_hash     text,
        new_hash     text,
        counts       text not null,
        row_count    integer not null,
        ts           blob not null,
        class        blob not null,
        old_values   blob not null,
        new_values   blob not null,
        primary key (run_id, symbol, session_date)
      ) strict;
    `)
  },
}
