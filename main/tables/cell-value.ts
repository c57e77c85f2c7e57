import type { ColumnKind } from './column-types.ts'

/** A value as JSON has it: a number where that is exact, else a string. */
export type CellValue = string | number | boolean | null

/** Decimals of so many digits are told apart by doubles. */
const EXACT_DIGITS = 15

/** The value that DuckDB has written as text. */
export function cellValue(text: string | null, kind: ColumnKind): CellValue {
  if (text === null) return null
  switch (kind) {
    case 'boolean':
      return text === 'true'
    case 'integer': {
      const value = Number(text)
      return Number.isSafeInteger(value) ? value : text
    }
    case 'decimal': {
      const digits = text
        .replace(/^-?[0.]*/, '')
        .replace(/\.?0*$/, '')
        .replace('.', '')
      return digits.length <= EXACT_DIGITS ? Number(text) : text
    }
    case 'double': {
      const value = Number(text.replace(/inf$/, 'Infinity'))
      if (Number.isFinite(value)) return value
      return Number.isNaN(value) ? 'NaN' : String(value)
    }
    case 'timestamp':
      return text.replace(' ', 'T')
    case 'timestamp with zone':
      return text.replace(' ', 'T').replace(/\+00$/, 'Z')
    default:
      return text
  }
}
