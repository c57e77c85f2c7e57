import type { BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import type { SessionRevision } from '#main/stores/raw-types.ts'
import { diffBars } from '#main/tws/ingest/diff-bars.ts'
import { newWorkspace, openEngine, type WorkspaceOptions } from './workspace-fixtures.ts'

/** An engine of a new workspace whose raw store knows its symbols, as after a first contact with TWS. */
export function deskWithInstruments(options: WorkspaceOptions): { engine: Engine; client: EngineClient } {
  const desk = openEngine(newWorkspace(options))
  options.symbols.forEach((symbol, i) => {
    desk.engine.stores.raw.saveInstrument(
      {
        symbol,
        conId: i + 1,
        secType: 'STK',
        exchange: 'SMART',
        primaryExchange: null,
        currency: 'USD',
        localSymbol: null,
        tradingClass: null,
        longName: null,
        minTick: 0.01,
        timeZone: 'America/New_York',
      },
      0,
    )
  })
  return desk
}

/** One bar a minute from `fromTs` to `toTs`, which is excluded, at prices that move a little around `price`. */
export function minutesAt(fromTs: number, toTs: number, price: number): BarColumns {
  const ts = Float64Array.from({ length: (toTs - fromTs) / 60 }, (_value, i) => fromTs + i * 60)
  const close = ts.map((at) => price * (1 + ((at / 60) % 7) / 10_000))
  const column = (value: number): Float64Array => ts.map(() => value)
  return {
    ts,
    open: close,
    high: close,
    low: close,
    close,
    volume: column(1000),
    vwap: close,
    tradeCount: column(10),
  }
}

/** The bars of several stretches one after the other. */
export function inOneAnswer(...parts: readonly BarColumns[]): BarColumns {
  const column = (name: keyof BarColumns): Float64Array => Float64Array.from(parts.flatMap((part) => [...part[name]]))
  return {
    ts: column('ts'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
    vwap: column('vwap'),
    tradeCount: column('tradeCount'),
  }
}

/** Stores an answer as an ingest does: the sessions are settled, and what it has otherwise than before is a revision. */
export function storeAnswer(
  { stores, services, config }: Engine,
  symbol: string,
  dates: readonly string[],
  bars: BarColumns,
  nowMs = 0,
): number {
  const { raw } = stores
  const { barSize, whatToShow } = config.canonical
  const sessions = dates.map((date) => services.calendarOf(symbol).session(date) as Session)
  const range = { fromTs: sessions[0].openTs, toTs: sessions[sessions.length - 1].closeTs }
  const earlier = raw.mergedBars(symbol, barSize, whatToShow, range.fromTs, range.toTs)
  const revisions = sessions.flatMap(({ date, openTs, closeTs }): SessionRevision[] => {
    const changed = diffBars(earlier, bars, { fromTs: openTs, toTs: closeTs }, range)
    return changed === undefined ? [] : [{ ...changed, sessionDate: date, cause: 'refetch' }]
  })
  const request = { ...config.canonical, symbol, endTs: range.toTs, duration: '1 D', sessions: dates }
  const outcomes = dates.map((sessionDate) => ({ sessionDate, bars: bars.ts.length, settled: true }))
  return raw.storeResponse(raw.beginRequest(request, nowMs), bars, outcomes, nowMs, { revisions })
}
