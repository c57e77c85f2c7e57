import type { Migration } from '../../database.ts'

/** What happened on the connection to TWS, so that the night can be read in the morning. */
export const connectionLog: Migration = {
  name: '0003-connection-log',
  up(database) {
    database.exec(`
      create table connection_log (
        id       integer primary key,
        at_ms    integer not null,
        kind     text not null,
        severity text not null,
        code     integer,
        text     text not null,
        meaning  text,
        subject  text
      ) strict;
    `)
  },
}
