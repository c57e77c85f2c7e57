import { resolve } from 'node:path'
import { SwitchyardError } from '#shared/errors.ts'
import { openSql } from '#main/stores/sql.ts'
import { type Command, ExitCode } from '../command.ts'

/** `switchyard sql`: a read-only look into the stores, row by row. It reads the files and needs no engine. */
export const sql: Command = {
  name: 'sql',
  summary: 'Query the stores; *_rows tables have one row per bar',
  usage: 'QUERY',
  options: {},
  allowPositionals: true,
  run: async (input) => {
    const [query, ...rest] = input.positionals
    if (query === undefined || rest.length > 0) {
      throw new SwitchyardError('BAD_ARGUMENTS', 'Give one query, in quotes.', {
        hint: `For example: switchyard sql "select * from curated_tws_1m_bars_rows where symbol = 'SPY' limit 5"`,
      })
    }
    const database = openSql(resolve(input.workspace, 'store'))
    try {
      const rows = database.query(query)
      return { exitCode: ExitCode.Done, json: rows, text: rows.map((row) => Object.values(row).join('\t')) }
    } finally {
      database.close()
    }
  },
}
