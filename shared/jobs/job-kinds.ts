import { z } from 'zod'
import { distributionTestSchema, errorSummarySchema, largestDifferenceSchema } from './error-summary.ts'
import { featureComparisonSchema } from './feature-comparison.ts'
import { featureSetNameSchema } from '#shared/features/definition.ts'
import { isSessionDate } from '#shared/time.ts'

/**
 * Every kind of job with the schema of its parameters and of its result, and with what an operator can ask of one that runs.
 * Parameters are parsed again when a stored job is read, because the file may come from an older version.
 */

/** What a kind of job may support beside being cancelled: `pause` (and going on afterwards) and `drain`. */
export const JOB_CONTROLS = ['pause', 'drain'] as const
export type JobControlName = (typeof JOB_CONTROLS)[number]

export const sessionDateSchema = z
  .string()
  .refine(isSessionDate, { error: 'must be a date in the form YYYY-MM-DD' })
  .meta({ description: 'Session date, exchange-local, YYYY-MM-DD' })

/** Which part of the workspace a job works on; what is left out means all. Both dates are included. */
export const selectionSchema = z.object({
  symbols: z.array(z.string().min(1)).min(1).optional(),
  from: sessionDateSchema.optional(),
  to: sessionDateSchema.optional(),
})
export type Selection = z.infer<typeof selectionSchema>

export const ingestParamsSchema = z.object({
  symbols: z.array(z.string().min(1)).min(1).optional(),
  from: sessionDateSchema,
  to: sessionDateSchema,
  /** Over the configured ones. */
  host: z.string().min(1).optional(),
  port: z.int().min(1).max(65535).optional(),
  /** Ask also for sessions that are there; answers that differ are kept as revisions. */
  refetch: z.boolean().default(false),
  /** Ask only for sessions of which a quality rule wants another answer; the same one less and less often. */
  flagged: z.boolean().default(false),
  /** Wait for a TWS that is not there, instead of failing at once. */
  waitForTws: z.boolean().default(false),
})
export type IngestParams = z.infer<typeof ingestParamsSchema>

export const sessionRefSchema = z.object({ symbol: z.string(), sessionDate: z.string() })

export const ingestResultSchema = z.object({
  requests: z.int(),
  /** Distinct minutes that were not there before. */
  bars: z.int(),
  /** Sessions asked for in this run. */
  sessionsFetched: z.int(),
  sessionsAlreadyStored: z.int(),
  /** Sessions of the range that are not over yet, or not for long enough; they are not asked for. */
  sessionsNotFinished: z.int(),
  /** Sessions that were to be fetched and were not begun, because the run was drained. Results from before that have none. */
  sessionsLeft: z.int().default(0),
  /** Sessions that the broker answered without a single bar, with its words. */
  withoutData: z.array(sessionRefSchema.extend({ reason: z.string() })),
  /** Sessions that the broker has fewer bars of than minutes, confirmed by a second answer, with the reason. */
  short: z
    .array(
      sessionRefSchema.extend({
        /** no-trades, halted, no-data or unstable. */
        cause: z.string(),
        reason: z.string(),
        bars: z.int(),
        expected: z.int(),
      }),
    )
    .default([]),
  /** Sessions that could not be fetched; they are asked for again by the next run. */
  failed: z.array(sessionRefSchema.extend({ reason: z.string() })),
  /** Requests that were made again because they failed or their answer was short. */
  retries: z.int().default(0),
  /** Sessions for which a later answer had other values than an earlier one. */
  revisedSessions: z.int().default(0),
  /** Days on which the broker's schedule and the calendar differ. */
  scheduleDifferences: z.array(sessionRefSchema.extend({ calendar: z.string(), broker: z.string() })).default([]),
})
export type IngestResult = z.infer<typeof ingestResultSchema>

export const liveParamsSchema = z.object({
  symbols: z.array(z.string().min(1)).min(1).optional(),
  /** End after this session instead of waiting for the next one. */
  untilSession: sessionDateSchema.optional(),
})

export const liveResultSchema = z.object({
  sessions: z.int(),
  bars: z.int(),
  interruptions: z.int(),
  /** Bars fetched to fill what an interruption had left out. */
  refilled: z.int(),
  revisedSessions: z.int(),
  failed: z.array(sessionRefSchema.extend({ reason: z.string() })),
})
export type LiveResult = z.infer<typeof liveResultSchema>

