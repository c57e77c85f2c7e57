import { type Acceptance, acceptanceExtentsSchema, acceptanceScopeSchema } from '#shared/contract/causes.ts'
import type { ConnectionEntry } from '#shared/contract/connection.ts'
import type { Acknowledgement, FindingKey } from '#shared/contract/quality.ts'
import { type ErrorReport, SwitchyardError } from '#shared/errors.ts'
import { JOB_KINDS, type JobKind } from '#shared/jobs/job-kinds.ts'
import { type ControlState, type Job, jobSchema, type JobState } from '#shared/jobs/job.ts'
import type { Progress } from '#shared/progress.ts'
import { guarded, openReadable, openWritable, type Readable, type Writable } from './database.ts'
import { LAYERS } from './layers.ts'

interface JobRow {
  readonly id: string
  readonly kind: string
  readonly state: JobState
  readonly params: string
  readonly progress: string
  readonly result: string | null
  readonly error: string | null
  readonly has_findings: number
  readonly control: ControlState
  readonly attempts: number
  readonly runs: number
  readonly created_at_ms: number
  readonly started_at_ms: number | null
  readonly finished_at_ms: number | null
}

/** A finding that somebody lets stand. */
export interface AcknowledgedFinding extends Acknowledgement {
  readonly symbol: string
  readonly sessionDate: string
  readonly rule: string
  readonly ts: number
}

/** A cause of differences between old and new that somebody accepted. */
export type StoredAcceptance = Omit<Acceptance, 'state'>

interface AcceptanceRow extends Omit<StoredAcceptance, 'scope' | 'extents'> {
  readonly scope: string
  readonly extents: string
}

const ACCEPTANCES = `
  select id, cause_key as causeKey, kind, words, run_id as runId, scope, extents, reason, author, accepted_at_ms as acceptedAtMs,
         expires_at_ms as expiresAtMs, withdrawn_at_ms as withdrawnAtMs, withdrawn_by as withdrawnBy,
         withdrawn_reason as withdrawnReason
  from cause_acceptances`

function toAcceptance(row: AcceptanceRow): StoredAcceptance {
  return {
    ...row,
    scope: acceptanceScopeSchema.parse(JSON.parse(row.scope)),
    extents: acceptanceExtentsSchema.parse(JSON.parse(row.extents)),
  }
}

interface AckSelection {
  readonly symbols?: readonly string[] | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** Whose hours hold for a session of symbols that share them, where calendar and broker differ. */
export interface HoursDecision {
  readonly hoursGroup: string
  readonly sessionDate: string
  readonly holds: 'calendar' | 'broker'
  /** The broker's hours, epoch seconds; null where it is closed. */
  readonly openTs: number | null
  readonly closeTs: number | null
  readonly reason: string
  readonly author: string
  readonly atMs: number
}

/** Entries that the connection's log keeps: weeks of an eventful connection. */
const MAX_CONNECTION_ENTRIES = 20_000

/** A job whose process died that often is not started again. */
export const MAX_ATTEMPTS = 5

/** A job that has ended waits for nothing; that it was drained is part of what happened. */
const CONTROL_AT_END = "control = case control when 'pause' then 'run' else control end"

/** ops.db: what the engine was asked to do and how it went. */
export class OpsStore {
  readonly file: string
  readonly #database: Readable

  constructor(file: string, database: Readable = openReadable(file, LAYERS.ops)) {
    this.file = file
    this.#database = database
  }

  close(): void {
    this.#database.close()
  }

  /** Newest first. */
  jobs(limit: number): readonly Job[] {
    const rows = this.#database.prepare('select * from jobs order by seq desc limit ?').all(limit) as JobRow[]
    return rows.map(toJob)
  }

  /** Jobs of one kind, newest first. */
  jobsOfKind(kind: JobKind, limit: number): readonly Job[] {
    const rows = this.#database
      .prepare('select * from jobs where kind = ? order by seq desc limit ?')
      .all(kind, limit) as JobRow[]
    return rows.map(toJob)
  }

