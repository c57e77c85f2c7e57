import { qualityConfigSchema, ruleBook } from '#shared/config/quality-config.ts'
import type { BuildInputs } from '#shared/quality/build-inputs.ts'
import { NO_FACTS } from '#shared/quality/session-facts.ts'
import type { SessionMetrics } from '#shared/quality/session-metrics.ts'
import { NO_BASELINE } from '#main/pipeline/quality/baseline.ts'
import { type CurationConfig, TRANSFORM_VERSION } from '#main/pipeline/transform/curation-config.ts'
import { OPEN_TS, SESSION } from './bars-fixtures.ts'

/** Metrics of a session of which nothing is known but what is given. */
export function metricsOf(change: Partial<SessionMetrics> = {}): SessionMetrics {
  return {
    expected: 390,
    received: 0,
    missing: 390,
    dropped: 0,
    flagged: 0,
    filled: 0,
    fromSecondSource: 0,
    notTraded: 0,
    halted: 0,
    notFetched: 0,
    outliers: 0,
    nullVolume: 0,
    nullVwap: 0,
    nullTradeCount: 0,
    adjusted: 0,
    coverage: 0,
    quarantined: false,
    refetch: false,
    ...change,
  }
}

/** What a stored session carries besides its bars, as made from one response. */
export const MADE_FROM_ONE: { ownHash: string; historyHash: string; inputs: BuildInputs } = {
  ownHash: 'own',
  historyHash: 'history',
  inputs: {
    session: SESSION,
    window: { fromTs: OPEN_TS - 34_200, toTs: OPEN_TS + 52_200 },
    responses: [{ id: 1, price: 1, volume: 1 }],
    facts: NO_FACTS,
    baseline: NO_BASELINE,
    secondSource: null,
  },
}

/** The configuration that a symbol of a workspace with these quality settings is curated with. */
export function curationConfig(quality: object = {}): CurationConfig {
  const config = qualityConfigSchema.parse(quality)
  return {
    transformVersion: TRANSFORM_VERSION,
    rules: ruleBook(config),
    historySessions: config.historySessions,
    filling: config.filling,
    instrument: { tickSize: 0.01, wholeUnits: true },
  }
}
