import { z } from 'zod'
import { zoneNameSchema } from '#shared/zone-name.ts'

/**
 * What the files of the old pipeline look like, so that they can be read without guessing. docs/old-pipeline.md has an example
 * for every layout.
 */

export const LEGACY_FORMATS = ['csv', 'parquet', 'json', 'sqlite'] as const
export type LegacyFormat = (typeof LEGACY_FORMATS)[number]

/** What `nulls: common` takes for a missing value; upper and lower case are the same. */
export const COMMON_NULLS = ['', 'na', 'n/a', 'nan', 'null', 'none', 'nil', '-', '--', '#n/a', '<na>', '.'] as const

/** A column by its name, or by its place counted from 1; null where the files have no such column. */
const columnSchema = z.union([z.string().min(1), z.int().positive()])
const valueColumn = (name: string): z.ZodDefault<z.ZodNullable<typeof columnSchema>> =>
  columnSchema.nullable().default(name)

export const legacyBarsConfigSchema = z
  .strictObject({
    /** Path below the workspace folder (or absolute). `{symbol}` stands for the symbol, `*`, `?` and `**` for any text. */
    files: z.string().min(1),
    /** By the ending of the file name when left out. */
    format: z.enum(LEGACY_FORMATS).optional(),
    /** Where the symbol stands: in the path, in a column, as key of a JSON object, or in the name of an SQLite table. */
    symbol: z.enum(['path', 'column', 'key', 'table']).default('path'),
    symbolColumn: columnSchema.default('symbol'),
    /** Names that the old pipeline uses, and the symbols of this workspace that they mean. */
    symbolMap: z.record(z.string().min(1), z.string().min(1)).default({}),
    /** The SQLite table, with `{symbol}` when every symbol has one of its own. */
    table: z.string().min(1).default('{symbol}'),
    delimiter: z.string().length(1).default(','),
    /** Empty when quotation marks mean nothing. */
    quote: z.string().max(1).default('"'),
    encoding: z.enum(['utf-8', 'latin-1', 'utf-16']).default('utf-8'),
    /** Lines before the header (or the first row) that mean nothing. */
    skipRows: z.int().min(0).max(1_000).default(0),
    /** Lines that make up the header; 0 when there is none and columns are given by their places. */
    headerRows: z.int().min(0).max(5).default(1),
    columns: z
      .strictObject({
        /** The time, or the time of day when `date` names another column. */
        time: columnSchema.default('datetime'),
        date: columnSchema.optional(),
        open: valueColumn('open'),
        high: valueColumn('high'),
        low: valueColumn('low'),
        close: valueColumn('close'),
        volume: valueColumn('volume'),
        /** Volume-weighted average price, and number of trades, of a bar; most old pipelines have neither. */
        vwap: columnSchema.optional(),
        tradeCount: columnSchema.optional(),
      })
      .prefault({}),
    /** Columns kept as legacy features: none, the named ones, or all that have no other use. */
    features: z.union([z.literal('rest'), z.array(z.string().min(1))]).default([]),
    /** strptime pattern; `iso`; `epoch`, `epoch-ms`, `epoch-us`, `epoch-ns` for a number since 1970; `excel` for days since 1899. */
    timeFormat: z.string().min(1).default('%Y-%m-%d %H:%M:%S'),
    /** Zone of naive times. */
    zone: zoneNameSchema.default('America/New_York'),
    /** Which of the two a time means that the end of summer time repeats; refused when left out. */
    repeatedHour: z.enum(['refuse', 'first', 'second']).default('refuse'),
    /** Whether a bar's time stamp is its start or its end. */
    label: z.enum(['start', 'end']).default('start'),
    barSize: z
      .string()
      .refine((size) => size === '1 min', {
        error: 'must be 1 min: old and new bars are compared minute by minute, and other bars have no counterpart',
      })
      .default('1 min'),
    volumeUnit: z.enum(['shares', 'lots']).default('shares'),
    lotSize: z.int().positive().default(100),
    /** Prices in the file are divided by this. */
    priceScale: z.number().positive().default(1),
    /** Decimal mark of numbers. */
    decimal: z.enum(['.', ',']).default('.'),
    /** What stands between groups of three digits. */
    thousands: z.enum(['', ',', '.', ' ', "'"]).default(''),
    /** A sign that stands before or after numbers, such as $. */
    currency: z
      .string()
      .max(4)
      .regex(/^[^\d\s.,+-]*$/, 'must be a sign such as $')
      .default(''),
    /** How a missing value is written, in upper or lower case; `common` for all the usual ways. */
    nulls: z.union([z.literal('common'), z.array(z.string())]).default(['', 'nan']),
  })
  .superRefine((description, context) => {
    const { files, symbol, table, decimal, thousands, headerRows, columns } = description
    const issue = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message })
    if (files.includes('{out}') && (!readsOutFolder(description) || files.lastIndexOf('{out}') > 0)) {
      issue(['files'], 'must begin with {out}/ when {out} stands in it')
    }
    if (symbol === 'path' && !files.includes('{symbol}')) {
      issue(['files'], 'must contain {symbol}, unless symbol says that it stands in a column, a key or a table')
    }
    if (symbol === 'table' && !table.includes('{symbol}')) issue(['table'], 'must contain {symbol}')
    if (symbol !== 'path' && files.includes('{symbol}')) {
      issue(['files'], `must not contain {symbol}, since the symbol stands in a ${symbol}`)
    }
    if (decimal === thousands) issue(['thousands'], 'must differ from decimal')
    if (headerRows === 0) {
      for (const [field, column] of Object.entries(columns)) {
        if (typeof column === 'string') {
          issue(['columns', field], 'must be the place of the column, counted from 1, because headerRows is 0')
        }
      }
    }
  })

