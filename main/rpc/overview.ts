import { statfs } from 'node:fs/promises'
import { existsSync, statSync } from 'node:fs'
import { horizonWarning } from '#shared/calendar/horizon.ts'
import { zoneOffsetSeconds } from '#shared/time.ts'
import type { Layer, Overview } from '#shared/contract/contract.ts'
import { type Engine, VERSION } from '#main/engine/create-engine.ts'
import { findingCountsOf } from './quality-findings.ts'

/** What is in the workspace, layer by layer and symbol by symbol. */
export async function overviewOf(engine: Engine): Promise<Overview> {
  const { stores, config } = engine
  const raw = stores.raw.summary()
  const curated = stores.curated.summary()
  const legacy = stores.legacy.summary()
  const comparisons = stores.comparisons.summary()
  const set = stores.features.set(config.features.sets[0])
  const features = set === undefined ? undefined : stores.features.summary(set)
  const zone = engine.services.calendarOf(config.symbols[0].symbol).zone

  const layers: Layer[] = [
    {
      layer: 'raw',
      table: 'raw_tws_bars',
      symbols: raw.symbols,
      blocks: raw.responses,
      rows: raw.bars,
      ...range(localDate(raw.firstTs, zone), localDate(raw.lastTs, zone)),
      ...file(stores.raw.file, raw.updatedAtMs),
    },
    {
      layer: 'curated',
      table: 'curated_tws_1m_bars',
      symbols: curated.symbols,
      blocks: curated.sessions,
      rows: curated.bars,
      ...range(curated.firstSession, curated.lastSession),
      ...file(stores.curated.file, curated.updatedAtMs),
    },
    {
      layer: 'features',
      table: config.features.sets[0],
      symbols: features?.symbols ?? 0,
      blocks: features?.sessions ?? 0,
      rows: features?.rows ?? 0,
      ...range(features?.firstSession ?? null, features?.lastSession ?? null),
      ...file(stores.features.file, features?.updatedAtMs ?? null),
    },
    {
      layer: 'legacy',
      table: 'legacy_bars',
      symbols: legacy.symbols,
      blocks: legacy.sessions,
      rows: legacy.bars,
      ...range(legacy.firstSession, legacy.lastSession),
      ...file(stores.legacy.file, legacy.updatedAtMs),
    },
    {
      layer: 'comparisons',
      table: 'comparison_runs',
      symbols: stores.comparisons.runs(1)[0]?.symbols.length ?? 0,
      blocks: comparisons.runs,
      rows: comparisons.rows,
      ...range(stores.comparisons.runs(1)[0]?.from ?? null, stores.comparisons.runs(1)[0]?.to ?? null),
      ...file(stores.comparisons.file, comparisons.updatedAtMs),
    },
  ]

  const rawBars = stores.raw.barsBySymbol()
  const curatedBySymbol = stores.curated.bySymbol()
  const featureSessions = set === undefined ? undefined : stores.features.sessionsBySymbol(set)
  const legacySessions = stores.legacy.sessionsBySymbol()
  const disk = await statfs(engine.folder)
  return {
    workspace: { name: config.name, folder: engine.folder },
    version: VERSION,
    connection: engine.tws.connection,
    layers,
    symbols: config.symbols.map(({ symbol, calendar }) => {
      const own = curatedBySymbol.get(symbol)
      return {
        symbol,
        calendar,
        zone: engine.services.calendarOf(symbol).zone,
        rawBars: rawBars.get(symbol) ?? 0,
        curatedSessions: own?.sessions ?? 0,
        curatedBars: own?.bars ?? 0,
        featureSessions: featureSessions?.get(symbol) ?? 0,
        legacySessions: legacySessions.get(symbol) ?? 0,
        findings: own?.findings ?? 0,
        ...range(own?.first ?? null, own?.last ?? null),
      }
    }),
    findings: findingCountsOf(engine),
    calendarWarnings: calendarWarnings(engine),
    hasOldPipeline: config.oldPipeline !== undefined,
    freeDiskBytes: disk.bavail * disk.bsize,
  }
}

function calendarWarnings(engine: Engine): string[] {
  const { config, services } = engine
  const today = new Date(services.nowMs()).toISOString().slice(0, 10)
  const calendars = new Map(config.symbols.map(({ symbol, calendar }) => [calendar, services.calendarOf(symbol)]))
  return [...calendars.values()].flatMap((calendar) => horizonWarning(calendar, today) ?? [])
}

function range(first: string | null, last: string | null): { firstSession?: string; lastSession?: string } {
  return first === null || last === null ? {} : { firstSession: first, lastSession: last }
}

function file(path: string, updatedAtMs: number | null): { fileBytes: number; updatedAtMs?: number } {
  // What was written lately lies in the write-ahead log until it is moved over.
  const log = `${path}-wal`
  const fileBytes = statSync(path).size + (existsSync(log) ? statSync(log).size : 0)
  return updatedAtMs === null ? { fileBytes } : { fileBytes, updatedAtMs }
}

function localDate(ts: number | null, zone: string): string | null {
  return ts === null ? null : new Date((ts + zoneOffsetSeconds(zone, ts)) * 1000).toISOString().slice(0, 10)
}
