import type { Migration } from '../../database.ts'

/** Indexes that hold what findings are counted by, so that counting them does not read their words; and one of those that hold back. */
export const findingIndexes: Migration = {
  name: '0003-finding-indexes',
  up(database) {
    database.exec(`
      drop index dq_findings_by_session;
      drop index dq_findings_by_rule;
      create index dq_findings_by_session on dq_findings (symbol, session_date, rule, severity, ts, bars);
      create index dq_findings_by_rule on dq_findings (rule, severity, session_date, symbol, bars);
      create index dq_findings_blocking on dq_findings (symbol, session_date) where blocking = 1;
    `)
  },
}
