import type { ComparedField } from '#shared/config/comparison-config.ts'
import type { CauseDetail } from '#shared/comparison/cause.ts'
import type { Rounding, Relation } from './find-rounding.ts'

/** How one proposed cause is undone; sessions by index, fields by their place in COMPARED_FIELDS. */
export type Undoing =
  | { readonly act: 'shift'; readonly secondsBySession: Float64Array }
  | { readonly act: 'relation'; readonly fields: readonly number[]; readonly bySession: readonly (Relation | null)[] }
  | { readonly act: 'rounding'; readonly fields: readonly number[]; readonly rounding: Rounding }
  | { readonly act: 'fill' }
  | { readonly act: 'zero_volume' }
  | { readonly act: 'duplicates' }
  | {
      readonly act: 'cut'
      readonly end: 'open' | 'close'
      readonly count: number
      readonly unit: 'bars' | 'minutes'
      readonly skipsZeroVolume: boolean
    }
  | { readonly act: 'extended' }
  | { readonly act: 'unfinished' }
  | { readonly act: 'volume_source'; readonly lowest: number; readonly highest: number }

/** A cause that the evidence suggests and the second pass has to confirm. */
export interface Proposal {
  readonly detail: CauseDetail
  readonly fields: readonly ComparedField[] | null
  readonly undoing: Undoing
}