  hasJob(id: string): boolean {
    return this.#database.prepare('select 1 from jobs where id = ?').get(id) !== undefined
  }

  /** Throws NOT_FOUND. */
  job(id: string): Job {
    const row = this.#database.prepare('select * from jobs where id = ?').get(id) as JobRow | undefined
    if (row === undefined) {
      throw new SwitchyardError('NOT_FOUND', `There is no job ${id}.`, { hint: 'List the jobs to see their ids.' })
    }
    return toJob(row)
  }

  /** Entries of the connection's log, newest first. */
  connectionEntries(limit: number): readonly ConnectionEntry[] {
    const rows = this.#database
      .prepare(
        'select id, at_ms as atMs, kind, severity, code, text, meaning, subject from connection_log order by id desc limit ?',
      )
      .all(limit) as Record<keyof ConnectionEntry, unknown>[]
    return rows.map(
      (row) =>
        Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as ConnectionEntry,
    )
  }

  /** Who let which findings stand, of these symbols (all when left out) in a range of dates. */
  acknowledgements({ symbols, from, to }: AckSelection): readonly AcknowledgedFinding[] {
    return this.#database
      .prepare(
        `select symbol, session_date as sessionDate, rule, ts, reason, author, at_ms as atMs from finding_acknowledgements
         where (@symbols is null or symbol in (select value from json_each(@symbols))) and session_date between @from and @to`,
      )
      .all({
        symbols: symbols === undefined ? null : JSON.stringify(symbols),
        from: from ?? '0000-00-00',
        to: to ?? '9999-99-99',
      }) as AcknowledgedFinding[]
  }

  /** Accepted causes, newest first, those included that are withdrawn or have expired. */
  acceptances(): readonly StoredAcceptance[] {
    const rows = this.#database.prepare(`${ACCEPTANCES} order by id desc`).all() as AcceptanceRow[]
    return rows.map(toAcceptance)
  }

  /** Throws NOT_FOUND when there is none with this id. */
  acceptance(id: number): StoredAcceptance {
    const row = this.#database.prepare(`${ACCEPTANCES} where id = ?`).get(id) as AcceptanceRow | undefined
    if (row === undefined) {
      throw new SwitchyardError('NOT_FOUND', `There is no acceptance ${id}.`, {
        hint: 'List the acceptances and pick one.',
      })
    }
    return toAcceptance(row)
  }

  /** The decision that counts for each session of each group of symbols that share hours. */
  hoursDecisions(): readonly HoursDecision[] {
    return this.#database
      .prepare(
        `select hours_group as hoursGroup, session_date as sessionDate, holds, open_ts as openTs, close_ts as closeTs, reason, author,
                at_ms as atMs
         from hours_decisions where id in (select max(id) from hours_decisions group by hours_group, session_date)
         order by hours_group, session_date`,
      )
      .all() as HoursDecision[]
  }

  /** Queued jobs in the order in which they were asked for. */
  queued(): readonly Job[] {
    const rows = this.#database.prepare("select * from jobs where state = 'queued' order by seq").all() as JobRow[]
    return rows.map(toJob)
  }
}

/** The ops store with its writing half. Creates and migrates the file when it is opened. */
export class WritableOpsStore extends OpsStore {
  readonly #database: Writable

  constructor(file: string) {
    const database = openWritable(file, LAYERS.ops)
    super(file, database)
    this.#database = database
  }

  /** Keeps what happened on the connection to TWS; the oldest entries go. */
  appendConnectionEntry(entry: Omit<ConnectionEntry, 'id'>): void {
    guarded(this.file, () => {
      const { lastInsertRowid } = this.#database
        .prepare(
          `insert into connection_log (at_ms, kind, severity, code, text, meaning, subject)
           values (@atMs, @kind, @severity, @code, @text, @meaning, @subject)`,
        )
        .run({ ...entry, code: entry.code ?? null, meaning: entry.meaning ?? null, subject: entry.subject ?? null })
      this.#database
        .prepare('delete from connection_log where id <= ?')
        .run(Number(lastInsertRowid) - MAX_CONNECTION_ENTRIES)
    })
  }

