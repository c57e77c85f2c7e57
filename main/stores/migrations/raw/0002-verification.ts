import type { Migration } from '../../database.ts'

/** What an answer proves about a session, what later answers changed, and the broker's own schedule. */
export const verification: Migration = {
  name: '0002-verification',
  up(database) {
    database.exec(`
      -- Why a request was made (fetch, confirm, refetch, reconcile, refill, poll, live) and the how-manieth try it was.
      alter table tws_requests add column purpose text not null default 'fetch';
      alter table tws_requests add column attempt integer not null default 1;
      -- Why its answer is kept and not used, for example because its bars lie in another range.
      alter table tws_requests add column rejected_because text;

      -- Minutes of the session that should come; that are there with this answer and all earlier ones; and why some are not.
      alter table tws_request_sessions add column expected integer;
      alter table tws_request_sessions add column known integer;
      alter table tws_request_sessions add column reason text;

      -- Minutes of a session that a response has otherwise than the responses before it.
      create table raw_revisions (
        response_id          integer not null references raw_tws_bars (id),
        instrument_id        integer not null references instruments (id),
        session_date         text not null,
        cause                text not null,
        at_ms                integer not null,
        prices_changed       integer not null,
        volumes_changed      integer not null,
        added                integer not null,
        lacking              integer not null,
        largest_price_change real not null,
        volume_ratio         real,
        primary key (response_id, session_date)
      ) strict, without rowid;
      create index raw_revisions_by_session on raw_revisions (instrument_id, session_date);

      -- The first instant for which the broker has bars of an instrument.
      create table instrument_heads (
        instrument_id integer not null references instruments (id),
        what_to_show  text not null,
        head_ts       integer not null,
        asked_at_ms   integer not null,
        primary key (instrument_id, what_to_show)
      ) strict, without rowid;

      -- Answers to SCHEDULE: the sessions that the broker has in a range of dates, as [[date, open ts, close ts], ...].
      create table broker_schedules (
        id            integer primary key,
        instrument_id integer not null references instruments (id),
        use_rth       integer not null,
        from_date     text not null,
        to_date       text not null,
        asked_at_ms   integer not null,
        sessions      text not null
      ) strict;
      create index broker_schedules_by_instrument on broker_schedules (instrument_id, use_rth, id);
    `)
  },
}
