import { normalisedQuery, reader } from '../import/duckdb-reader.ts'

/** DuckDB doing the same work: the columns and their types are told, times become instants, rows are sorted. */
export const duckdb = reader(normalisedQuery)