  /** Lets findings stand; one that stands already gets the new reason. */
  acknowledge(findings: readonly FindingKey[], acknowledgement: Acknowledgement): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const insert = this.#database.prepare(
            `insert or replace into finding_acknowledgements (symbol, session_date, rule, ts, reason, author, at_ms)
             values (@symbol, @sessionDate, @rule, @ts, @reason, @author, @atMs)`,
          )
          for (const key of findings) insert.run({ ...key, ...acknowledgement })
        })
        .immediate(),
    )
  }

  /** Takes acknowledgements back; returns how many there were. */
  reopen(findings: readonly FindingKey[]): number {
    return guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const remove = this.#database.prepare(
            'delete from finding_acknowledgements where symbol = @symbol and session_date = @sessionDate and rule = @rule and ts = @ts',
          )
          return findings.reduce((sum, key) => sum + remove.run(key).changes, 0)
        })
        .immediate(),
    )
  }

  decideHours(decision: HoursDecision): void {
    guarded(this.file, () =>
      this.#database
        .prepare(
          `insert into hours_decisions (hours_group, session_date, holds, open_ts, close_ts, reason, author, at_ms)
           values (@hoursGroup, @sessionDate, @holds, @openTs, @closeTs, @reason, @author, @atMs)`,
        )
        .run(decision),
    )
  }

  /** Keeps that a cause is accepted; returns the acceptance's id. */
  acceptCause(
    acceptance: Pick<
      StoredAcceptance,
      | 'causeKey'
      | 'kind'
      | 'words'
      | 'runId'
      | 'scope'
      | 'extents'
      | 'reason'
      | 'author'
      | 'acceptedAtMs'
      | 'expiresAtMs'
    >,
  ): number {
    return guarded(this.file, () =>
      Number(
        this.#database
          .prepare(
            `insert into cause_acceptances (cause_key, kind, words, run_id, scope, extents, reason, author, accepted_at_ms, expires_at_ms)
             values (@causeKey, @kind, @words, @runId, @scope, @extents, @reason, @author, @acceptedAtMs, @expiresAtMs)`,
          )
          .run({
            ...acceptance,
            scope: JSON.stringify(acceptance.scope),
            extents: JSON.stringify(acceptance.extents),
          }).lastInsertRowid,
      ),
    )
  }

  /** Notes that an acceptance no longer counts. One that is withdrawn already stays as it is. */
  withdrawAcceptance(
    id: number,
    withdrawn: { readonly reason: string; readonly author: string; readonly atMs: number },
  ): void {
    guarded(this.file, () =>
      this.#database
        .prepare(
          `update cause_acceptances set withdrawn_at_ms = @atMs, withdrawn_by = @author, withdrawn_reason = @reason
           where id = @id and withdrawn_at_ms is null`,
        )
        .run({ id, ...withdrawn }),
    )
  }

  /** Puts a job into the queue. */
  enqueue(id: string, kind: JobKind, params: Readonly<Record<string, unknown>>, nowMs: number): Job {
    const waiting: Progress = { kind: 'waiting', fraction: 0, title: 'Waiting' }
    guarded(this.file, () =>
      this.#database
        .prepare(
          `insert into jobs (id, seq, kind, state, params, progress, created_at_ms)
           values (?, (select coalesce(max(seq), 0) + 1 from jobs), ?, 'queued', ?, ?, ?)`,
        )
        .run(id, kind, JSON.stringify(params), JSON.stringify(waiting), nowMs),
    )
    return this.job(id)
  }

  /** Takes a queued job into work. */
  begin(id: string, progress: Progress, nowMs: number): Job {
    guarded(this.file, () =>
      this.#database
        .prepare(
          `update jobs set state = 'running', attempts = attempts + 1, runs = runs + 1,
             started_at_ms = coalesce(started_at_ms, @nowMs), progress = @progress
           where id = @id and state = 'queued'`,
        )
        .run({ id, nowMs, progress: JSON.stringify(progress) }),
    )
    return this.job(id)
  }

  saveProgress(id: string, progress: Progress): void {
    guarded(this.file, () =>
      this.#database
        .prepare("update jobs set progress = ? where id = ? and state = 'running'")
        .run(JSON.stringify(progress), id),
    )
  }

  /** Notes what the operator wants of a job, with the progress that says so; a job that has ended stays as it is. */
  setControl(id: string, control: ControlState, progress: Progress): Job {
    guarded(this.file, () =>
      this.#database
        .prepare(
          "update jobs set control = @control, progress = @progress where id = @id and state in ('queued', 'running')",
        )
        .run({ id, control, progress: JSON.stringify(progress) }),
    )
    return this.job(id)
  }

  succeed(
    id: string,
    result: Readonly<Record<string, unknown>>,
    hasFindings: boolean,
    title: string,
    nowMs: number,
  ): Job {
    const finished: Progress = { kind: 'finished', fraction: 1, title }
    guarded(this.file, () =>
      this.#database
        .prepare(
          `update jobs set state = 'succeeded', result = @result, has_findings = @hasFindings, progress = @progress,
             finished_at_ms = @nowMs, ${CONTROL_AT_END}
           where id = @id`,
        )
        .run({
          id,
          result: JSON.stringify(result),
          hasFindings: hasFindings ? 1 : 0,
          progress: JSON.stringify(finished),
          nowMs,
        }),
    )
    return this.job(id)
  }

  fail(id: string, state: 'failed' | 'cancelled', error: ErrorReport, nowMs: number): Job {
    guarded(this.file, () =>
      this.#database
        .prepare(
          `update jobs set state = @state, error = @error, finished_at_ms = @nowMs, ${CONTROL_AT_END} where id = @id`,
        )
        .run({ id, state, error: JSON.stringify(error), nowMs }),
    )
    return this.job(id)
  }

  /** Puts a running job back into the queue because the engine is shut down in good order; that is not an attempt that failed. */
  release(id: string): void {
    guarded(this.file, () =>
      this.#database
        .prepare("update jobs set state = 'queued', attempts = attempts - 1 where id = ? and state = 'running'")
        .run(id),
    )
  }

  /** Counts the attempts of a running job from this one on, because it has proved that it can run. */
  forgetAttempts(id: string): void {
    guarded(this.file, () =>
      this.#database.prepare("update jobs set attempts = 1 where id = ? and state = 'running'").run(id),
    )
  }

  /**
   * After a restart: jobs that were running go back to the queue; one that has used up its attempts fails and says so.
   */
  requeueInterrupted(nowMs: number): void {
    const error: ErrorReport = {
      code: 'JOB_FAILED',
      message: `The engine stopped ${MAX_ATTEMPTS} times while this job ran.`,
      hint: 'Look into the log of the workspace for the reason, then start the job again.',
    }
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          this.#database
            .prepare(
              `update jobs set state = 'failed', error = @error, finished_at_ms = @nowMs, ${CONTROL_AT_END}
               where state = 'running' and attempts >= @most`,
            )
            .run({ error: JSON.stringify(error), nowMs, most: MAX_ATTEMPTS })
          this.#database.prepare("update jobs set state = 'queued' where state = 'running'").run()
        })
        .immediate(),
    )
  }
}

function toJob(row: JobRow): Job {
  const kind = row.kind
  if (!(kind in JOB_KINDS)) {
    throw new SwitchyardError(
      'STORE_FROM_FUTURE',
      `Job ${row.id} is of a kind that this Switchyard does not know: ${kind}.`,
      {
        hint: 'Update Switchyard.',
      },
    )
  }
  return jobSchema.parse({
    id: row.id,
    kind,
    state: row.state,
    params: JSON.parse(row.params),
    progress: JSON.parse(row.progress),
    result: row.result === null ? undefined : JSON.parse(row.result),
    error: row.error === null ? undefined : JSON.parse(row.error),
    hasFindings: row.has_findings === 1,
    control: row.control,
    controls: JOB_KINDS[kind as JobKind].controls,
    attempts: row.attempts,
    runs: row.runs,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms ?? undefined,
    finishedAtMs: row.finished_at_ms ?? undefined,
  })
}
