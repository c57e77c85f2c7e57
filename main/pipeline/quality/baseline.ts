import type { BaselineRecord } from '#shared/quality/build-inputs.ts'

/**
 * The normal of a symbol, measured on the sessions before the one that is judged. Numbers are NaN where fewer than
 * {@link FEWEST_SESSIONS} sessions (or too few returns) are there to say.
 */
export interface Baseline {
  /** Sessions with bars that it rests on. */
  readonly sessions: number
  /** Last close of the session before, NaN when there is none. */
  readonly previousClose: number
  /** Median over the sessions of each one's longest run, in bars. */
  readonly flatRun: number
  readonly staleRun: number
  readonly zeroVolumeRun: number
  /** Median share of a session's minutes that have a bar. */
  readonly barShare: number
  /** Scaled MAD of the returns from the close of one session to the open of the next. */
  readonly gapScale: number
  /** Scaled MAD of one-minute returns around a slot of the session. */
  returnScale(slot: number): number
}

/** Sessions below which nothing is said about a symbol's normal. */
export const FEWEST_SESSIONS = 5

/** Minutes of the session whose returns are measured together. */
export const BUCKET_MINUTES = 30

/** A baseline that knows nothing: the first session of a symbol. */
export const NO_BASELINE: BaselineRecord = {
  sessions: 0,
  previousClose: null,
  flatRun: null,
  staleRun: null,
  zeroVolumeRun: null,
  barShare: null,
  gapScale: null,
  returnScales: {},
}

/** The baseline that a record was made from. What the record does not have was not asked for. */
export function baselineOf(record: BaselineRecord): Baseline {
  const scales = record.returnScales
  return {
    sessions: record.sessions,
    previousClose: record.previousClose ?? NaN,
    flatRun: record.flatRun ?? NaN,
    staleRun: record.staleRun ?? NaN,
    zeroVolumeRun: record.zeroVolumeRun ?? NaN,
    barShare: record.barShare ?? NaN,
    gapScale: record.gapScale ?? NaN,
    returnScale: (slot) => scales[Math.floor(slot / BUCKET_MINUTES)] ?? NaN,
  }
}

/** A baseline that notes what is asked of it, so that the record holds no more than was used. */
export function recording(baseline: Baseline): { readonly baseline: Baseline; readonly record: () => BaselineRecord } {
  const returnScales: Record<string, number | null> = {}
  // JSON has neither NaN nor infinities.
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null)
  return {
    baseline: {
      ...baseline,
      returnScale: (slot) => {
        const scale = baseline.returnScale(slot)
        returnScales[Math.floor(slot / BUCKET_MINUTES)] = orNull(scale)
        return scale
      },
    },
    record: () => ({
      sessions: baseline.sessions,
      previousClose: orNull(baseline.previousClose),
      flatRun: orNull(baseline.flatRun),
      staleRun: orNull(baseline.staleRun),
      zeroVolumeRun: orNull(baseline.zeroVolumeRun),
      barShare: orNull(baseline.barShare),
      gapScale: orNull(baseline.gapScale),
      returnScales,
    }),
  }
}
