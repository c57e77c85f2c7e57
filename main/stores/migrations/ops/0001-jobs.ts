import type { Migration } from '../../database.ts'

/** The persisted job queue. */
export const jobs: Migration = {
  name: '0001-jobs',
  up(database) {
    database.exec(`
      create table jobs (
        id             text primary key,
        seq            integer not null unique,
        kind           text not null,
        state          text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        params         text not null,
        progress       text not null,
        result         text,
        error          text,
        has_findings   integer not null default 0,
        attempts       integer not null default 0,
        created_at_ms  integer not null,
        started_at_ms  integer,
        finished_at_ms integer
      ) strict, without rowid;
      create index jobs_by_state on jobs (state, seq);
    `)
  },
}