export const transformResultSchema = z.object({
  sessionsBuilt: z.int(),
  sessionsUnchanged: z.int(),
  /** Sessions taken out because the calendar no longer has them. */
  sessionsRemoved: z.int().default(0),
  bars: z.int(),
  dropped: z.int(),
  flagged: z.int(),
  /** Bars that stand for minutes in which nobody traded; they are among `bars`. */
  filled: z.int().default(0),
  /** Findings of the sessions in the selection by rule, also of those that were unchanged. */
  findings: z.record(z.string(), z.int()),
})
export type TransformResult = z.infer<typeof transformResultSchema>

export const featuresParamsSchema = selectionSchema.extend({ featureSet: featureSetNameSchema.optional() })
export const featuresResultSchema = z.object({
  featureSet: z.string(),
  columns: z.int(),
  sessionsBuilt: z.int(),
  sessionsUnchanged: z.int(),
  /** Sessions taken out because the calendar no longer has them. */
  sessionsRemoved: z.int().default(0),
  rows: z.int(),
})

export const verifyParamsSchema = selectionSchema.extend({
  /** Verify the builds that counted at this moment (ISO 8601) instead of what is stored now; curated bars only. */
  asOf: z.string().optional(),
})
export const verifyResultSchema = z.object({
  sessionsChecked: z.int(),
  /** Sessions built by an earlier version of the transform, or with imported files that have changed since. */
  sessionsNotRepeatable: z.int().default(0),
  featureSessionsChecked: z.int(),
  /** Feature sessions whose curated bars changed or went after they were built; a build brings them up to date. */
  featureSessionsStale: z.int(),
  mismatches: z.array(
    sessionRefSchema.extend({ layer: z.enum(['raw', 'curated', 'features']), stored: z.string(), rebuilt: z.string() }),
  ),
})
export type VerifyResult = z.infer<typeof verifyResultSchema>

/** One imported file: `rowsInFile` = `rows` + `rejected` + `duplicates` + `otherSymbols`; empty lines are `blank`. */
export const legacyFileSchema = z.object({
  file: z.string(),
  /** Null when its rows say their symbols. */
  symbol: z.string().nullable(),
  sha256: z.string(),
  bytes: z.int(),
  rowsInFile: z.int(),
  rows: z.int(),
  rejected: z.int(),
  duplicates: z.int(),
  blank: z.int(),
  otherSymbols: z.int(),
  /** Times that a clock change skips or repeats: refused, or decided by `repeatedHour`. */
  clockChanges: z.object({ refused: z.int(), decided: z.int() }),
  /** Epoch seconds of the first and last bar's start; null where there is none. */
  firstTs: z.int().nullable(),
  lastTs: z.int().nullable(),
  /** What speaks against its description, in words. */
  doubts: z.array(z.string()),
})

export const legacyImportResultSchema = z.object({
  files: z.int(),
  filesUnchanged: z.int(),
  rows: z.int(),
  rejected: z.int(),
  /** Rows that a later row of the same minute in the same file took the place of. */
  duplicates: z.int().default(0),
  /** Rows, and files, of symbols that the workspace does not have. */
  otherSymbols: z.int().default(0),
  otherFiles: z.int().default(0),
  sessions: z.int(),
  /** Minutes that more than one file has; the last file by name counts. */
  overlappingMinutes: z.int().default(0),
  missingFiles: z.array(z.string()),
  /** Files that were imported before and are no longer there; what came from them was taken out. */
  vanishedFiles: z.array(z.string()).default([]),
  /** The run of the old pipeline's command whose `{out}` was read; null where no description says `{out}`. */
  oldRun: z.string().nullable().default(null),
  /** The first of the imported files; `legacy.files` has all. */
  fileReports: z.array(legacyFileSchema).default([]),
})

/** Which sessions the old pipeline's command is run for. Both dates are included. */
export const oldWindowSchema = z.object({
  symbols: z.array(z.string().min(1)).min(1).optional(),
  from: sessionDateSchema,
  to: sessionDateSchema,
})

export const oldRunParamsSchema = oldWindowSchema.extend({
  /** What its output is for: an import reads the newest run for `import`; what a noise floor is measured with is for that alone. */
  purpose: z.enum(['import', 'noise-floor']).default('import'),
})

const printedSchema = z.object({
  /** Path from the workspace folder. It keeps the beginning and the end. */
  file: z.string(),
  /** All that was printed, and what of it is not in the file. */
  bytes: z.int(),
  cutBytes: z.int(),
})

