import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { allocateBars, BAR_COLUMNS, type BarColumns } from '#shared/bars.ts'
import { type OwnedSession, ownedSessions } from '#shared/calendar/session-windows.ts'
import type { ResponseScale } from '#shared/raw-response.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { WritableRawStore } from '#main/stores/raw-store.ts'
import { RawParquet } from '../raw-parquet.ts'
import { faultyMarket, type MarketCharacter, type MarketResponse } from './faulty-market.ts'
import { qualityFiles, type SymbolPlan } from './quality-files.ts'

/** The same bars and facts in the form that each contender starts from. */
export interface QualityDataset {
  readonly symbols: readonly string[]
  readonly sessions: number
  readonly responses: number
  /** Rows as received, the faulty ones included. */
  readonly rawBars: number
}

const CHARACTERS: Readonly<Record<string, MarketCharacter>> = {
  BUSY: { price: 180, missing: 0, readjusted: false, unadjustedSplit: true },
  WIDE: { price: 420, missing: 0.0005, readjusted: true, unadjustedSplit: false },
  THIN: { price: 45, missing: 0.02, readjusted: false, unadjustedSplit: false },
  LOW: { price: 12, missing: 0.005, readjusted: true, unadjustedSplit: false },
}
const SYMBOLS = Object.keys(CHARACTERS)
const FIRST_DATE = '2022-01-03'
const SEED = 20_250_117
const RECEIVED_AT_MS = Date.UTC(2025, 0, 17)

/** Makes a data set of four symbols with about `bars` raw rows in `folder`, always the same one for the same `bars`. */
export async function createQualityDataset(folder: string, bars: number): Promise<QualityDataset> {
  const files = qualityFiles(folder)
  mkdirSync(folder, { recursive: true })
  const owned = sessionsFor(bars)
  const raw = new WritableRawStore(files.rawStore)
  const parquet = await RawParquet.create()
  const plans: SymbolPlan[] = []
  let responses = 0
  let rawBars = 0
  for (const [at, symbol] of SYMBOLS.entries()) {
    saveInstrument(raw, symbol, at + 1)
    const sessions = owned.map(({ session }) => session)
    const market = faultyMarket(SEED, symbol, sessions, CHARACTERS[symbol])
    const scales: Record<string, ResponseScale> = {}
    for (const response of market.responses) {
      const columns = columnsOf(response)
      const id = storeResponse(raw, symbol, response, columns)
      parquet.append(symbol, id, columns)
      if (response.scale !== undefined) scales[id] = response.scale
      responses++
      rawBars += columns.ts.length
    }
    plans.push({
      symbol,
      scales,
      sessions: owned.map((session, i) => ({ ...session, facts: market.facts[i] })),
    })
  }
  raw.close()
  await parquet.write(
    files.raw,
    files.sessions,
    owned.map(({ session }) => session),
  )
  writeFileSync(files.plans, JSON.stringify(plans))
  await writeFacts(folder, plans)
  return { symbols: SYMBOLS, sessions: owned.length, responses, rawBars }
}

function sessionsFor(bars: number): readonly OwnedSession[] {
  const calendar = loadCalendar('XNYS', [fileURLToPath(new URL('../../../data/calendars', import.meta.url))])
  const owned: OwnedSession[] = []
  let minutes = 0
  for (const one of ownedSessions(calendar, FIRST_DATE, calendar.lastDate)) {
    // A few in a hundred more than asked for make up for what is missing.
    if (minutes * SYMBOLS.length >= bars * 1.03) break
    owned.push(one)
    minutes += (one.session.closeTs - one.session.openTs) / 60
  }
  return owned
}

function saveInstrument(raw: WritableRawStore, symbol: string, conId: number): void {
  raw.saveInstrument(
    {
      symbol,
      conId,
      secType: 'STK',
      exchange: 'SMART',
      primaryExchange: 'NYSE',
      currency: 'USD',
      localSymbol: symbol,
      tradingClass: symbol,
      longName: null,
      minTick: 0.01,
      timeZone: 'America/New_York',
    },
    RECEIVED_AT_MS,
  )
}

function columnsOf({ bars }: MarketResponse): BarColumns {
  const columns = allocateBars(bars.length)
  for (const name of BAR_COLUMNS) bars.forEach((bar, i) => (columns[name][i] = bar[name]))
  return columns
}

function storeResponse(raw: WritableRawStore, symbol: string, { sessions }: MarketResponse, bars: BarColumns): number {
  const request = raw.beginRequest(
    {
      symbol,
      barSize: '1 min',
      whatToShow: 'TRADES',
      useRth: true,
      endTs: bars.ts.reduce((a, b) => Math.max(a, b)) + 60,
      duration: `${sessions.length} D`,
      sessions: sessions.map(({ date }) => date),
    },
    RECEIVED_AT_MS,
  )
  const outcomes = sessions.map((session) => ({ sessionDate: session.date, bars: session.bars, settled: true }))
  return raw.storeResponse(request, bars, outcomes, RECEIVED_AT_MS)
}

/** The plans as tables: one row a session, one row a factor. */
async function writeFacts(folder: string, plans: readonly SymbolPlan[]): Promise<void> {
  const files = qualityFiles(folder)
  const facts = plans.flatMap(({ symbol, sessions }) =>
    sessions.map(({ facts: { fetch, reason, brokerHours, dailyBar } }, session) => ({
      symbol,
      session,
      answered: fetch,
      reason,
      broker_closed: brokerHours === 'closed',
      broker_open: brokerHours === null || brokerHours === 'closed' ? null : brokerHours.openTs,
      broker_close: brokerHours === null || brokerHours === 'closed' ? null : brokerHours.closeTs,
      daily_high: dailyBar?.high ?? null,
      daily_low: dailyBar?.low ?? null,
      daily_volume: dailyBar?.volume ?? null,
    })),
  )
  const scales = plans.flatMap((plan) =>
    Object.entries(plan.scales).map(([id, { price, volume }]) => ({ response: Number(id), price, volume })),
  )
  const database = await DuckDBInstance.create(':memory:')
  const connection = await database.connect()
  const write = async (name: string, rows: readonly object[], columns: string, file: string): Promise<void> => {
    const json = join(folder, `${name}.json`)
    writeFileSync(json, JSON.stringify(rows))
    await connection.run(
      `copy (from read_json('${json}', format = 'array', columns = ${columns})) to '${file}' (format parquet, compression zstd)`,
    )
  }
  await write(
    'facts',
    facts,
    `{symbol: 'varchar', session: 'integer', answered: 'varchar', reason: 'varchar', broker_closed: 'boolean', broker_open: 'bigint',
      broker_close: 'bigint', daily_high: 'double', daily_low: 'double', daily_volume: 'double'}`,
    files.facts,
  )
  await write('scales', scales, `{response: 'integer', price: 'double', volume: 'double'}`, files.scales)
  connection.closeSync()
  database.closeSync()
}
