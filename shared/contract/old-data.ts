import { z } from 'zod'
import { LEGACY_FORMATS, legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'
import { oldCommandSchema } from './old-runs.ts'

/** What the console and the command line show and change of the old pipeline's files: looking for them, previews, descriptions. */

/** A folder as the file system has it. */
export const folderListingSchema = z.object({
  /** Absolute path. */
  folder: z.string(),
  /** Null at the top. */
  parent: z.string().nullable(),
  /** Folders first, then files, each ascending by name; names that begin with a dot are left out. */
  entries: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['folder', 'file']),
      /** Of a file. */
      bytes: z.number().nullable(),
      modifiedAtMs: z.number().nullable(),
    }),
  ),
  /** Entries that are there and not listed. */
  more: z.int(),
})
export type FolderListing = z.infer<typeof folderListingSchema>

export const findFilesInputSchema = z.object({
  /** As in a description: a path or a pattern, from the workspace folder or absolute. */
  files: z.string().min(1),
  symbolMap: z.record(z.string(), z.string()).default({}),
})

/** The files that a pattern names. */
export const foundFilesSchema = z.object({
  /** The first of them, ascending by name. */
  files: z.array(
    z.object({
      file: z.string(),
      bytes: z.number(),
      /** What stands in the place of `{symbol}`, and the symbol of the workspace that it means; null when there is none. */
      oldName: z.string().nullable(),
      symbol: z.string().nullable(),
    }),
  ),
  count: z.int(),
  bytes: z.number(),
  /** Files whose name in the place of `{symbol}` is no symbol of the workspace. */
  otherFiles: z.int(),
  /** Symbols of the workspace without a file; empty when the pattern has no `{symbol}`. */
  missing: z.array(z.string()),
})
export type FoundFiles = z.infer<typeof foundFilesSchema>

/** Where a row stands and what it says: its cells as the file has them. */
const lineSchema = z.object({ line: z.int(), cells: z.array(z.string()) })

/** A bar that starts at `ts` (epoch seconds); null where there is no number. */
export const previewBarSchema = z.object({
  symbol: z.string(),
  ts: z.int(),
  open: z.number().nullable(),
  high: z.number().nullable(),
  low: z.number().nullable(),
  close: z.number().nullable(),
  volume: z.number().nullable(),
})

export const previewRowSchema = lineSchema.extend({
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('bar'), bar: previewBarSchema }),
    z.object({ kind: z.literal('refused'), reason: z.string() }),
    z.object({ kind: z.literal('duplicate'), reason: z.string() }),
    /** The file could not be read as described, so that nothing is known of its rows. */
    z.object({ kind: z.literal('unknown') }),
  ]),
})
export type PreviewRow = z.infer<typeof previewRowSchema>

/** How often the most frequent of several clock times (`HH:MM`) comes. */
const clockSchema = z.object({ clock: z.string(), count: z.int() })

export const previewInputSchema = z.object({
  description: legacyBarsConfigSchema,
  /** One of the files that the description names; the first one when left out. */
  file: z.string().min(1).optional(),
})

