import type { Migration } from '../../database.ts'

/**
 * What a run says of features, beside the bars: counts and rows by session, and the distributions of the differences. Which features they
 * are, and the totals, stand in the summary of the run. Earlier runs have none of it.
 */
export const featureComparisons: Migration = {
  name: '0004-feature-comparisons',
  up(database) {
    database.exec(`
      create table comparison_feature_sessions (
        run_id       text not null references comparison_runs (id) on delete cascade,
        symbol       text not null,
        session_date text not null,
        state        text not null check (state in ('current', 'out-of-date', 'not-built')),
        old_hash     text,
        new_hash     text,
        counts       text not null,
        row_count    integer not null,
        ts           blob not null,
        class        blob not null,
        old_values   blob not null,
        new_values   blob not null,
        primary key (run_id, symbol, session_date)
      ) strict;

      create table comparison_feature_profiles (
        run_id    text not null references comparison_runs (id) on delete cascade,
        dimension text not null check (dimension in ('all', 'symbol', 'day', 'minute')),
        feature   text not null,
        profiles  blob not null,
        primary key (run_id, dimension, feature)
      ) strict;
    `)
  },
}
