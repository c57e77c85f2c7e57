import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { SwitchyardError } from '#shared/errors.ts'
import { epochDayToDate, zoneOffsetSeconds } from '#shared/time.ts'
import { isZone } from '#shared/zone-name.ts'
import { decodeDoubles, decodeFlags, decodeTimes } from './session-block.ts'

/** A read-only connection over all stores of a workspace. */
export interface SqlConnection {
  /** Runs one query and returns its rows. Throws SQL_ERROR for anything that is not a query or not valid. */
  query(text: string): readonly Readonly<Record<string, unknown>>[]
  close(): void
}

const BAR_VALUES = ['open', 'high', 'low', 'close', 'volume', 'vwap', 'trade_count']

/**
 * Opens the stores below `storeFolder` for queries. Besides the stored tables there are views with one row per bar:
 * `raw_tws_bars_rows` (minute bars), `raw_tws_daily_bars_rows`, `curated_tws_1m_bars_rows`, `legacy_bars_rows` and one for each feature set, for example
 * `features_price_1m_v1_rows`. In all of them `ts` is epoch seconds of the bar's start.
 *
 * @throws {SwitchyardError} WORKSPACE_NOT_FOUND when there are no stores.
 */
export function openSql(storeFolder: string): SqlConnection {
  const stores = ['raw', 'curated', 'features', 'legacy', 'comparisons', 'ops']
  const raw = join(storeFolder, 'raw.db')
  if (!existsSync(raw)) {
    throw new SwitchyardError('WORKSPACE_NOT_FOUND', `There are no stores in ${storeFolder}.`, {
      hint: 'Name the workspace folder with --workspace; "switchyard status" makes the stores of a new one.',
    })
  }
  // What a read-only connection attaches is read-only as well; a pragma in a query could switch off any other protection.
  const database = new Sqlite(raw, { readonly: true })
  try {
    for (const name of stores) {
      const file = join(storeFolder, `${name}.db`)
      if (existsSync(file)) database.prepare(`attach database ? as ${name}_store`).run(file)
    }
    createViews(database)
  } catch (thrown) {
    database.close()
    throw sqlError(thrown)
  }
  return {
    query: (text) => {
      try {
        const statement = database.prepare(text)
        if (!statement.reader || !statement.readonly) {
          throw new SwitchyardError('SQL_ERROR', 'Only queries are allowed here.', { hint: 'Use a select.' })
        }
        return statement.all() as Record<string, unknown>[]
      } catch (thrown) {
        throw sqlError(thrown)
      }
    },
    close: () => database.close(),
  }
}

function createViews(database: Sqlite.Database): void {
  // A view hands the blobs of a block to a table-valued function, so that conditions on symbol and date are answered by the
  // index of the block table and only the blocks that are left are unpacked.
  defineUnpack(database, 'unpack_bars', BAR_VALUES, false)
  defineUnpack(database, 'unpack_curated', BAR_VALUES, true)
  defineLocalDate(database)
  const bars = BAR_VALUES.map((name) => `b.${name}`).join(', ')
  const values = ['ts', ...BAR_VALUES].map((name) => `r.${name}`).join(', ')
  database.exec(`
    create temp view raw_tws_bars_rows as
      select i.symbol, local_date(r.ts, coalesce(i.time_zone, 'UTC')) as session_date, ${values}, b.id as response_id, b.received_at_ms
      from raw_store.raw_tws_bars b join raw_store.instruments i on i.id = b.instrument_id, unpack_bars(b.ts, ${bars}) r
      where b.bar_size <> '1 day';
    create temp view raw_tws_daily_bars_rows as
      select i.symbol, date(r.ts, 'unixepoch') as session_date, ${values}, b.id as response_id, b.received_at_ms
      from raw_store.raw_tws_bars b join raw_store.instruments i on i.id = b.instrument_id, unpack_bars(b.ts, ${bars}) r
      where b.bar_size = '1 day';
    create temp view curated_tws_1m_bars_rows as
      select b.symbol, b.session_date, ${values}, r.flags
      from curated_store.curated_tws_1m_bars b, unpack_curated(b.ts, ${bars}, b.flags) r;
    create temp view legacy_bars_rows as
      select b.symbol, b.session_date, ${values} from legacy_store.legacy_bars b, unpack_bars(b.ts, ${bars}) r;`)
  const sets = database.prepare('select name, columns from features_store.feature_sets').all() as {
    name: string
    columns: string
  }[]
  for (const set of sets) {
    const columns = JSON.parse(set.columns) as string[]
    defineUnpack(database, `unpack_${set.name}`, columns, false)
    database.exec(`
      create temp view "${set.name}_rows" as
        select b.symbol, b.session_date, ${['ts', ...columns].map((name) => `r."${name}"`).join(', ')}
        from features_store."${set.name}" b, "unpack_${set.name}"(b.ts, ${columns.map((name) => `b."${name}"`).join(', ')}) r`)
  }
}

function defineUnpack(database: Sqlite.Database, name: string, columns: readonly string[], hasFlags: boolean): void {
  const outputs = ['ts', ...columns, ...(hasFlags ? ['flags'] : [])]
  database.table(name, {
    columns: outputs,
    parameters: outputs.map((column) => `${column}_blob`),
    *rows(...blobs: unknown[]) {
      const [ts, ...values] = blobs as Uint8Array[]
      const times = decodeTimes(ts)
      const doubles = values.slice(0, columns.length).map(decodeDoubles)
      const flags = hasFlags ? decodeFlags(values[columns.length]) : null
      for (let i = 0; i < times.length; i++) {
        const row: (number | null)[] = [times[i]]
        // SQLite has no NaN: a missing value is null.
        for (const column of doubles) row.push(Number.isNaN(column[i]) ? null : column[i])
        if (flags !== null) row.push(flags[i])
        yield row
      }
    },
  })
}

/** `local_date(ts, zone)`: the calendar date in a zone at epoch seconds; zones change their offset on the hour only. */
function defineLocalDate(database: Sqlite.Database): void {
  const offsets = new Map<string, number | null>()
  database.function('local_date', { deterministic: true }, (ts, zone) => {
    const hour = Math.floor(Number(ts) / 3600)
    const key = `${hour} ${String(zone)}`
    let offset = offsets.get(key)
    if (offset === undefined) {
      // TWS names some zones in a way of its own, such as JST; the date is then unknown, and the rest of the row is not.
      offset = isZone(String(zone)) ? zoneOffsetSeconds(String(zone), hour * 3600) : null
      offsets.set(key, offset)
    }
    return offset === null ? null : epochDayToDate(Math.floor((Number(ts) + offset) / 86_400))
  })
}

function sqlError(thrown: unknown): unknown {
  if (thrown instanceof SwitchyardError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new SwitchyardError('SQL_ERROR', `The query failed: ${message}`, {
    hint: 'Tables: raw_tws_bars_rows, curated_tws_1m_bars_rows, legacy_bars_rows, features_price_1m_v1_rows, dq_findings, session_quality, jobs.',
    cause: thrown,
  })
}
