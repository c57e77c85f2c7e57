import type { QualityConfig } from '#shared/config/workspace-config.ts'

/** Grows whenever the transform gives other results for the same input, so that old blocks are seen to be stale. */
export const TRANSFORM_VERSION = 2

/** Everything besides raw bars and session hours that decides what a curated block looks like. */
export interface CurationConfig {
  readonly transformVersion: number
  readonly quality: QualityConfig
}
