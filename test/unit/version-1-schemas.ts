/**
 * Schema 1 of every layer, written down once more: databases with it exist, so every later Switchyard has to open them. These
 * texts never change; a new schema is a new migration.
 */
export const VERSION_1_SCHEMAS = {
  raw: `
    create table instruments (id integer primary key, symbol text not null unique, con_id integer not null,
      sec_type text not null, exchange text not null, primary_exchange text, currency text not null,
      local_symbol text, trading_class text, long_name text, min_tick real, time_zone text, resolved_at_ms
      integer not null) strict;
    create table tws_requests (id integer primary key, instrument_id integer not null references instruments
      (id), kind text not null, bar_size text not null, what_to_show text not null, use_rth integer not null,
      end_ts integer not null, duration text not null, sent_at_ms integer not null, finished_at_ms integer,
      outcome text check (outcome in ('complete', 'no_data', 'failed', 'cancelled', 'abandoned')), code integer,
      message text, bars integer) strict;
    create table tws_request_sessions (request_id integer not null references tws_requests (id), instrument_id
      integer not null references instruments (id), session_date text not null, bars integer, settled integer
      not null default 0, primary key (instrument_id, session_date, request_id)) strict, without rowid;
    create table raw_tws_bars (id integer primary key autoincrement, request_id integer not null references
      tws_requests (id), instrument_id integer not null references instruments (id), bar_size text not null,
      what_to_show text not null, use_rth integer not null, first_ts integer not null, last_ts integer not null,
      count integer not null, received_at_ms integer not null, ts blob not null, open blob not null, high blob
      not null, low blob not null, close blob not null, volume blob not null, vwap blob not null, trade_count
      blob not null, checksum text not null) strict;
    create index raw_tws_bars_by_time on raw_tws_bars (instrument_id, bar_size, what_to_show, first_ts, last_ts);
    create trigger raw_tws_bars_no_update before update on raw_tws_bars begin
      select raise(abort, 'raw_tws_bars is append-only'); end;
    create trigger raw_tws_bars_no_delete before delete on raw_tws_bars begin
      select raise(abort, 'raw_tws_bars is append-only'); end;
  `,
  curated: `
    create table curation_configs (config_hash text primary key, config text not null) strict, without rowid;
    create table curated_tws_1m_bars (symbol text not null, session_date text not null, open_ts integer not
      null, close_ts integer not null, break_start_ts integer, break_end_ts integer, early_close integer not
      null, window_from_ts integer not null, window_to_ts integer not null, count integer not null,
      raw_watermark integer not null, config_hash text not null references curation_configs (config_hash),
      content_hash text not null, run_id text not null, built_at_ms integer not null, ts blob not null, open
      blob not null, high blob not null, low blob not null, close blob not null, volume blob not null, vwap blob
      not null, trade_count blob not null, flags blob not null, primary key (symbol, session_date)) strict;
    create table curated_builds (id integer primary key, symbol text not null, session_date text not null,
      raw_watermark integer not null, config_hash text not null, content_hash text not null, run_id text not
      null, built_at_ms integer not null) strict;
    create index curated_builds_by_session on curated_builds (symbol, session_date);
    create table dq_findings (id integer primary key, run_id text not null, symbol text not null, session_date
      text not null, ts integer not null, rule text not null, severity text not null check (severity in ('info',
      'warn', 'error')), action text not null check (action in ('keep', 'flag', 'drop')), bars integer not null,
      message text not null) strict;
    create index dq_findings_by_session on dq_findings (symbol, session_date);
    create index dq_findings_by_rule on dq_findings (rule, severity);
    create table session_quality (symbol text not null, session_date text not null, expected integer not null,
      received integer not null, missing integer not null, dropped integer not null, flagged integer not null,
      coverage real not null, primary key (symbol, session_date)) strict, without rowid;
  `,
  features: `
    create table feature_sets (name text primary key, definition_hash text not null, definition text not null,
      columns text not null, registered_at_ms integer not null) strict, without rowid;
  `,
  legacy: `
    create table legacy_imports (id integer primary key, symbol text not null, file text not null, sha256 text
      not null, description_hash text not null, rows integer not null, rejected integer not null, imported_at_ms
      integer not null) strict;
    create index legacy_imports_by_symbol on legacy_imports (symbol, id);
    create table legacy_bars (symbol text not null, session_date text not null, import_id integer not null
      references legacy_imports (id), count integer not null, content_hash text not null, ts blob not null, open
      blob not null, high blob not null, low blob not null, close blob not null, volume blob not null, vwap blob
      not null, trade_count blob not null, primary key (symbol, session_date)) strict;
    create table legacy_rejects (import_id integer not null references legacy_imports (id), line integer not
      null, reason text not null, text text not null, primary key (import_id, line)) strict, without rowid;
  `,
  comparisons: `
    create table comparison_runs (id text primary key, created_at_ms integer not null, finished integer not null
      default 0, from_date text not null, to_date text not null, symbols text not null, old_pipeline text not
      null, settings text not null, summary text) strict, without rowid;
    create table comparison_sessions (run_id text not null references comparison_runs (id) on delete cascade,
      symbol text not null, session_date text not null, old_hash text, new_hash text, counts text not null,
      row_count integer not null, ts blob not null, class blob not null, old_values blob not null, new_values
      blob not null, primary key (run_id, symbol, session_date)) strict;
  `,
  ops: `
    create table jobs (id text primary key, seq integer not null unique, kind text not null, state text not null
      check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')), params text not null, progress
      text not null, result text, error text, has_findings integer not null default 0, attempts integer not null
      default 0, created_at_ms integer not null, started_at_ms integer, finished_at_ms integer) strict, without
      rowid;
    create index jobs_by_state on jobs (state, seq);
  `,
} as const
