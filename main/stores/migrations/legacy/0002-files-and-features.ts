import type { Migration } from '../../database.ts'

/**
 * A symbol may come from many files and a file may hold many symbols, so that every block knows which import it came from. Where
 * several files have rows of one session, `legacy_pieces` keeps what each of them has, so that one can be replaced without reading
 * the others again. Columns of the old pipeline beside the bars are kept as `legacy_features`.
 */
export const filesAndFeatures: Migration = {
  name: '0002-files-and-features',
  up(database) {
    database.exec(`
      -- Only 'current' imports count. Rows of a 'pending' one are there, and replaced by the import that is done again.
      alter table legacy_imports add column state text not null default 'current' check (state in ('pending', 'current', 'replaced'));
      alter table legacy_imports add column bytes integer not null default 0;
      -- Size, times and number of the file, by which it is known to be unchanged without being read; null when it may have
      -- changed since without a trace.
      alter table legacy_imports add column stamp text;
      alter table legacy_imports add column rows_in_file integer not null default 0;
      alter table legacy_imports add column duplicates integer not null default 0;
      alter table legacy_imports add column blank integer not null default 0;
      alter table legacy_imports add column other_symbols integer not null default 0;
      alter table legacy_imports add column clock_changes text not null default '{"refused":0,"decided":0}';
      alter table legacy_imports add column first_ts integer;
      alter table legacy_imports add column last_ts integer;
      alter table legacy_imports add column doubts text not null default '[]';
      update legacy_imports set state = 'replaced' where id not in (select max(id) from legacy_imports group by symbol);
      update legacy_imports set rows_in_file = rows + rejected;
      create index legacy_imports_by_file on legacy_imports (file, id);

      alter table legacy_bars add column files integer not null default 1;
      create index legacy_bars_by_import on legacy_bars (import_id);

      alter table legacy_rejects add column is_duplicate integer not null default 0;

      create table legacy_pieces (
        symbol       text not null,
        session_date text not null,
        import_id    integer not null references legacy_imports (id),
        ts           blob not null,
        open         blob not null,
        high         blob not null,
        low          blob not null,
        close        blob not null,
        volume       blob not null,
        vwap         blob not null,
        trade_count  blob not null,
        primary key (symbol, session_date, import_id)
      ) strict;
      create index legacy_pieces_by_import on legacy_pieces (import_id);

      create table legacy_piece_features (
        symbol       text not null,
        session_date text not null,
        import_id    integer not null references legacy_imports (id),
        name         text not null,
        "values"     blob not null,
        primary key (symbol, session_date, import_id, name)
      ) strict;

      -- One value for every bar of the block in legacy_bars.
      create table legacy_features (
        symbol       text not null,
        session_date text not null,
        name         text not null,
        content_hash text not null,
        "values"     blob not null,
        primary key (symbol, session_date, name)
      ) strict;
    `)
  },
}
