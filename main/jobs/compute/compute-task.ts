import type { Session } from '#shared/calendar/calendar.ts'
import type { Tolerances } from '#main/compare/compare-session.ts'
import type { LargestDifference } from '#main/compare/largest-differences.ts'
import type { CurationConfig } from '#main/pipeline/transform/curation-config.ts'
import type { FeatureSetDefinition } from '#shared/features/definition.ts'
import type { ComparisonSession } from '#main/stores/comparison-store.ts'
import type { CuratedSession, SessionWindow } from '#main/stores/curated-store.ts'
import type { FeatureSession } from '#main/stores/feature-store.ts'
import type { VerifyResult } from '#shared/jobs/job-kinds.ts'

/** A session to curate and the raw responses that reach into its window. */
export interface SessionToCurate {
  readonly session: Session
  readonly window: SessionWindow
  readonly responseIds: readonly number[]
}

export interface TransformTask {
  readonly kind: 'transform'
  readonly rawFile: string
  readonly symbol: string
  readonly sessions: readonly SessionToCurate[]
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

export interface CompareTask {
  readonly kind: 'compare'
  readonly curatedFile: string
  readonly legacyFile: string
  readonly symbol: string
  readonly from: string
  readonly to: string
  readonly tolerances: Tolerances
  readonly largestDifferences: number
}

export interface VerifyCuratedTask {
  readonly kind: 'verify-curated'
  readonly rawFile: string
  readonly curatedFile: string
  readonly symbol: string
  readonly barSize: string
  readonly whatToShow: string
  readonly from: string
  readonly to: string
}

export type ComputeTask = TransformTask | FeaturesTask | CompareTask | VerifyCuratedTask
export type TaskKind = ComputeTask['kind']

interface Batches {
  transform: readonly CuratedSession[]
  features: readonly FeatureSession[]
  compare: readonly ComparisonSession[]
  'verify-curated': number
}

interface Results {
  transform: null
  features: null
  compare: readonly LargestDifference[]
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
