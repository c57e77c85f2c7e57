import type { Migration } from '../../database.ts'

/**
 * What quality rules find, with the bars around it; the metrics of a session; and the inputs of every build, so that each of them can be
 * built again. Blocks from before are out of date, since their configuration is an earlier one.
 */
export const quality: Migration = {
  name: '0002-quality',
  up(database) {
    database.exec(`
      -- Hashes of what a block depends on besides the configuration: its own responses and facts, and the sessions before it.
      alter table curated_tws_1m_bars add column own_hash text not null default '';
      alter table curated_tws_1m_bars add column history_hash text not null default '';

      -- Responses with their factors, facts of the request log, baseline, second source, as JSON; null before version 3 of the transform.
      alter table curated_builds add column inputs text;

      create table findings_new (
        id           integer primary key,
        run_id       text not null,
        symbol       text not null,
        session_date text not null,
        ts           integer not null,
        last_ts      integer not null,
        rule         text not null,
        severity     text not null check (severity in ('info', 'warn', 'error')),
        blocking     integer not null,
        action       text not null check (action in ('keep', 'flag', 'drop', 'refetch', 'quarantine')),
        bars         integer not null,
        message      text not null,
        -- The first bar that it is about with its neighbours, as JSON.
        context      text
      ) strict;
      insert into findings_new (id, run_id, symbol, session_date, ts, last_ts, rule, severity, blocking, action, bars, message)
        select id, run_id, symbol, session_date, ts, ts, rule, severity, 0, action, bars, message from dq_findings;
      drop table dq_findings;
      alter table findings_new rename to dq_findings;
      create index dq_findings_by_session on dq_findings (symbol, session_date);
      create index dq_findings_by_rule on dq_findings (rule, severity);

      alter table session_quality add column filled integer not null default 0;
      alter table session_quality add column from_second_source integer not null default 0;
      alter table session_quality add column not_traded integer not null default 0;
      alter table session_quality add column halted integer not null default 0;
      alter table session_quality add column not_fetched integer not null default 0;
      alter table session_quality add column outliers integer not null default 0;
      alter table session_quality add column null_volume integer not null default 0;
      alter table session_quality add column null_vwap integer not null default 0;
      alter table session_quality add column null_trade_count integer not null default 0;
      alter table session_quality add column adjusted integer not null default 0;
      alter table session_quality add column quarantined integer not null default 0;
      alter table session_quality add column refetch integer not null default 0;

      -- The broker changed the basis of its history between two responses; what came before is multiplied by these.
      create table adjustment_events (
        symbol             text not null,
        first_new_response integer not null,
        last_old_response  integer not null,
        price_ratio        real not null,
        volume_ratio       real not null,
        detected_at_ms     integer not null,
        primary key (symbol, first_new_response)
      ) strict, without rowid;
    `)
  },
}