/** A file as it stands there and as it would be imported, by its first rows. */
export const previewSchema = z.object({
  file: z.string(),
  format: z.enum(LEGACY_FORMATS),
  bytes: z.number(),
  /** Columns of the file, by name or by place. */
  columns: z.array(z.string()),
  /** Lines before the first row, of text files. */
  head: z.array(lineSchema.extend({ kind: z.enum(['skipped', 'header']) })),
  /** The first rows. */
  rows: z.array(previewRowSchema),
  /** The first refused rows and duplicates of the sample. */
  problems: z.array(previewRowSchema),
  sample: z.object({
    /** Whether the sample is the whole file. */
    isWhole: z.boolean(),
    /** `rows` = `bars` + `refused` + `duplicates`; bars of symbols that the workspace does not have are among the bars. */
    rows: z.int(),
    bars: z.int(),
    refused: z.int(),
    duplicates: z.int(),
    otherSymbols: z.int(),
    /** Empty lines. */
    blank: z.int(),
  }),
  /** Zone of the exchange, in which sessions are told. */
  zone: z.string(),
  /** Where the sessions of the sample begin and end, in `zone`; null without bars. */
  hours: z
    .object({
      sessions: z.int(),
      open: z.string(),
      close: z.string(),
      /** Usual start of a session's first bar, and of its last one. */
      firstBar: clockSchema,
      lastBar: clockSchema,
    })
    .nullable(),
  /** Columns that could be kept as features. */
  otherColumns: z.array(z.string()),
  doubts: z.array(z.string()),
  /** Why the file cannot be read as described; null when it can. */
  failure: z.object({ message: z.string(), hint: z.string().nullable() }).nullable(),
})
export type Preview = z.infer<typeof previewSchema>

export const descriptionKeySchema = z
  .string()
  .regex(/^oldPipeline\.(?:bars|sources\[\d+\])$/, 'must be oldPipeline.bars or oldPipeline.sources[N]')

/** What switchyard.yaml says of the old pipeline's files at this moment. */
export const describedSchema = z.object({
  /** The configuration's file. */
  file: z.string(),
  name: z.string().nullable(),
  descriptions: z.array(
    z.object({
      key: descriptionKeySchema,
      description: legacyBarsConfigSchema,
      files: foundFilesSchema.omit({ files: true }),
    }),
  ),
  /** Null when it does not say how the old pipeline is run. */
  command: oldCommandSchema.nullable(),
})
export type Described = z.infer<typeof describedSchema>

/** A change of the descriptions. */
export const descriptionChangeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('add'),
    description: legacyBarsConfigSchema,
    /** Name of the old pipeline, when it has none yet. */
    name: z.string().trim().min(1).max(64).default('old'),
  }),
  z.object({ kind: z.literal('replace'), key: descriptionKeySchema, description: legacyBarsConfigSchema }),
  z.object({ kind: z.literal('remove'), key: descriptionKeySchema }),
])
export type DescriptionChange = z.infer<typeof descriptionChangeSchema>

/** What a change would do to switchyard.yaml. */
export const plannedChangeSchema = z.object({
  file: z.string(),
  /** The key that is added, replaced or removed. */
  key: descriptionKeySchema,
  /** SHA-256 (hex) of the text that the change starts from; saving wants the same. */
  fileHash: z.string(),
  /** The whole text, line by line; `before` and `after` are its line numbers. */
  diff: z.array(
    z.object({
      kind: z.enum(['same', 'added', 'removed']),
      before: z.int().nullable(),
      after: z.int().nullable(),
      text: z.string(),
    }),
  ),
  /** Top-level keys of the file that the running engine has otherwise; they hold after its next start. */
  waitingForRestart: z.array(z.string()),
})
export type PlannedChange = z.infer<typeof plannedChangeSchema>

export const REJECT_KINDS = ['all', 'refused', 'duplicate'] as const
export type RejectKind = (typeof REJECT_KINDS)[number]

/** A whole number; over HTTP it stands in the address and comes as text. */
function countSchema(least: number, most: number): z.ZodType<number, number | string> {
  const digits = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number)
  return z.union([z.number(), digits]).pipe(z.int().min(least).max(most))
}

export const rejectedInputSchema = z.object({
  /** Of one file only. */
  file: z.string().optional(),
  kind: z.enum(REJECT_KINDS).default('all'),
  offset: countSchema(0, 10_000_000_000).default(0),
  limit: countSchema(1, 10_000).default(200),
})

export const rejectedRowSchema = z.object({
  file: z.string(),
  line: z.int(),
  reason: z.string(),
  text: z.string(),
  isDuplicate: z.boolean(),
})
export type RejectedRow = z.infer<typeof rejectedRowSchema>
