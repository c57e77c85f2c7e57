import { mkdirSync } from 'node:fs'
import { BIGINT, DOUBLE, DuckDBDataChunk, DuckDBInstance, UTINYINT } from '@duckdb/node-api'
import { encodeDoubles, encodeTimes } from '#main/stores/session-block.ts'
import { BENCH_FIELDS, BlockWriter, compareFiles, SIDES, type SideName } from './compare-files.ts'

export interface CompareDataset {
  readonly symbols: number
  readonly sessions: number
  readonly rows: Readonly<Record<SideName, number>>
}

export const BENCH_SYMBOLS = 10
const MINUTES = 390
const FIRST_OPEN_TS = 1_262_615_400
const ROW_TYPES = [UTINYINT, BIGINT, ...BENCH_FIELDS.map(() => DOUBLE)]

/** xorshift32: fast, and the same every time. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4_294_967_296
  }
}

const cents = (value: number): number => Math.round(value * 100) / 100

/**
 * Makes both sides of a comparison with about `bars` rows each: the new one a random walk, the old one the same but for minutes that
 * are missing on either side (0.3 % each), prices a tick or two off (8 %), volumes off by a share (10 %), empty values (0.5 %) and a few
 * outliers.
 */
export async function createCompareDataset(folder: string, bars: number): Promise<CompareDataset> {
  mkdirSync(folder, { recursive: true })
  const files = compareFiles(folder)
  const sessions = Math.max(1, Math.ceil(bars / BENCH_SYMBOLS / MINUTES))
  const database = await DuckDBInstance.create(files.duckdb, { threads: '2' })
  const connection = await database.connect()
  const columns = BENCH_FIELDS.map((field) => `${field} double`).join(', ')
  for (const side of SIDES) await connection.run(`create table ${side}_rows (symbol utinyint, ts bigint, ${columns})`)
  const appenders = {
    old: await connection.createAppender('old_rows'),
    new: await connection.createAppender('new_rows'),
  }
  const writers = { old: new BlockWriter(files.blocks('old')), new: new BlockWriter(files.blocks('new')) }
  const rows = { old: 0, new: 0 }
  const random = randomNumbers(20_240_703)
  for (let symbol = 0; symbol < BENCH_SYMBOLS; symbol++) {
    let price = 50 + 40 * symbol
    for (let session = 0; session < sessions; session++) {
      const openTs = FIRST_OPEN_TS + 86_400 * session
      const day: Record<SideName, number[][]> = {
        old: Array.from({ length: 1 + BENCH_FIELDS.length }, () => []),
        new: Array.from({ length: 1 + BENCH_FIELDS.length }, () => []),
      }
      const put = (side: SideName, values: readonly number[]): void =>
        values.forEach((value, c) => void day[side][c].push(value))
      for (let minute = 0; minute < MINUTES; minute++) {
        const ts = openTs + 60 * minute
        const fresh = makeBar(price, random)
        price = Math.max(1, fresh[3])
        const chance = random()
        if (chance > 0.003) put('new', [ts, ...fresh])
        if (chance < 0.997) put('old', [ts, ...distorted(fresh, random)])
      }
      for (const side of SIDES) {
        const arrays = day[side].map((values) => Float64Array.from(values))
        writers[side].add(symbol, session, [encodeTimes(arrays[0]), ...arrays.slice(1).map(encodeDoubles)])
        const count = arrays[0].length
        const chunk = DuckDBDataChunk.create(ROW_TYPES, count)
        chunk.setColumns([
          Array.from({ length: count }, () => symbol),
          day[side][0].map(BigInt),
          ...day[side].slice(1).map((values) => values.map((value) => (Number.isNaN(value) ? null : value))),
        ])
        appenders[side].appendDataChunk(chunk)
        rows[side] += count
      }
    }
  }
  for (const side of SIDES) {
    writers[side].close()
    appenders[side].closeSync()
    await connection.run(`alter table ${side}_rows rename to ${side}`)
    await connection.run(`copy ${side} to '${files.parquet(side)}' (format parquet, compression zstd)`)
  }
  await connection.run('checkpoint')
  connection.closeSync()
  database.closeSync()
  return { symbols: BENCH_SYMBOLS, sessions, rows }
}

/** One bar after another at `price`, in the order of BENCH_FIELDS. */
function makeBar(price: number, random: () => number): number[] {
  const open = cents(price)
  const close = Math.max(1, cents(price * (1 + (random() - 0.5) * 0.002)))
  const high = cents(Math.max(open, close) + random() * 0.05)
  const low = Math.max(0.01, cents(Math.min(open, close) - random() * 0.05))
  const volume = Math.floor(100 + random() * 20_000)
  const vwap = (open + high + low + close) / 4
  return [open, high, low, close, volume, vwap, Math.ceil(volume / 90), cents(volume * vwap)]
}

function distorted(bar: readonly number[], random: () => number): readonly number[] {
  if (random() < 0.8) return bar
  const old = [...bar]
  const kind = random()
  if (kind < 0.4) {
    const ticks = random() < 0.8 ? 1 : 2
    const f = Math.floor(random() * 4)
    old[f] = cents(old[f] + (random() < 0.5 ? ticks : -ticks) / 100)
  } else if (kind < 0.9) {
    const share = 1 + (random() - 0.5) * 0.04
    for (const f of [4, 6]) old[f] = Math.round(old[f] * share)
    old[7] = cents(old[7] * share)
  } else if (kind < 0.95) old[5] = old[5] * (1 + (random() - 0.5) * 0.001)
  else if (kind < 0.975) old[Math.floor(random() * 8)] = NaN
  else old[3] = cents(old[3] * (1 + (random() - 0.5) * 0.2))
  return old
}
