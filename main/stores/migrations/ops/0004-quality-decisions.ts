import type { Migration } from '../../database.ts'

/** What operators say about data: findings that may stand, and whose hours hold. Not in curated.db, which can be built anew. */
export const qualityDecisions: Migration = {
  name: '0004-quality-decisions',
  up(database) {
    database.exec(`
      create table finding_acknowledgements (
        symbol       text not null,
        session_date text not null,
        rule         text not null,
        ts           integer not null,
        reason       text not null,
        author       text not null,
        at_ms        integer not null,
        primary key (symbol, session_date, rule, ts)
      ) strict, without rowid;

      -- Of several decisions the last one counts. The hours of the broker as they were; null where it is closed.
      create table hours_decisions (
        id           integer primary key,
        hours_group  text not null,
        session_date text not null,
        holds        text not null check (holds in ('calendar', 'broker')),
        open_ts      integer,
        close_ts     integer,
        reason       text not null,
        author       text not null,
        at_ms        integer not null
      ) strict;
    `)
  },
}
