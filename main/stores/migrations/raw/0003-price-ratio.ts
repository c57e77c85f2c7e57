import type { Migration } from '../../database.ts'

/** The ratio that holds between (nearly) all new and old prices of a revised session: the broker re-adjusted its history. */
export const priceRatio: Migration = {
  name: '0003-price-ratio',
  up(database) {
    database.exec('alter table raw_revisions add column price_ratio real')
  },
}
