import { diffTables } from '#main/tables/diff-tables.ts'
import { parseDecimal, type TableTolerance } from '#main/tables/tolerance.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { type Command, type CommandInput, ExitCode } from '../command.ts'
import { diffText } from '../diff-text.ts'
import { distinctListOption, integerOption, listOption, textOption } from '../options.ts'

const DEFAULT_SAMPLES = 10
const MOST_SAMPLES = 10_000

/** `switchyard diff`: compares two files. It needs neither workspace nor engine, and writes nothing. */
export const diff: Command = {
  name: 'diff',
  summary: 'Compare two CSV or Parquet files row by row',
  usage: 'LEFT RIGHT --keys symbol,ts [--abs-tol X] [--rel-tol Y] [--tol close=0.01,volume=rel:0.01]',
  options: {
    keys: { type: 'string', help: 'Columns that name a row, separated by commas' },
    'abs-tol': { type: 'string', help: 'Numbers may differ by so much' },
    'rel-tol': { type: 'string', help: 'Numbers may differ by this share of the right one, also added to --abs-tol' },
    tol: {
      type: 'string',
      help: 'Tolerances of single columns: close=0.01 or close=abs:0.01, volume=rel:0.01, close=abs:0.01+rel:1e-6',
    },
    columns: { type: 'string', help: 'Columns to compare, separated by commas; all when left out' },
    samples: { type: 'string', help: `The most samples of each kind; ${DEFAULT_SAMPLES} when left out` },
  },
  allowPositionals: true,
  run: async (input) => {
    const [left, right, ...rest] = input.positionals
    if (left === undefined || right === undefined || rest.length > 0) {
      throw badArguments('Give two files.', 'For example: switchyard diff old.csv new.parquet --keys symbol,ts')
    }
    const keys = distinctListOption(input, 'keys')
    if (keys === undefined) {
      throw badArguments('--keys is missing.', 'Name the columns that tell which row is which: --keys symbol,ts')
    }
    const found = await diffTables(left, right, {
      keys,
      tolerance: { abs: decimalOption(input, 'abs-tol'), rel: decimalOption(input, 'rel-tol') },
      tolerances: columnTolerances(listOption(input, 'tol') ?? []),
      columns: distinctListOption(input, 'columns'),
      samples: integerOption(input, 'samples', 0, MOST_SAMPLES) ?? DEFAULT_SAMPLES,
      signal: input.signal,
      onProgress: input.progress,
    })
    return { exitCode: found.equal ? ExitCode.Done : ExitCode.Findings, json: found, text: diffText(found) }
  },
}

function decimalOption(input: CommandInput, name: string): TableTolerance['abs'] {
  const text = textOption(input, name) ?? '0'
  return parseDecimal(text) ?? fail(`--${name} must be a number from 0 on, not "${text}".`, 'For example 0.01 or 1e-6.')
}

/** Reads `close=0.01`, `volume=rel:0.01`, `close=abs:0.01+rel:1e-6`. */
function columnTolerances(entries: readonly string[]): Map<string, TableTolerance> {
  const tolerances = new Map<string, TableTolerance>()
  for (const entry of entries) {
    const at = entry.lastIndexOf('=')
    const column = entry.slice(0, Math.max(0, at)).trim()
    const tolerance = parseTolerance(entry.slice(at + 1).trim())
    if (column === '' || tolerance === undefined) {
      throw badArguments(
        `--tol has "${entry}", which is no tolerance of a column.`,
        'For example close=0.01, volume=rel:0.01 or close=abs:0.01+rel:1e-6.',
      )
    }
    if (tolerances.has(column))
      throw badArguments(`--tol names ${column} twice.`, `Write both as ${column}=abs:X+rel:Y.`)
    tolerances.set(column, tolerance)
  }
  return tolerances
}

function parseTolerance(text: string): TableTolerance | undefined {
  const parts = /^(?:abs:)?([^:]+?)(?:\+rel:([^:]+))?$|^rel:([^:]+?)(?:\+abs:([^:]+))?$/.exec(text)
  if (parts === null) return undefined
  const abs = parseDecimal(parts[1] ?? parts[4] ?? '0')
  const rel = parseDecimal(parts[2] ?? parts[3] ?? '0')
  return abs === undefined || rel === undefined ? undefined : { abs, rel }
}

function badArguments(message: string, hint: string): SwitchyardError {
  return new SwitchyardError('BAD_ARGUMENTS', message, { hint })
}

function fail(message: string, hint: string): never {
  throw badArguments(message, hint)
}
