import type { CellValue } from './cell-value.ts'
import type { TypeDifference } from './plan-diff.ts'

/** The values of the key columns of one row. */
export type TableKey = Readonly<Record<string, CellValue>>

/** Two values that were found different, with the size of the difference where they are numbers. */
export interface PairSample {
  readonly key: TableKey
  readonly left: CellValue
  readonly right: CellValue
  readonly difference?: CellValue
}

/** The pair of values that differs most. */
export interface Largest {
  readonly difference: string | number
  readonly key: TableKey
  readonly left: CellValue
  readonly right: CellValue
}

/** What was found in one column of the common rows: the counts add up to them. */
export interface ColumnDiff {
  readonly column: string
  readonly leftType: string
  readonly rightType: string
  /** What the values were compared as, null when the types have nothing in common. */
  readonly comparedAs: string | null
  readonly tolerance: { readonly abs: number; readonly rel: number }
  readonly equal: number
  readonly withinTolerance: number
  readonly unequal: number
  /** `leftNull + rightNull`. */
  readonly nullVersusValue: number
  readonly leftNull: number
  readonly rightNull: number
  /** Values of which one cannot be read, without a loss, in the type of the other. */
  readonly typeDifference: number
  readonly largestAbsolute: Largest | null
  /** As a share of the right value; values against zero have none. */
  readonly largestRelative: Largest | null
  readonly samples: {
    readonly unequal: readonly PairSample[]
    readonly nullVersusValue: readonly PairSample[]
    readonly typeDifference: readonly PairSample[]
  }
}

/** Duplicate keys of one side. */
export interface KeySide {
  /** Keys that more than one row of this side has. */
  readonly keys: number
  /** The rows that have them. */
  readonly rows: number
  /** Rows of this side whose key is a duplicate here or on the other side. */
  readonly rowsNotCompared: number
}

interface ComparedTable {
  readonly path: string
  readonly format: 'csv' | 'parquet'
  readonly rows: number
  readonly columns: readonly {
    readonly name: string
    readonly type: string
    /** In a CSV column of something else: cells that are nothing but text, which make the column text. */
    readonly textCells?: number
    readonly textExample?: string
  }[]
}

/** `rows` of a side are `common`, `onlyLeft` or `onlyRight`, `nullKeys` and `rowsNotCompared` of the duplicate keys. */
export interface TableDiff {
  readonly left: ComparedTable
  readonly right: ComparedTable
  readonly keys: readonly string[]
  /** Whether nothing was found beyond the tolerances. */
  readonly equal: boolean
  readonly rows: {
    readonly common: number
    readonly equal: number
    readonly withinTolerance: number
    readonly unequal: number
    readonly onlyLeft: number
    readonly onlyRight: number
  }
  readonly nullKeys: { readonly left: number; readonly right: number }
  readonly duplicateKeys: { readonly left: KeySide; readonly right: KeySide }
  readonly columnsOnlyLeft: readonly string[]
  readonly columnsOnlyRight: readonly string[]
  readonly typeDifferences: readonly TypeDifference[]
  readonly columns: readonly ColumnDiff[]
  readonly samples: {
    readonly onlyLeft: readonly TableKey[]
    readonly onlyRight: readonly TableKey[]
    /** With how many rows each side has. */
    readonly duplicateKeys: readonly { readonly key: TableKey; readonly left: number; readonly right: number }[]
    readonly nullKeys: { readonly left: readonly TableKey[]; readonly right: readonly TableKey[] }
  }
}
