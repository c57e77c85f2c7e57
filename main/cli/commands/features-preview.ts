import { previewColumns, previewFeatures } from '#main/engine/preview-features.ts'
import { DiffDatabase } from '#main/tables/diff-database.ts'
import { readBars } from '#main/tables/read-bars.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { alignColumns } from '../align-columns.ts'
import { type Command, ExitCode } from '../command.ts'
import { distinctListOption, requiredText } from '../options.ts'

/** `switchyard features preview`: features of a file of bars. It needs neither workspace nor engine, and writes nothing. */
export const featuresPreview: Command = {
  name: 'features preview',
  summary: 'Compute features over a CSV or Parquet file of bars',
  usage: '--bars FILE --columns rsi_14,sma_20,keltner_upper_20_10_2',
  options: {
    bars: { type: 'string', help: 'File with time, open, high, low, close, volume, oldest first' },
    columns: {
      type: 'string',
      help: 'Columns of the built-in sets, or formulas with their parameters, separated by commas',
    },
  },
  run: async (input) => {
    const path = requiredText(input, 'bars')
    const names = distinctListOption(input, 'columns')
    if (names === undefined) {
      throw new SwitchyardError('BAD_ARGUMENTS', '--columns is missing.', {
        hint: 'Name what to compute: --columns rsi_14,sma_20',
      })
    }
    const columns = previewColumns(names)
    const { times, bars } = await DiffDatabase.use(input.signal, (database) => readBars(database, path, input.progress))
    const preview = previewFeatures(bars, columns)
    if (preview.withoutCalendar.length > 0) {
      input.say(
        `Null in every row, for they need a calendar of sessions and ${path} is one series: ${preview.withoutCalendar.join(', ')}.`,
      )
    }
    const value = (at: number, row: number): number | null => {
      const found = preview.columns[at][row]
      return Number.isNaN(found) ? null : found
    }
    if (input.json) {
      const rows = times.map((time, row) => ({
        time,
        ...Object.fromEntries(names.map((name, at) => [name, value(at, row)])),
      }))
      return { exitCode: ExitCode.Done, json: rows, text: [] }
    }
    const lines = times.map((time, row) => [String(time), ...names.map((_name, at) => cellText(value(at, row)))])
    return { exitCode: ExitCode.Done, json: undefined, text: alignNumbers([['time', ...names], ...lines]) }
  },
}

/** Ten digits are enough to read; --json has all. */
function cellText(value: number | null): string {
  return value === null ? 'null' : String(Number(value.toPrecision(10)))
}

/** Lines with all columns but the first aligned on the right. */
function alignNumbers(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_cell, at) => rows.reduce((widest, row) => Math.max(widest, row[at].length), 0))
  return alignColumns(rows.map((row) => row.map((cell, at) => (at === 0 ? cell : cell.padStart(widths[at])))))
}