/** One run of the old pipeline's command, however it ended. Paths start at the workspace folder. */
export const oldRunRecordSchema = z.object({
  runId: z.string(),
  from: z.string(),
  to: z.string(),
  symbols: z.array(z.string()),
  /** The command as it was run. */
  argv: z.array(z.string()),
  /** Names of the variables that the configuration set or inherited; their values are kept nowhere. */
  environment: z.array(z.string()),
  /** The folder that it was given to write to, and what is in it. */
  out: z.string(),
  files: z.int(),
  bytes: z.int(),
  startedAtMs: z.number(),
  durationMs: z.number(),
  /** Null when a signal ended it. */
  exitCode: z.int().nullable(),
  exitSignal: z.string().nullable(),
  endedBy: z.enum(['itself', 'time-limit', 'cancel']),
  stdout: printedSchema,
  stderr: printedSchema,
  /** Whether an import reads what it wrote to `out`. */
  isImported: z.boolean(),
})
export type OldRunRecord = z.infer<typeof oldRunRecordSchema>

/** Counts per compared field over the minutes that both sides have. */
export const fieldCountsSchema = z.object({
  equal: z.int(),
  withinTolerance: z.int(),
  different: z.int(),
  /** One side has a value and the other has none. */
  nullVersusValue: z.int(),
})
export type FieldCounts = z.infer<typeof fieldCountsSchema>

export const comparisonCountsSchema = z.object({
  /** Minutes present on both sides. */
  common: z.int(),
  oldOnly: z.int(),
  newOnly: z.int(),
  /** Common minutes whose every field is equal / whose worst field is within tolerance / with at least one different field. */
  equal: z.int(),
  withinTolerance: z.int(),
  different: z.int(),
  /** Of the different ones, those in which one side has a value that the other has not. Runs from before that have 0. */
  nullVersusValue: z.int().default(0),
  /** Minutes of which the old side had several rows; the last of them was compared. */
  duplicateKeys: z.int().default(0),
  /** Minutes that were too young at the moment of the run; they are in no other count. */
  notSettled: z.int().default(0),
  /** A field that was compared in no session is not here. */
  fields: z.record(z.string(), fieldCountsSchema),
})
export type ComparisonCounts = z.infer<typeof comparisonCountsSchema>

/** Two runs of the old pipeline's command over the same sessions. */
export const oldRunPairSchema = z.tuple([z.string(), z.string()])

export const compareParamsSchema = selectionSchema.extend({
  /** An A/A run: compare what the second of these runs left with what the first left, instead of new with old. */
  oldRuns: oldRunPairSchema.optional(),
  /** Compare this share of the minutes only, the same ones every time. All are compared when left out. */
  sample: z.number().gt(0).lt(1).optional(),
  /** Whether to look for the causes of differences; they are looked for unless it is false or `sample` is given. */
  causes: z.boolean().optional(),
})

/** The causes behind the differences of a run, whoever accepted them. */
export const foundCausesSchema = z.object({
  /** One for each unequal value, minute on one side only and doubled row. */
  differences: z.int(),
  /** Those that causes explain. */
  attributed: z.int(),
  /** Those that explain most first; a difference may need several. */
  causes: z.array(z.object({ key: z.string(), words: z.string(), explained: z.int(), symbols: z.int() })),
})
export type FoundCauses = z.infer<typeof foundCausesSchema>

export const compareResultSchema = z.object({
  runId: z.string(),
  sessions: z.int(),
  /** Of an A/A run, the runs of the old pipeline that it compares; null where old is compared with new. */
  oldRuns: oldRunPairSchema.nullable().default(null),
  /** Share of the minutes that was compared; null when all were. */
  sample: z.number().nullable().default(null),
  counts: comparisonCountsSchema,
  /** By field, over the minutes that both sides have. Runs from before that have none. */
  errors: z.record(z.string(), errorSummarySchema).default({}),
  tests: z.array(distributionTestSchema).default([]),
  largest: z.array(largestDifferenceSchema),
  /** Null where none were looked for. */
  found: foundCausesSchema.nullable().default(null),
  /** Counted apart from the bars; null when the old pipeline has no feature of the set. */
  features: featureComparisonSchema.nullable().default(null),
})
export type CompareResult = z.infer<typeof compareResultSchema>