export type LegacyBarsConfig = z.infer<typeof legacyBarsConfigSchema>
export type LegacyBarsInput = z.input<typeof legacyBarsConfigSchema>

/** Whether a description is of files below the folder of the newest run of the command. */
export function readsOutFolder({ files }: Pick<LegacyBarsConfig, 'files'>): boolean {
  return files.startsWith('{out}/')
}

/** What stands for something else in the command; anything else in braces that looks like one of them is refused. */
export const COMMAND_PLACEHOLDERS = ['from', 'to', 'symbols', 'out'] as const
/** `{from}`, and what was meant to be one: `{start}`, `{ from }`. Braces around other text are left alone. */
export const COMMAND_PLACEHOLDER = /\{(\s*[A-Za-z_][\w\s.-]*)\}/g

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')

/** How the old pipeline is run for some sessions. No shell is involved unless the operator names one. */
export const oldCommandConfigSchema = z.strictObject({
  /** The program and its arguments, each with placeholders: session dates, symbols, and the folder to write to. */
  argv: z
    .array(z.string())
    .min(1)
    .superRefine((argv, context) => {
      const issue = (index: number, message: string): void =>
        context.addIssue({ code: 'custom', path: [index], message })
      if (argv[0]?.trim() === '') issue(0, 'must be the program to run')
      argv.forEach((argument, index) => {
        if (argument.includes('\0')) issue(index, 'must not contain a NUL character')
        for (const [whole, name] of argument.matchAll(COMMAND_PLACEHOLDER)) {
          if (COMMAND_PLACEHOLDERS.some((known) => known === name)) continue
          const known = COMMAND_PLACEHOLDERS.map((each) => `{${each}}`).join(', ')
          issue(index, `has an unknown placeholder ${whole}; the known ones are ${known}`)
        }
      })
    }),
  /** What stands between the symbols in `{symbols}`. */
  symbolSeparator: z.string().default(','),
  /** Added to the little that the command inherits; the values are shown and logged nowhere. */
  environment: z.record(variableName, z.string()).default({}),
  /** Further variables that the command inherits from the engine, so that a secret need not stand in the file. */
  inherit: z.array(variableName).default([]),
  /** Working folder, from the workspace folder or absolute. */
  folder: z.string().min(1).default('.'),
  /** After so long the command and everything that it started is ended. */
  timeLimitMinutes: z.number().positive().max(10_080).default(360),
  /** How long it has to end by itself when it is asked to (SIGTERM); then it is killed. */
  graceSeconds: z.number().min(0).max(600).default(10),
})
export type OldCommandConfig = z.infer<typeof oldCommandConfigSchema>

export const oldPipelineConfigSchema = z
  .strictObject({
    name: z.string().min(1),
    bars: legacyBarsConfigSchema.optional(),
    /** Further descriptions, when the old pipeline left more than one kind of file. */
    sources: z.array(legacyBarsConfigSchema).default([]),
    command: oldCommandConfigSchema.optional(),
  })
  .refine(({ bars, sources }) => bars !== undefined || sources.length > 0, {
    path: ['bars'],
    error: 'is required, or sources',
  })
  .superRefine(({ bars, sources, command }, context) => {
    if (command !== undefined) return
    const paths = [bars, ...sources].flatMap((description, i) =>
      description !== undefined && readsOutFolder(description)
        ? [i === 0 ? ['bars', 'files'] : ['sources', i - 1, 'files']]
        : [],
    )
    for (const path of paths) {
      context.addIssue({ code: 'custom', path, message: 'says {out}, and there is no command that writes there' })
    }
  })

export type OldPipelineConfig = z.infer<typeof oldPipelineConfigSchema>

/** All descriptions of an old pipeline, with the key of switchyard.yaml that each stands under. */
export function descriptionsOf(
  oldPipeline: OldPipelineConfig,
): readonly { key: string; description: LegacyBarsConfig }[] {
  return [
    ...(oldPipeline.bars === undefined ? [] : [{ key: 'oldPipeline.bars', description: oldPipeline.bars }]),
    ...oldPipeline.sources.map((description, i) => ({ key: `oldPipeline.sources[${i}]`, description })),
  ]
}
