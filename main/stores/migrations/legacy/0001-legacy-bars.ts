import type { Migration } from '../../database.ts'

/** What the old pipeline left, normalised to session blocks, with the files it came from and the rows that were refused. */
export const legacyBars: Migration = {
  name: '0001-legacy-bars',
  up(database) {
    database.exec(`
      create table legacy_imports (
        id               integer primary key,
        symbol           text not null,
        file             text not null,
        sha256           text not null,
        description_hash text not null,
        rows             integer not null,
        rejected         integer not null,
        imported_at_ms   integer not null
      ) strict;
      create index legacy_imports_by_symbol on legacy_imports (symbol, id);

      create table legacy_bars (
        symbol       text not null,
        session_date text not null,
        import_id    integer not null references legacy_imports (id),
        count        integer not null,
        content_hash text not null,
        ts           blob not null,
        open         blob not null,
        high         blob not null,
        low          blob not null,
        close        blob not null,
        volume       blob not null,
        vwap         blob not null,
        trade_count  blob not null,
        primary key (symbol, session_date)
      ) strict;

      create table legacy_rejects (
        import_id integer not null references legacy_imports (id),
        line      integer not null,
        reason    text not null,
        text      text not null,
        primary key (import_id, line)
      ) strict, without rowid;
    `)
  },
}
