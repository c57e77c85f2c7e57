import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { workspaceConfigSchema } from '#shared/config/workspace-config.ts'
import {
  compareParamsSchema,
  exportParamsSchema,
  featuresParamsSchema,
  ingestParamsSchema,
  liveParamsSchema,
  legacyFileSchema,
  oldRunParamsSchema,
  oldRunRecordSchema,
  oldWindowSchema,
  selectionSchema,
  sessionDateSchema,
  verifyParamsSchema,
} from '#shared/jobs/job-kinds.ts'
import { errorReportSchema, jobSchema } from '#shared/jobs/job.ts'
import {
  acceptanceSchema,
  acceptCauseInputSchema,
  compareGridSchema,
  compareRowsInputSchema,
  compareRowsSchema,
  oldSourceSchema,
  runCausesSchema,
  withdrawAcceptanceInputSchema,
} from './causes.ts'
import {
  comparisonReportSchema,
  comparisonRunDetailSchema,
  comparisonRunSchema,
  driftSchema,
  errorProfileSchema,
  noiseFloorRunSchema,
  referenceSchema,
  trendPointSchema,
  whatIfInputSchema,
  whatIfSchema,
} from './comparison.ts'
import {
  describedSchema,
  descriptionChangeSchema,
  findFilesInputSchema,
  folderListingSchema,
  foundFilesSchema,
  plannedChangeSchema,
  previewInputSchema,
  previewSchema,
  rejectedInputSchema,
  rejectedRowSchema,
} from './old-data.ts'
import { oldOutputSchema } from './old-runs.ts'
import { connectionEntrySchema, connectionSchema, trafficSchema } from './connection.ts'
import {
  coverageSchema,
  ingestActivitySchema,
  ingestPlanSchema,
  liveSymbolSchema,
  revisionSchema,
  sessionFetchSchema,
} from './ingest.ts'
import {
  acknowledgementSchema,
  adjustmentSchema,
  explanationSchema,
  findingKeySchema,
  findingSchema,
  qualityGridSchema,
  qualityTrendSchema,
  ruleReportSchema,
  sessionReportSchema,
  transformPlanSchema,
} from './quality.ts'

export type { ComparisonRun, ComparisonRunDetail } from './comparison.ts'

/**
 * The one typed contract between the engine and everything that drives it: the console over a message port or a WebSocket,
 * the command line in memory, scripts over HTTP. Inputs and outputs are validated at the boundary.
 *
 * Long work is a job: a procedure that starts one returns the job at once, and `jobs.watch` streams it until it ends.
 */

const base = oc.errors({
  /** Anything an operator can meet; `data` is the whole report. */
  OPERATOR_ERROR: { status: 422, data: errorReportSchema },
})

export const sniffedFileSchema = z.object({
  /** What the keys below oldPipeline.bars would be. */
  description: z.record(z.string(), z.unknown()),
  /** The same, to paste into switchyard.yaml. */
  yaml: z.string(),
  names: z.array(z.string()),
  /** The first rows as they stand there, and as they would be imported. */
  firstRows: z.array(z.array(z.string())),
  normalised: z.array(
    z.object({
      utc: z.string(),
      local: z.string(),
      open: z.number().nullable(),
      high: z.number().nullable(),
      low: z.number().nullable(),
      close: z.number().nullable(),
      volume: z.number().nullable(),
    }),
  ),
  rejected: z.array(z.object({ line: z.int(), reason: z.string() })),
  doubts: z.array(z.string()),
})

/** A run of the old pipeline's command and what is known of it. */
export const oldRunSchema = z.object({
  runId: z.string(),
  state: jobSchema.shape.state,
  params: oldRunParamsSchema,
  createdAtMs: z.number(),
  /** Null while it runs, and when it ended before the command could be started or with the engine. */
  record: oldRunRecordSchema.nullable(),
  error: errorReportSchema.optional(),
  /** Whether it is the one whose output an import reads. */
  isRead: z.boolean(),
})
export type OldRun = z.infer<typeof oldRunSchema>

