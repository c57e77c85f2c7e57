import type { Migration } from '../../database.ts'

/** The append-only log of what TWS answered, the requests that asked for it, and the instruments it is about. */
export const responses: Migration = {
  name: '0001-responses',
  up(database) {
    database.exec(`
      create table instruments (
        id               integer primary key,
        symbol           text not null unique,
        con_id           integer not null,
        sec_type         text not null,
        exchange         text not null,
        primary_exchange text,
        currency         text not null,
        local_symbol     text,
        trading_class    text,
        long_name        text,
        min_tick         real,
        time_zone        text,
        resolved_at_ms   integer not null
      ) strict;

      create table tws_requests (
        id             integer primary key,
        instrument_id  integer not null references instruments (id),
        kind           text not null,
        bar_size       text not null,
        what_to_show   text not null,
        use_rth        integer not null,
        end_ts         integer not null,
        duration       text not null,
        sent_at_ms     integer not null,
        finished_at_ms integer,
        outcome        text check (outcome in ('complete', 'no_data', 'failed', 'cancelled', 'abandoned')),
        code           integer,
        message        text,
        bars           integer
      ) strict;

      -- Which sessions a request asked for and how many bars of each came back: the proof that a session was fetched.
      -- settled = 1: the answer is believed for this session and it is not asked for again.
      create table tws_request_sessions (
        request_id    integer not null references tws_requests (id),
        instrument_id integer not null references instruments (id),
        session_date  text not null,
        bars          integer,
        settled       integer not null default 0,
        primary key (instrument_id, session_date, request_id)
      ) strict, without rowid;

      create table raw_tws_bars (
        id             integer primary key autoincrement,
        request_id     integer not null references tws_requests (id),
        instrument_id  integer not null references instruments (id),
        bar_size       text not null,
        what_to_show   text not null,
        use_rth        integer not null,
        first_ts       integer not null,
        last_ts        integer not null,
        count          integer not null,
        received_at_ms integer not null,
        ts             blob not null,
        open           blob not null,
        high           blob not null,
        low            blob not null,
        close          blob not null,
        volume         blob not null,
        vwap           blob not null,
        trade_count    blob not null,
        checksum       text not null
      ) strict;
      create index raw_tws_bars_by_time on raw_tws_bars (instrument_id, bar_size, what_to_show, first_ts, last_ts);

      create trigger raw_tws_bars_no_update before update on raw_tws_bars
      begin select raise(abort, 'raw_tws_bars is append-only'); end;
      create trigger raw_tws_bars_no_delete before delete on raw_tws_bars
      begin select raise(abort, 'raw_tws_bars is append-only'); end;
    `)
  },
}
