import { plainQuery, reader } from '../import/duckdb-reader.ts'

/** DuckDB's own read and nothing else: rows as they come, times on no clock, types guessed. */
export const duckdbPlain = reader(plainQuery)
