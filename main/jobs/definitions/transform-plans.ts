import { firstPlace } from '#shared/binary-search.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { ruleBook } from '#shared/config/quality-config.ts'
import type { Adjustment } from '#shared/contract/quality.ts'
import type { SessionDate } from '#shared/time.ts'
import { scaleOf } from '#main/pipeline/transform/adjustments.ts'
import { type CurationConfig, TRANSFORM_VERSION } from '#main/pipeline/transform/curation-config.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import type { JobServices } from '../job-services.ts'
import { basisChangesOf } from './basis-changes.ts'
import { dailyBarsOf } from './daily-bars.ts'
import { planTransform, type TransformPlan } from './plan-transform.ts'

/** Kinds of instruments that trade in fractions. */
const FRACTIONAL = new Set(['CASH', 'CRYPTO', 'CMDTY', 'CFD', 'IND'])

/** What a symbol's bars are curated with, and the plan to bring its blocks up to date. */
export interface SymbolPlan extends TransformPlan {
  readonly symbol: string
  readonly config: CurationConfig
  readonly configHash: string
  readonly adjustments: readonly Adjustment[]
}

/** The configuration that a symbol's bars are curated with now. */
export function curationConfigOf(symbol: string, services: JobServices): CurationConfig {
  const { quality } = services.config
  const { contract, tickSize } = services.symbolConfig(symbol)
  const instrument = services.stores.raw.instrument(symbol)
  return {
    transformVersion: TRANSFORM_VERSION,
    rules: ruleBook(quality),
    historySessions: quality.historySessions,
    filling: quality.filling,
    instrument: {
      tickSize: tickSize ?? instrument?.minTick ?? null,
      wholeUnits: !FRACTIONAL.has(contract.secType),
    },
  }
}

/** Gathers what is known of a symbol and plans what building would do. Reads no bars. */
export function symbolPlan(
  symbol: string,
  services: JobServices,
  range: { readonly from: SessionDate; readonly to: SessionDate },
  rebuildAll: boolean,
): SymbolPlan {
  const { raw, curated, legacy } = services.stores
  const { canonical } = services.config
  const { barSize, whatToShow } = canonical
  const config = curationConfigOf(symbol, services)
  const configHash = hashJson(config)
  const spans = raw.responseSpans(symbol, barSize, whatToShow)
  const changes = basisChangesOf(symbol, services, spans)
  // Daily bars are asked for right after minutes, so that they are in the basis of the minutes before them.
  const ids = spans.map(({ id }) => id).sort((a, b) => a - b)
  const secondSource = config.filling.secondSource === 'old-pipeline' ? legacy.contentHashes(symbol) : new Map()
  return {
    symbol,
    config,
    configHash,
    adjustments: changes.map((change) => ({ symbol, ...change })),
    ...planTransform({
      calendar: services.calendarOf(symbol),
      spans,
      scaleOf: (id) => scaleOf(changes, id),
      states: raw.fetches.sessionStates(symbol, { barSize, whatToShow }, '0000-00-00', '9999-99-99'),
      brokerHoursOf: services.brokerHoursOf(symbol),
      dailyBars: dailyBarsOf(symbol, services, (id) => scaleOf(changes, latestBefore(ids, id))),
      secondSource,
      stored: curated.sessions(symbol, range.from, range.to),
      configHash,
      historySessions: config.historySessions,
      ...range,
      rebuildAll,
    }),
  }
}

/** Remembers the configuration that blocks are about to be built with. */
export function saveConfig({ config, configHash }: SymbolPlan, services: JobServices): void {
  services.stores.curated.saveConfig(configHash, canonicalJson(config))
}

/** The largest of ascending ids that is below `id`; 0 when there is none. */
function latestBefore(ids: readonly number[], id: number): number {
  const place = firstPlace(ids.length, (at) => ids[at] >= id)
  return place === 0 ? 0 : ids[place - 1]
}