export const layerSchema = z.object({
  layer: z.enum(['raw', 'curated', 'features', 'legacy', 'comparisons']),
  /** Table that holds it. */
  table: z.string(),
  symbols: z.int(),
  /** Blocks: raw responses, or (symbol, session) blocks. */
  blocks: z.int(),
  rows: z.int(),
  firstSession: z.string().optional(),
  lastSession: z.string().optional(),
  fileBytes: z.int(),
  updatedAtMs: z.number().optional(),
})
export type Layer = z.infer<typeof layerSchema>

export const symbolStatusSchema = z.object({
  symbol: z.string(),
  calendar: z.string(),
  /** IANA zone of the calendar, in which times of this symbol are shown. */
  zone: z.string().optional(),
  rawBars: z.int(),
  curatedSessions: z.int(),
  curatedBars: z.int(),
  featureSessions: z.int(),
  legacySessions: z.int(),
  findings: z.int(),
  firstSession: z.string().optional(),
  lastSession: z.string().optional(),
})

export const overviewSchema = z.object({
  workspace: z.object({ name: z.string(), folder: z.string() }),
  version: z.string(),
  connection: connectionSchema,
  layers: z.array(layerSchema),
  symbols: z.array(symbolStatusSchema),
  /** `open`: that nobody has acknowledged. */
  findings: z.array(z.object({ rule: z.string(), severity: z.string(), count: z.int(), open: z.int() })),
  hasOldPipeline: z.boolean(),
  /** Calendars whose knowledge ends soon or has ended, in words. */
  calendarWarnings: z.array(z.string()),
  freeDiskBytes: z.number(),
})
export type Overview = z.infer<typeof overviewSchema>

const nullableColumn = z.array(z.number().nullable())

/** One symbol-session, old beside new, on the union of their minutes. */
export const overlaySchema = z.object({
  symbol: z.string(),
  sessionDate: z.string(),
  zone: z.string(),
  openTs: z.int(),
  closeTs: z.int(),
  field: z.string(),
  ts: z.array(z.int()),
  old: nullableColumn,
  new: nullableColumn,
})
export type Overlay = z.infer<typeof overlaySchema>

/** Signed differences new - old of one field over the common minutes, in equal-width bins; the outermost bins are open. */
export const histogramSchema = z.object({
  field: z.string(),
  count: z.int(),
  /** Minutes whose difference is exactly zero; they are in the bins too. */
  zeros: z.int(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  binWidth: z.number(),
  bins: z.array(z.object({ from: z.number(), to: z.number(), count: z.int() })),
})
export type Histogram = z.infer<typeof histogramSchema>

/** What changed inside the engine, pushed so that clients refetch what they show instead of polling. */
export const engineEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('job'), job: jobSchema }),
  z.object({ kind: z.literal('layer'), layer: layerSchema.shape.layer }),
  z.object({ kind: z.literal('connection'), connection: connectionSchema }),
  /** Requests began or ended; `ingest.activity`, `ingest.coverage` and `connection.traffic` have news. */
  z.object({ kind: z.literal('ingest') }),
  z.object({ kind: z.literal('live') }),
  /** Findings were acknowledged, or it was decided whose hours hold. */
  z.object({ kind: z.literal('quality') }),
  /** What is described of the old pipeline's files is something else. */
  z.object({ kind: z.literal('config') }),
  /** The connection's log has a new entry. */
  z.object({ kind: z.literal('connection-log') }),
])
export type EngineEvent = z.infer<typeof engineEventSchema>

/** How many rows at most; over HTTP it stands in the address and comes as text. */
function limitSchema(most: number, usual: number): z.ZodDefault<z.ZodType<number, number | string>> {
  const digits = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number)
  return z.union([z.number(), digits]).pipe(z.int().min(1).max(most)).default(usual)
}

