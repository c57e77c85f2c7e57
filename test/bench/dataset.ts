import { RULE_IDS, RULES } from '#shared/quality/rule-catalogue.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Session } from '#shared/calendar/calendar.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { createWorkspace } from '#main/engine/workspace.ts'
import { WritableRawStore } from '#main/stores/raw-store.ts'
import { RawParquet } from './raw-parquet.ts'
import { type Fault, type SyntheticResponse, syntheticResponses } from './synthetic-responses.ts'

/** The same bars in the form that each contender starts from. */
export interface Dataset {
  readonly symbols: readonly string[]
  readonly sessions: number
  readonly responses: number
  /** Rows as received, the faulty ones included. */
  readonly rawBars: number
  readonly faults: Partial<Record<Fault, number>>
}

/** Where the parts of a data set lie inside its folder. */
export const datasetFiles = (folder: string) => ({
  /** A Switchyard workspace whose raw store is filled. */
  workspace: join(folder, 'workspace'),
  /** Every raw row with its response and its place in it, in the order received. */
  raw: join(folder, 'raw.parquet'),
  /** Number, date and hours (epoch seconds) of every session. */
  sessions: join(folder, 'sessions.parquet'),
})

const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF', 'GGG', 'HHH', 'III', 'JJJ']
/** Symbols that do not trade in every minute. */
const THIN = new Set(['III', 'JJJ'])
const FIRST_DATE = '2022-01-03'
const SEED = 20_240_703
const RECEIVED_AT_MS = Date.UTC(2024, 6, 3)

/** Makes a data set of ten symbols with at least `bars` raw rows in `folder`, always the same one for the same `bars`. */
export async function createDataset(folder: string, bars: number): Promise<Dataset> {
  const files = datasetFiles(folder)
  const sessions = sessionsFor(bars)
  mkdirSync(folder, { recursive: true })
  createWorkspace(files.workspace, workspaceConfig())
  const raw = new WritableRawStore(join(files.workspace, 'store', 'raw.db'))
  const parquet = await RawParquet.create()

  const faults: Partial<Record<Fault, number>> = {}
  let responses = 0
  let rawBars = 0
  for (const [at, symbol] of SYMBOLS.entries()) {
    raw.saveInstrument(
      {
        symbol,
        conId: at + 1,
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
    const series = syntheticResponses(SEED, symbol, sessions, THIN.has(symbol))
    for (const response of series.responses) {
      parquet.append(symbol, storeResponse(raw, response), response.bars)
      responses++
      rawBars += response.bars.ts.length
    }
    for (const [fault, count] of series.faults) faults[fault] = (faults[fault] ?? 0) + count
  }
  raw.close()
  await parquet.write(files.raw, files.sessions, sessions)

  return { symbols: SYMBOLS, sessions: sessions.length, responses, rawBars, faults }
}

function sessionsFor(bars: number): readonly Session[] {
  const calendar = loadCalendar('XNYS', [fileURLToPath(new URL('../../data/calendars', import.meta.url))])
  const sessions: Session[] = []
  let minutes = 0
  for (const session of calendar.sessionsBetween(FIRST_DATE, calendar.lastDate)) {
    // One in a hundred more than asked for makes up for the minutes that thin symbols leave out.
    if (minutes * SYMBOLS.length >= bars * 1.01) break
    sessions.push(session)
    minutes += (session.closeTs - session.openTs) / 60
  }
  return sessions
}

function workspaceConfig(): string {
  // The others fill no gaps here and have only the rules that keep bars sound; `--only quality` measures the rest.
  const off = RULE_IDS.filter((id) => (RULES[id].actions as readonly string[]).includes('keep'))
  const rules = Object.fromEntries(off.map((id) => [id, { enabled: false }]))
  const quality = `quality: ${JSON.stringify({ rules, filling: { noTrade: 'leave-out' } })}\n`
  return `version: 1\nname: bench\n${quality}symbols:\n${SYMBOLS.map((symbol) => `  - symbol: ${symbol}\n`).join('')}`
}

function storeResponse(raw: WritableRawStore, response: SyntheticResponse): number {
  const { bars, sessions, symbol } = response
  const request = raw.beginRequest(
    {
      symbol,
      barSize: '1 min',
      whatToShow: 'TRADES',
      useRth: true,
      endTs: bars.ts[bars.ts.length - 1] + 60,
      duration: `${sessions.length} D`,
      sessions: sessions.map(({ date }) => date),
    },
    RECEIVED_AT_MS,
  )
  const outcomes = sessions.map((session) => ({ sessionDate: session.date, bars: session.bars, settled: true }))
  return raw.storeResponse(request, bars, outcomes, RECEIVED_AT_MS)
}
