import type { Migration } from '../../database.ts'

/** Causes of differences that the operator accepts. An acceptance is never changed but for being withdrawn, and never deleted. */
export const causeAcceptances: Migration = {
  name: '0005-cause-acceptances',
  up(database) {
    database.exec(`
      create table cause_acceptances (
        id               integer primary key autoincrement,
        cause_key        text not null,
        kind             text not null,
        words            text not null,
        run_id           text not null,
        scope            text not null,
        reason           text not null,
        author           text not null,
        accepted_at_ms   integer not null,
        expires_at_ms    integer,
        withdrawn_at_ms  integer,
        withdrawn_by     text,
        withdrawn_reason text
      ) strict;
      create index cause_acceptances_by_key on cause_acceptances (cause_key);
    `)
  },
}
