import { join } from 'node:path'

/** How the rows of the file lie: all of one symbol, or the symbols of a minute one after the other. */
export const LAYOUTS = ['one-symbol', 'ten-symbols'] as const
export type Layout = (typeof LAYOUTS)[number]

/** Where the parts of a data set lie inside its folder. */
export const importFiles = (folder: string) => ({
  /** The file of the old pipeline. */
  csv: join(folder, 'old.csv'),
  /** A workspace that describes it and has imported nothing. */
  workspace: join(folder, 'workspace'),
})

/** The database that the DuckDB contenders make, with the table `bars`. */
export const DUCKDB_FILE = 'bars.duckdb'
