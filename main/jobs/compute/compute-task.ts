import type { Session } from '#shared/calendar/calendar.ts'
import type { RowSample } from '#main/compare/block-comparer.ts'
import type { SymbolTolerances } from '#main/compare/tolerances.ts'
import type { ProfilePage } from '#main/compare/distributions/profile-book.ts'
import type { SingleTest } from '#main/compare/distributions/value-tests.ts'
import type { LargestDifference } from '#main/compare/largest-differences.ts'
import type { ResponseRef } from '#shared/quality/build-inputs.ts'
import type { SessionFacts } from '#shared/quality/session-facts.ts'
import type { CurationConfig } from '#main/pipeline/transform/curation-config.ts'
import type { FeatureSetDefinition } from '#shared/features/definition.ts'
import type { ComparedSymbol, ComparisonSession } from '#main/stores/comparison-store.ts'
import type { FeatureComparisonSession } from '#main/stores/feature-comparisons.ts'
import type { CuratedSession, SessionWindow } from '#main/stores/curated-store.ts'
import type { FeatureSession, RegisteredFeatureSet } from '#main/stores/feature-store.ts'
import type { ComparedFeature } from '#shared/jobs/feature-comparison.ts'
import type { VerifyResult } from '#shared/jobs/job-kinds.ts'

/** A session to curate, what it is made of, and the hashes that say so. */
export interface SessionToCurate {
  readonly session: Session
  readonly window: SessionWindow
  /** The raw responses that reach into its window, ascending. */
  readonly responses: readonly ResponseRef[]
  readonly facts: SessionFacts
  /** Content hash of the second source's block; null where there is none. */
  readonly secondSource: string | null
  readonly ownHash: string
  readonly historyHash: string
}

export interface TransformTask {
  readonly kind: 'transform'
  readonly rawFile: string
  readonly legacyFile: string
  readonly symbol: string
  /** Consecutive sessions with responses: those that only tell what is normal, and those that are wanted. */
  readonly sessions: readonly { readonly session: SessionToCurate; readonly wanted: boolean }[]
  readonly config: CurationConfig
  readonly configHash: string
}

/** A session on the way through the features of a symbol. */
export interface SessionOfFeatures {
  readonly session: Session
  /** Whether the features are wanted; otherwise the session only serves as history. */
  readonly wanted: boolean
  /** Whether curated bars exist. */
  readonly curated: boolean
  readonly inputsHash: string
}

export interface FeaturesTask {
  readonly kind: 'features'
  readonly curatedFile: string
  readonly symbol: string
  readonly definition: FeatureSetDefinition
  /** Each run is a stretch of consecutive sessions of the calendar, history first. */
  readonly runs: readonly (readonly SessionOfFeatures[])[]
}

/** What stands in the place of the new bars: these, or of an A/A run what the old pipeline left when it was run again. */
export type NewSide =
  | { readonly kind: 'curated'; readonly file: string }
  | { readonly kind: 'legacy'; readonly file: string; readonly sessions: readonly Session[] }

export interface CompareTask {
  readonly kind: 'compare'
  readonly legacyFile: string
  readonly newSide: NewSide
  readonly symbol: string
  readonly from: string
  readonly to: string
  readonly tolerances: SymbolTolerances
  /** Minutes that start at this moment or later are not settled; null compares all. */
  readonly unsettledFromTs: number | null
  readonly sample: RowSample | null
  readonly largestDifferences: number
  /** Hours of the sessions by the calendar, for those that only the old side has; null where causes are not looked for. */
  readonly hours: readonly Session[] | null
  /** Smallest price step of the symbol; null where it is unknown. */
  readonly tickSize: number | null
}

export interface CompareFeaturesTask {
  readonly kind: 'compare-features'
  readonly curatedFile: string
  readonly legacyFile: string
  readonly featuresFile: string
  readonly symbol: string
  readonly from: string
  readonly to: string
  /** Null when the set was never built: there is nothing on the new side. */
  readonly set: RegisteredFeatureSet | null
  readonly features: readonly ComparedFeature[]
  /** By date, what the features of a session must have been built from to be up to date. */
  readonly inputsHashes: ReadonlyMap<string, string>
  /** As in {@link CompareTask}. */
  readonly unsettledFromTs: number | null
  readonly sample: RowSample | null
  readonly largestDifferences: number
}

export interface VerifyCuratedTask {
  readonly kind: 'verify-curated'
  readonly rawFile: string
  readonly curatedFile: string
  readonly legacyFile: string
  readonly symbol: string
  readonly from: string
  readonly to: string
  /** Verify the builds that counted then, milliseconds, instead of what is stored now. */
  readonly asOfMs: number | null
}

/** What became of some sessions since the last time. */
export interface VerifiedSessions {
  readonly checked: number
  /** Built before their inputs were kept, by another version of the transform, or with a second source that has changed since. */
  readonly notRepeatable: number
}

export type ComputeTask = TransformTask | FeaturesTask | CompareTask | CompareFeaturesTask | VerifyCuratedTask
export type TaskKind = ComputeTask['kind']

/** What is summed up over the symbols of a run. */
export interface SymbolResult {
  readonly largest: readonly LargestDifference[]
  readonly pages: readonly ProfilePage[]
  readonly tests: readonly SingleTest[]
  /** Null where no causes were looked for. */
  readonly found: {
    readonly differences: number
    readonly attributed: number
    readonly causes: readonly { readonly key: string; readonly words: string; readonly explained: number }[]
  } | null
}

/** Some sessions of a symbol, and at its end what is known of it as a whole. */
export type CompareBatch =
  | { readonly kind: 'sessions'; readonly sessions: readonly ComparisonSession[] }
  | { readonly kind: 'symbol'; readonly symbol: ComparedSymbol & { readonly result: SymbolResult } }

interface Batches {
  transform: readonly CuratedSession[]
  features: readonly FeatureSession[]
  compare: CompareBatch
  'compare-features': readonly FeatureComparisonSession[]
  'verify-curated': VerifiedSessions
}

interface Results {
  transform: null
  features: null
  compare: null
  'compare-features': Pick<SymbolResult, 'largest' | 'pages'>
  'verify-curated': VerifyResult['mismatches']
}

export type BatchOf<K extends TaskKind> = Batches[K]

/** A batch on its way from a worker to the caller. */
export interface Delivery<K extends TaskKind> {
  readonly batch: BatchOf<K>
  /** The buffers that the batch's blobs lie in: handed over instead of copied. */
  readonly memory: readonly ArrayBuffer[]
}

export type ResultOf<K extends TaskKind> = Results[K]
