import type { BaselineRecord } from '#shared/quality/build-inputs.ts'
import type { SessionMetrics } from '#shared/quality/session-metrics.ts'
import type { TransformFinding } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { BAR_BLOB_COLUMNS, type CuratedBlobs } from '#main/stores/bar-blocks.ts'
import { type DatabaseKind, openWritable, type Writable } from '#main/stores/database.ts'

/** A curated session as a worker hands it over. */
export interface CuratedBlock {
  readonly symbol: string
  readonly sessionDate: string
  readonly count: number
  readonly contentHash: string
  readonly blobs: CuratedBlobs
  readonly findings: readonly TransformFinding[]
  readonly quality: SessionMetrics
  readonly baseline: BaselineRecord
}

const KIND: DatabaseKind = {
  name: 'quality benchmark',
  applicationId: 0x5377597f,
  synchronous: 'NORMAL',
  pageSize: 16_384,
  migrations: [
    {
      name: '0001-blocks',
      up: (database) =>
        database.exec(`
          create table blocks (
            symbol text not null, session_date text not null, count integer not null, content_hash text not null,
            quality text not null, baseline text not null,
            ts blob not null, open blob not null, high blob not null, low blob not null, close blob not null,
            volume blob not null, vwap blob not null, trade_count blob not null, flags blob not null,
            primary key (symbol, session_date)
          ) strict;
          create table findings (
            id integer primary key, symbol text not null, session_date text not null, ts integer not null,
            last_ts integer not null, rule text not null, severity text not null, blocking integer not null,
            action text not null, bars integer not null, message text not null, context text
          ) strict;
          create index findings_by_session on findings (symbol, session_date);
          create index findings_by_rule on findings (rule, severity);
        `),
    },
  ],
}

/** What the curated store keeps of a session, in one file: blocks with hashes, metrics and baselines, and the findings. */
export class BlockFile {
  readonly #database: Writable

  constructor(file: string) {
    this.#database = openWritable(file, KIND)
  }

  close(): void {
    this.#database.close()
  }

  /** Stores blocks with their findings, all or nothing. */
  add(blocks: readonly CuratedBlock[]): void {
    const block = this.#database.prepare(
      `insert into blocks (symbol, session_date, count, content_hash, quality, baseline, ${BAR_BLOB_COLUMNS}, flags)
       values (@symbol, @sessionDate, @count, @contentHash, @quality, @baseline,
               @ts, @open, @high, @low, @close, @volume, @vwap, @trade_count, @flags)`,
    )
    const finding = this.#database.prepare(
      `insert into findings (symbol, session_date, ts, last_ts, rule, severity, blocking, action, bars, message, context)
       values (@symbol, @sessionDate, @ts, @lastTs, @rule, @severity, @blocking, @action, @bars, @message, @context)`,
    )
    this.#database
      .transaction(() => {
        for (const { blobs, findings, quality, baseline, ...row } of blocks) {
          block.run({ ...row, ...blobs, quality: JSON.stringify(quality), baseline: JSON.stringify(baseline) })
          for (const { blocking, context, ...found } of findings) {
            finding.run({
              symbol: row.symbol,
              sessionDate: row.sessionDate,
              ...found,
              blocking: blocking ? 1 : 0,
              context: context === undefined ? null : JSON.stringify(context),
            })
          }
        }
      })
      .immediate()
  }

  /** The blocks of a symbol, oldest first. */
  blobs(symbol: string): readonly (CuratedBlobs & { readonly session_date: string })[] {
    return this.#database
      .prepare(`select session_date, ${BAR_BLOB_COLUMNS}, flags from blocks where symbol = ? order by session_date`)
      .all(symbol) as (CuratedBlobs & { session_date: string })[]
  }

  /** What tells findings apart: symbol, date, rule, first and last minute, number of bars. */
  findings(): readonly string[] {
    return this.#database
      .prepare(`select concat_ws(' ', symbol, session_date, rule, ts, last_ts, bars) from findings`)
      .pluck()
      .all() as string[]
  }
}
