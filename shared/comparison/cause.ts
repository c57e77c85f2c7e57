import type { ComparedField } from '#shared/config/comparison-config.ts'
import type { SessionDate } from '#shared/time.ts'

/** Why old and new bars differ. */

/** `round`: to the nearest; `floor`: cut off downwards, the same as truncating for positive values; `ceil`: upwards. */
export type RoundingMode = 'round' | 'floor' | 'ceil' | 'float32'

/** A ratio that held from one session to another, both included. */
export interface RatioPeriod {
  readonly from: SessionDate
  readonly to: SessionDate
  /** Old values are this many times the new ones. */
  readonly ratio: number
}

/** What kind of cause it is, and the numbers that describe it. */
export type CauseDetail =
  | {
      readonly kind: 'time_shift'
      /** Old times are this much later than the new ones; 60 is a bar labelled with its end. Whole minutes. */
      readonly parameters: { readonly seconds: number; readonly reading: 'label' | 'zone' | 'other' }
    }
  | {
      /** On some dates only, on top of a constant shift if there is one. */
      readonly kind: 'dst_shift'
      readonly parameters: { readonly seconds: 3600 | -3600 }
    }
  | {
      readonly kind: 'scale'
      /** Old values are this many times the new ones. */
      readonly parameters: { readonly factor: number }
    }
  | {
      /** The ratio between old and new changes at a date. Periods with ratio 1 are left out. */
      readonly kind: 'adjustment'
      readonly parameters: { readonly periods: readonly RatioPeriod[] }
    }
  | {
      readonly kind: 'other_contract'
      /** Old prices are this much above the new ones. */
      readonly parameters: { readonly basis: number }
    }
  | {
      readonly kind: 'rounding'
      readonly parameters: {
        readonly mode: RoundingMode
        /** Step in the units of the new values; null for float32. */
        readonly quantum: number | null
        /** The same step in the units of the old values (lots, cents). */
        readonly oldQuantum: number | null
      }
    }
  | {
      readonly kind: 'forward_fill'
      readonly parameters: {
        /** Whether all prices repeat the close before, or each repeats its own of the row before. */
        readonly prices: 'close' | 'row'
        readonly volume: 'zero' | 'copied' | 'none'
      }
    }
  | { readonly kind: 'dropped_zero_volume'; readonly parameters: Record<string, never> }
  | { readonly kind: 'duplicate_rows'; readonly parameters: Record<string, never> }
  | {
      readonly kind: 'bars_cut'
      readonly parameters: {
        readonly end: 'open' | 'close'
        readonly count: number
        /** Whether `count` bars are missing, or all bars of `count` minutes. */
        readonly unit: 'bars' | 'minutes'
      }
    }
  | {
      readonly kind: 'extended_hours'
      /** Old rows in sessions that have them. */
      readonly parameters: { readonly beforeOpen: number; readonly afterClose: number; readonly inBreak: number }
    }
  | { readonly kind: 'unfinished_last_bar'; readonly parameters: { readonly sessions: number } }
  | {
      readonly kind: 'other_volume_source'
      readonly parameters: {
        /** Quartiles of old volume / new volume over a sample of minutes. */
        readonly lowerQuartile: number
        readonly medianRatio: number
        readonly upperQuartile: number
        /** Correlation of the logarithms of both volumes. */
        readonly correlation: number
      }
    }

export type CauseKind = CauseDetail['kind']

export interface CauseScope {
  /** Null: all dates. Otherwise runs of consecutive sessions, ascending. */
  readonly dates: readonly { readonly from: SessionDate; readonly to: SessionDate }[] | null
  /** Fields whose values it changes; null where it is about whole rows. */
  readonly fields: readonly ComparedField[] | null
}

/** Values of the compared fields; NaN stands for null. */
export type RowValues = Readonly<Record<ComparedField, number>> & { readonly ts: number }

export interface CauseSample {
  readonly sessionDate: SessionDate
  /** Null where this side has no row. */
  readonly old: RowValues | null
  readonly fresh: RowValues | null
  /**
   * What the old row becomes when this cause and those before it in the order of undoing are undone; null when it goes away (a
   * filled or doubled row) or never was. Where values cannot be won back (rounding), the new value that fits.
   */
  readonly undone: RowValues | null
}

interface CauseFacts {
  readonly scope: CauseScope
  /** Differences whose explanation needs this cause, maybe together with others. */
  readonly explained: number
  /** `explained` of all differences, 0 to 1. */
  readonly share: number
  /** Differences that are left when this cause and those before it in the order of undoing are undone. Never grows. */
  readonly restAfter: number
  /** Of what the cause is about, the part that it accounts for, 0 to 1; what the thresholds are held against. */
  readonly fit: number
  /** The earliest ones, at most three, of different sessions where there are such. */
  readonly samples: readonly CauseSample[]
  /** One plain sentence. */
  readonly words: string
}

export type Cause = CauseDetail & CauseFacts

/** A cause of one symbol in one run, as it is stored: values of its samples that are NaN are null then. */
export type StoredCause = Cause & {
  /** Names it in every run and for every symbol. */
  readonly key: string
}

/** Differences of a session that have the same field and need the same causes. */
export type StoredEntry = readonly [
  /** Place in COMPARED_FIELDS; -1 for minutes that only the new side has, -2 only the old, -3 for old rows whose minute comes again. */
  field: number,
  /** Bit i: cause i of the symbol in the run; 0 when nothing explains them. */
  causes: number,
  count: number,
]