export const contract = {
  system: {
    overview: base.route({ method: 'GET', path: '/overview' }).output(overviewSchema),
    /** Streams every change from now on; the first event is the connection as it stands. */
    events: base.route({ method: 'GET', path: '/events' }).output(eventIterator(engineEventSchema)),
  },
  config: {
    get: base
      .route({ method: 'GET', path: '/config' })
      .output(z.object({ file: z.string(), hash: z.string(), config: workspaceConfigSchema })),
  },
  connection: {
    get: base.route({ method: 'GET', path: '/connection' }).output(connectionSchema),
    /** Connects to see that TWS answers; returns when it is ready or says why not. */
    connect: base.route({ method: 'POST', path: '/connection/connect' }).output(connectionSchema),
    disconnect: base.route({ method: 'POST', path: '/connection/disconnect' }).output(connectionSchema),
    /** What happened on the connection, newest first, kept over restarts. */
    log: base
      .route({ method: 'GET', path: '/connection/log' })
      .input(z.object({ limit: limitSchema(5_000, 200) }).prefault({}))
      .output(z.array(connectionEntrySchema)),
    /** Use of what TWS allows, now and over the last hour. */
    traffic: base.route({ method: 'GET', path: '/connection/traffic' }).output(trafficSchema),
  },
  jobs: {
    list: base
      .route({ method: 'GET', path: '/jobs' })
      .input(z.object({ limit: limitSchema(500, 50) }).prefault({}))
      .output(z.array(jobSchema)),
    get: base
      .route({ method: 'GET', path: '/jobs/{id}' })
      .input(z.object({ id: z.string() }))
      .output(jobSchema),
    /** Streams the job on every change; the last event is its final state. */
    watch: base
      .route({ method: 'GET', path: '/jobs/{id}/watch' })
      .input(z.object({ id: z.string() }))
      .output(eventIterator(jobSchema)),
    /**
     * Begins nothing new, finishes what is under way, waits; a queued job is not begun. BAD_ARGUMENTS when its kind does not
     * support that (`controls`) or it has ended.
     */
    pause: base
      .route({ method: 'POST', path: '/jobs/{id}/pause' })
      .input(z.object({ id: z.string() }))
      .output(jobSchema),
    /** A paused job goes on. */
    resume: base
      .route({ method: 'POST', path: '/jobs/{id}/resume' })
      .input(z.object({ id: z.string() }))
      .output(jobSchema),
    /** Begins nothing new, finishes what is under way and succeeds with that; the result says what is left. Errors as `pause`. */
    drain: base
      .route({ method: 'POST', path: '/jobs/{id}/drain' })
      .input(z.object({ id: z.string() }))
      .output(jobSchema),
    /** Stops what is under way, too; a job that has ended stays as it is. */
    cancel: base
      .route({ method: 'POST', path: '/jobs/{id}/cancel' })
      .input(z.object({ id: z.string() }))
      .output(jobSchema),
  },
  ingest: {
    /** What a run would fetch, without asking TWS. */
    plan: base
      .route({ method: 'POST', path: '/ingest/plan' })
      .input(ingestParamsSchema.pick({ symbols: true, from: true, to: true, refetch: true, flagged: true }))
      .output(ingestPlanSchema),
    start: base.route({ method: 'POST', path: '/ingest' }).input(ingestParamsSchema).output(jobSchema),
    /** Requests under way and waiting. */
    activity: base.route({ method: 'GET', path: '/ingest/activity' }).output(ingestActivitySchema),
    /** How far each session is fetched. */
    coverage: base
      .route({ method: 'POST', path: '/ingest/coverage' })
      .input(ingestParamsSchema.pick({ symbols: true, from: true, to: true }))
      .output(coverageSchema),
    /** Everything that is known about the fetching of one session. */
    session: base
      .route({ method: 'GET', path: '/ingest/session' })
      .input(z.object({ symbol: z.string(), sessionDate: sessionDateSchema }))
      .output(sessionFetchSchema),
    /** Minutes that came again with other values, newest first. */
    revisions: base
      .route({ method: 'POST', path: '/ingest/revisions' })
      .input(selectionSchema.extend({ limit: z.int().min(1).max(10_000).default(200) }))
      .output(z.array(revisionSchema)),
  },
  live: {
    /** Streams bars as they are made, until it is cancelled; goes on after a restart of the engine. */
    start: base.route({ method: 'POST', path: '/live' }).input(liveParamsSchema).output(jobSchema),
    status: base.route({ method: 'GET', path: '/live' }).output(z.array(liveSymbolSchema)),
  },
  transform: {
    /** What building would touch and why, without building. */
    plan: base.route({ method: 'POST', path: '/transform/plan' }).input(selectionSchema).output(transformPlanSchema),
    start: base.route({ method: 'POST', path: '/transform' }).input(selectionSchema).output(jobSchema),
    rebuild: base.route({ method: 'POST', path: '/rebuild' }).input(selectionSchema).output(jobSchema),
    verify: base.route({ method: 'POST', path: '/verify' }).input(verifyParamsSchema).output(jobSchema),
  },
  quality: {
    /** Worst severity first, then newest. */
    findings: base
      .route({ method: 'POST', path: '/quality/findings' })
      .input(
        selectionSchema.extend({
          rule: z.string().optional(),
          /** Only findings that nobody has acknowledged. */
          open: z.boolean().default(false),
          /** Only findings that somebody has acknowledged. */
          acknowledged: z.boolean().default(false),
          limit: z.int().min(1).max(10_000).default(200),
        }),
      )
      .output(z.array(findingSchema)),
    rules: base
      .route({ method: 'POST', path: '/quality/rules' })
      .input(selectionSchema.extend({ trendSessions: z.int().min(1).max(250).default(30) }))
      .output(z.array(ruleReportSchema)),
    grid: base.route({ method: 'POST', path: '/quality/grid' }).input(selectionSchema).output(qualityGridSchema),
    trend: base.route({ method: 'POST', path: '/quality/trend' }).input(selectionSchema).output(qualityTrendSchema),
    session: base
      .route({ method: 'GET', path: '/quality/session' })
      .input(z.object({ symbol: z.string(), sessionDate: sessionDateSchema }))
      .output(sessionReportSchema),
    /** `at` is a minute on the exchange's clock (`2024-07-03T10:31`) or an instant (`2024-07-03T14:31Z`). */
    explain: base
      .route({ method: 'GET', path: '/quality/explain' })
      .input(z.object({ symbol: z.string(), at: z.string() }))
      .output(explanationSchema),
    /** Findings that are acknowledged stay counted. NOT_FOUND when one of them is not there; then none is acknowledged. */
    acknowledge: base
      .route({ method: 'POST', path: '/quality/acknowledge' })
      .input(
        z.object({
          findings: z.array(findingKeySchema).min(1).max(10_000),
          reason: z.string().trim().min(1).max(1_000),
          author: z.string().trim().min(1).max(100),
        }),
      )
      .output(z.object({ acknowledged: z.int(), acknowledgement: acknowledgementSchema })),
    /** Takes acknowledgements back. */
    reopen: base
      .route({ method: 'POST', path: '/quality/reopen' })
      .input(z.object({ findings: z.array(findingKeySchema).min(1).max(10_000) }))
      .output(z.object({ reopened: z.int() })),
    /** Whose hours hold where the calendar and the broker's schedule differ. The session is stale then. */
    decideHours: base
      .route({ method: 'POST', path: '/quality/hours' })
      .input(
        z.object({
          symbol: z.string(),
          sessionDate: sessionDateSchema,
          holds: z.enum(['calendar', 'broker']),
          reason: z.string().trim().min(1).max(1_000),
          author: z.string().trim().min(1).max(100),
        }),
      )
      .output(sessionReportSchema),
    adjustments: base
      .route({ method: 'POST', path: '/quality/adjustments' })
      .input(selectionSchema.pick({ symbols: true }))
      .output(z.array(adjustmentSchema)),
  },
  features: {
    build: base.route({ method: 'POST', path: '/features/build' }).input(featuresParamsSchema).output(jobSchema),
  },
  legacy: {
    import: base
      .route({ method: 'POST', path: '/legacy/import' })
      .input(selectionSchema.pick({ symbols: true }))
      .output(jobSchema),
    /** Runs the old pipeline's command for some sessions. */
    run: base.route({ method: 'POST', path: '/legacy/run' }).input(oldWindowSchema).output(jobSchema),
    /** Runs of the command, newest first. */
    runs: base
      .route({ method: 'GET', path: '/legacy/runs' })
      .input(z.object({ limit: limitSchema(1_000, 50) }).prefault({}))
      .output(z.array(oldRunSchema)),
    /** What a run printed, also while it runs. NOT_FOUND when there is no such run. */
    output: base
      .route({ method: 'GET', path: '/legacy/runs/{runId}/output' })
      .input(z.object({ runId: z.string() }))
      .output(oldOutputSchema),
    /** Files that the old bars came from. */
    files: base
      .route({ method: 'GET', path: '/legacy/files' })
      .output(z.array(legacyFileSchema.extend({ importedAtMs: z.int() }))),
    /** Proposes a description of a file; a relative path starts at the workspace folder. */
    sniff: base
      .route({ method: 'GET', path: '/legacy/sniff' })
      .input(z.object({ file: z.string().min(1), symbol: z.string().min(1).optional() }))
      .output(sniffedFileSchema),
    /** Refused rows and duplicates of the files as they were imported last, by file and line; `legacy.files` counts them. */
    rejected: base
      .route({ method: 'GET', path: '/legacy/rejected' })
      .input(rejectedInputSchema.prefault({}))
      .output(z.array(rejectedRowSchema)),
    /** Lists a folder, so that a file can be chosen; a relative path starts at the workspace folder. Reads nothing else. */
    folder: base
      .route({ method: 'GET', path: '/legacy/folder' })
      .input(z.object({ folder: z.string().default('') }).prefault({}))
      .output(folderListingSchema),
    /** The files that a pattern names. */
    find: base.route({ method: 'POST', path: '/legacy/find' }).input(findFilesInputSchema).output(foundFilesSchema),
    /** The first rows of a file as they stand there, and as they would be imported by a description. */
    preview: base.route({ method: 'POST', path: '/legacy/preview' }).input(previewInputSchema).output(previewSchema),
    /** What switchyard.yaml describes by now; an import reads the same. */
    described: base.route({ method: 'GET', path: '/legacy/described' }).output(describedSchema),
    /** What a change of the descriptions would do to switchyard.yaml; nothing is written. */
    planChange: base
      .route({ method: 'POST', path: '/legacy/descriptions/plan' })
      .input(descriptionChangeSchema)
      .output(plannedChangeSchema),
    /** Makes the change, and takes it up. CONFIG_CHANGED when the file is no longer the one that the plan was made on. */
    saveChange: base
      .route({ method: 'POST', path: '/legacy/descriptions' })
      .input(z.object({ change: descriptionChangeSchema, fileHash: z.string() }))
      .output(plannedChangeSchema),
  },
  dualRun: {
    /** Runs both pipelines over the same sessions, imports what the old one left, and compares; stops at the first that fails. */
    start: base.route({ method: 'POST', path: '/dual-run' }).input(oldWindowSchema).output(jobSchema),
  },
  compare: {
    start: base
      .route({ method: 'POST', path: '/compare' })
      .input(compareParamsSchema.omit({ oldRuns: true }))
      .output(jobSchema),
    /** Runs the old pipeline twice over the same sessions and compares the two. */
    noiseFloor: base.route({ method: 'POST', path: '/compare/noise-floor' }).input(oldWindowSchema).output(jobSchema),
    /** What A/A runs showed, newest first; `runs` and `trend` do not have them. */
    noiseFloors: base.route({ method: 'GET', path: '/compare/noise-floors' }).output(z.array(noiseFloorRunSchema)),
    runs: base.route({ method: 'GET', path: '/compare/runs' }).output(z.array(comparisonRunSchema)),
    run: base
      .route({ method: 'GET', path: '/compare/runs/{runId}' })
      .input(z.object({ runId: z.string() }))
      .output(comparisonRunDetailSchema),
    /** Everything about a run in one document. */
    report: base
      .route({ method: 'GET', path: '/compare/runs/{runId}/report' })
      .input(z.object({ runId: z.string() }))
      .output(comparisonReportSchema),
    /** The same as one HTML file that needs nothing else; long lists are cut. */
    reportHtml: base
      .route({ method: 'GET', path: '/compare/runs/{runId}/report.html' })
      .input(z.object({ runId: z.string() }))
      .output(z.object({ html: z.string() })),
    /** Distributions of the differences of a field: of the whole run, by symbol, session date or minute since the open. */
    profiles: base
      .route({ method: 'GET', path: '/compare/runs/{runId}/profiles' })
      .input(
        z.object({
          runId: z.string(),
          field: z.string(),
          dimension: z.enum(['all', 'symbol', 'day', 'minute']).default('all'),
        }),
      )
      .output(z.array(errorProfileSchema)),
    /** The same of a feature. */
    featureProfiles: base
      .route({ method: 'GET', path: '/compare/runs/{runId}/feature-profiles' })
      .input(
        z.object({
          runId: z.string(),
          feature: z.string(),
          dimension: z.enum(['all', 'symbol', 'day', 'minute']).default('all'),
        }),
      )
      .output(z.array(errorProfileSchema)),
    /** Counts a run again with other tolerances, without comparing anew; nothing is stored. */
    whatIf: base.route({ method: 'POST', path: '/compare/what-if' }).input(whatIfInputSchema).output(whatIfSchema),
    /** Runs in the order in which they were made. */
    trend: base
      .route({ method: 'GET', path: '/compare/trend' })
      .input(z.object({ limit: limitSchema(1_000, 50) }))
      .output(z.array(trendPointSchema)),
    /** The run that others are compared with; null when none is marked. */
    reference: base.route({ method: 'GET', path: '/compare/reference' }).output(referenceSchema.nullable()),
    /** Marks a run as the reference, or with null none. */
    markReference: base
      .route({ method: 'POST', path: '/compare/reference' })
      .input(z.object({ runId: z.string().nullable() }))
      .output(referenceSchema.nullable()),
    /** How the differences of a run are distributed beside those of the reference. */
    drift: base
      .route({ method: 'GET', path: '/compare/runs/{runId}/drift' })
      .input(z.object({ runId: z.string() }))
      .output(driftSchema),
    /** The few causes behind the differences of a run, and how much of it is explained at present. */
    causes: base
      .route({ method: 'GET', path: '/compare/runs/{runId}/causes' })
      .input(z.object({ runId: z.string() }))
      .output(runCausesSchema),
    /** Accepts a cause: its differences in scope count as explained, in this run and in others, never as equal. */
    acceptCause: base
      .route({ method: 'POST', path: '/compare/acceptances' })
      .input(acceptCauseInputSchema)
      .output(acceptanceSchema),
    /** Takes an acceptance back. It stays on record. */
    withdrawAcceptance: base
      .route({ method: 'POST', path: '/compare/acceptances/{id}/withdraw' })
      .input(withdrawAcceptanceInputSchema)
      .output(acceptanceSchema),
    /** All acceptances, newest first. */
    acceptances: base.route({ method: 'GET', path: '/compare/acceptances' }).output(z.array(acceptanceSchema)),
    grid: base
      .route({ method: 'GET', path: '/compare/runs/{runId}/grid' })
      .input(z.object({ runId: z.string() }))
      .output(compareGridSchema),
    /** Rows of a run that are not plainly equal, a page of them. */
    rows: base.route({ method: 'POST', path: '/compare/rows' }).input(compareRowsInputSchema).output(compareRowsSchema),
    /** File and line that an old bar came from; looks into the file. */
    oldSource: base
      .route({ method: 'GET', path: '/legacy/source' })
      .input(z.object({ symbol: z.string(), sessionDate: sessionDateSchema, ts: z.coerce.number().int() }))
      .output(oldSourceSchema),
    overlay: base
      .route({ method: 'GET', path: '/compare/overlay' })
      .input(z.object({ symbol: z.string(), sessionDate: sessionDateSchema, field: z.string() }))
      .output(overlaySchema),
    histogram: base
      .route({ method: 'GET', path: '/compare/runs/{runId}/histogram' })
      .input(z.object({ runId: z.string(), field: z.string(), symbol: z.string().optional() }))
      .output(histogramSchema),
  },
  export: {
    start: base.route({ method: 'POST', path: '/export' }).input(exportParamsSchema).output(jobSchema),
  },
}

export type Contract = typeof contract
