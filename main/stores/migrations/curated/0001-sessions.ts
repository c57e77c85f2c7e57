import type { Migration } from '../../database.ts'

/** Curated sessions with everything that is needed to rebuild each of them from raw, every build's hashes, and the findings. */
export const sessions: Migration = {
  name: '0001-sessions',
  up(database) {
    database.exec(`
      -- The configurations that ever made a block, by hash, so that an old block can be rebuilt as it was.
      create table curation_configs (
        config_hash text primary key,
        config      text not null
      ) strict, without rowid;

      create table curated_tws_1m_bars (
        symbol         text not null,
        session_date   text not null,
        open_ts        integer not null,
        close_ts       integer not null,
        break_start_ts integer,
        break_end_ts   integer,
        early_close    integer not null,
        window_from_ts integer not null,
        window_to_ts   integer not null,
        count          integer not null,
        raw_watermark  integer not null,
        config_hash    text not null references curation_configs (config_hash),
        content_hash   text not null,
        run_id         text not null,
        built_at_ms    integer not null,
        ts             blob not null,
        open           blob not null,
        high           blob not null,
        low            blob not null,
        close          blob not null,
        volume         blob not null,
        vwap           blob not null,
        trade_count    blob not null,
        flags          blob not null,
        primary key (symbol, session_date)
      ) strict;

      create table curated_builds (
        id            integer primary key,
        symbol        text not null,
        session_date  text not null,
        raw_watermark integer not null,
        config_hash   text not null,
        content_hash  text not null,
        run_id        text not null,
        built_at_ms   integer not null
      ) strict;
      create index curated_builds_by_session on curated_builds (symbol, session_date);

      create table dq_findings (
        id           integer primary key,
        run_id       text not null,
        symbol       text not null,
        session_date text not null,
        ts           integer not null,
        rule         text not null,
        severity     text not null check (severity in ('info', 'warn', 'error')),
        action       text not null check (action in ('keep', 'flag', 'drop')),
        bars         integer not null,
        message      text not null
      ) strict;
      create index dq_findings_by_session on dq_findings (symbol, session_date);
      create index dq_findings_by_rule on dq_findings (rule, severity);

      create table session_quality (
        symbol       text not null,
        session_date text not null,
        expected     integer not null,
        received     integer not null,
        missing      integer not null,
        dropped      integer not null,
        flagged      integer not null,
        coverage     real not null,
        primary key (symbol, session_date)
      ) strict, without rowid;
    `)
  },
}