export const fieldNoiseSchema = z.object({
  /** Minutes that both runs have. */
  minutes: z.int(),
  /** Of them, those in which the two runs do not have the same value; and their share, null without minutes. */
  unequal: z.int(),
  unequalShare: z.number().nullable(),
  /** Of |second - first| over all minutes with a value in both; null without such. */
  p99: z.number().nullable(),
  max: z.number().nullable(),
})

/** How far the old pipeline is from itself when it is run twice: smaller differences between old and new say nothing. */
export const noiseFloorSchema = z.object({
  /** The comparison run that it is from. */
  runId: z.string(),
  oldRuns: oldRunPairSchema,
  /** Minutes that only one of the two has. */
  onlyFirst: z.int(),
  onlySecond: z.int(),
  fields: z.record(z.string(), fieldNoiseSchema),
})
export type NoiseFloor = z.infer<typeof noiseFloorSchema>

export const noiseFloorResultSchema = noiseFloorSchema.extend({
  /** Rows that the first and the second run left, and those that could not be read. */
  rows: z.tuple([z.int(), z.int()]),
  rejected: z.tuple([z.int(), z.int()]),
})

/** A job that another one ran as a part of itself. */
const partSchema = z.object({ jobId: z.string(), kind: z.string(), summary: z.string(), hasFindings: z.boolean() })

export const dualRunResultSchema = z.object({
  /** In the order in which they ran. */
  parts: z.array(partSchema),
  /** The comparison run, and what it counted. */
  runId: z.string(),
  counts: comparisonCountsSchema,
})

export const EXPORT_LAYERS = ['curated', 'features', 'comparison'] as const
export const exportParamsSchema = selectionSchema.extend({
  layers: z
    .array(z.enum(EXPORT_LAYERS))
    .min(1)
    .default([...EXPORT_LAYERS]),
  formats: z
    .array(z.enum(['parquet', 'csv']))
    .min(1)
    .default(['parquet']),
  featureSet: featureSetNameSchema.optional(),
  /** Comparison run to export; the newest when left out. */
  runId: z.string().min(1).optional(),
})
export type ExportParams = z.infer<typeof exportParamsSchema>
export const exportResultSchema = z.object({
  folder: z.string(),
  manifest: z.string(),
  files: z.int(),
  rows: z.record(z.string(), z.int()),
  bytes: z.int(),
  /** Sessions in quarantine or with an open finding of a blocking rule: they are in no file. */
  heldBack: z.array(sessionRefSchema.extend({ reason: z.string() })).default([]),
})
export type ExportResult = z.infer<typeof exportResultSchema>

/** Kind of job -> schemas and supported controls. The order is the order of the main job. */
export const JOB_KINDS = {
  ingest: { params: ingestParamsSchema, result: ingestResultSchema, controls: ['pause', 'drain'] },
  live: { params: liveParamsSchema, result: liveResultSchema, controls: [] },
  transform: { params: selectionSchema, result: transformResultSchema, controls: [] },
  features: { params: featuresParamsSchema, result: featuresResultSchema, controls: [] },
  'legacy-import': { params: selectionSchema.pick({ symbols: true }), result: legacyImportResultSchema, controls: [] },
  'old-run': { params: oldRunParamsSchema, result: oldRunRecordSchema, controls: [] },
  compare: { params: compareParamsSchema, result: compareResultSchema, controls: [] },
  'noise-floor': { params: oldWindowSchema, result: noiseFloorResultSchema, controls: [] },
  'dual-run': { params: oldWindowSchema, result: dualRunResultSchema, controls: [] },
  export: { params: exportParamsSchema, result: exportResultSchema, controls: [] },
  rebuild: { params: selectionSchema, result: transformResultSchema, controls: [] },
  verify: { params: verifyParamsSchema, result: verifyResultSchema, controls: [] },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType; controls: readonly JobControlName[] }>

export type JobKind = keyof typeof JOB_KINDS
export type JobParams<K extends JobKind> = z.infer<(typeof JOB_KINDS)[K]['params']>
export type JobParamsInput<K extends JobKind> = z.input<(typeof JOB_KINDS)[K]['params']>
export type JobResult<K extends JobKind> = z.infer<(typeof JOB_KINDS)[K]['result']>
export type JobControls<K extends JobKind> = (typeof JOB_KINDS)[K]['controls']

export const JOB_KIND_NAMES = Object.keys(JOB_KINDS) as [JobKind, ...JobKind[]]
