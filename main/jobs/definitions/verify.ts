import { setImmediate as nextTurn } from 'node:timers/promises'
import { SwitchyardError } from '#shared/errors.ts'
import { addDays, instantToEpochMs, type SessionDate } from '#shared/time.ts'
import type { VerifyResult } from '#shared/jobs/job-kinds.ts'
import { compileFeatureSet } from '#main/pipeline/features/compute-features.ts'
import { featureSetSchema } from '#shared/features/definition.ts'
import { hashFeatures, type RegisteredFeatureSet } from '#main/stores/feature-store.ts'
import type { JobContext, JobDefinition } from '../job-definition.ts'
import { checkSelection, selectedDates, selectedSymbols } from '../selection.ts'
import { type FeaturesPlan, planFeatures } from './plan-features.ts'

/**
 * Proves that curated bars and features are functions of what they claim to be made of: everything is computed again and the
 * hashes are compared with the stored ones and with the bytes on disk. Writes nothing.
 *
 * A session is reported in the first layer in which it is damaged; what rests on damaged bytes cannot be judged and is not
 * counted as checked.
 */
export const verifyJob: JobDefinition<'verify'> = {
  kind: 'verify',
  title: 'Verify against raw',
  lane: 'curated',
  controls: [],
  steps: [
    { title: 'Reading raw responses', weight: 1 },
    { title: 'Rebuilding curated bars', weight: 2 },
    { title: 'Recomputing features', weight: 3 },
  ],
  check: (params, services) => {
    checkSelection(params, services)
    if (params.asOf !== undefined && Number.isNaN(instantToEpochMs(params.asOf))) {
      throw new SwitchyardError('BAD_ARGUMENTS', `"${params.asOf}" is no moment.`, {
        hint: 'Give a time with its zone, such as 2026-11-20T18:00Z, or a date, which begins at midnight UTC.',
      })
    }
  },
  run: async (params, context) => {
    const raw = await verifyRaw(params, context)
    const curatedPart = await verifyCurated(params, context, keysOf(raw))
    // Features are kept as they are now and not as they were.
    const featurePart =
      params.asOf === undefined
        ? await verifyFeatures(params, context, keysOf(curatedPart.mismatches))
        : { checked: 0, stale: 0, mismatches: [] }
    return {
      sessionsChecked: curatedPart.checked,
      sessionsNotRepeatable: curatedPart.notRepeatable,
      featureSessionsChecked: featurePart.checked,
      featureSessionsStale: featurePart.stale,
      mismatches: [...raw, ...curatedPart.mismatches, ...featurePart.mismatches],
    }
  },
  hasFindings: (result) =>
    result.mismatches.length > 0 || result.featureSessionsStale > 0 || result.sessionsNotRepeatable > 0,
  summary: (result) => {
    const { mismatches, sessionsChecked, featureSessionsChecked, sessionsNotRepeatable } = result
    const verdict =
      mismatches.length === 0
        ? `${sessionsChecked} curated and ${featureSessionsChecked} feature sessions have the hash that they should have.`
        : `${mismatches.length} sessions do not have the hash that they should have.`
    const others =
      sessionsNotRepeatable === 0
        ? ''
        : ` ${sessionsNotRepeatable} were built by an earlier version or with other imported files, and cannot be repeated.`
    return verdict + others
  },
}

type Params = Parameters<JobDefinition<'verify'>['run']>[0]
type Mismatches = VerifyResult['mismatches']

const keyOf = (symbol: string, sessionDate: string): string => `${symbol} ${sessionDate}`

function keysOf(mismatches: Mismatches): ReadonlySet<string> {
  return new Set(mismatches.map(({ symbol, sessionDate }) => keyOf(symbol, sessionDate)))
}

/** The curated sessions into which a response reaches whose bytes no longer have the checksum that was stored with them. */
async function verifyRaw(params: Params, { services, signal, report }: JobContext): Promise<Mismatches> {
  const { raw, curated } = services.stores
  const { barSize, whatToShow } = services.config.canonical
  const { from, to } = selectedDates(params)
  const symbols = selectedSymbols(params, services)
  const mismatches = new Map<string, Mismatches[number]>()
  for (const [i, symbol] of symbols.entries()) {
    report(0, i / symbols.length, { detail: symbol })
    for (const { id, firstTs, lastTs } of raw.responseSpans(symbol, barSize, whatToShow)) {
      // A turn of the event loop each, so that the engine answers in between.
      await nextTurn()
      signal.throwIfAborted()
      try {
        raw.responses([id])
      } catch (thrown) {
        if (!(thrown instanceof SwitchyardError) || thrown.code !== 'STORE_CORRUPT') throw thrown
        for (const { session, window, rawWatermark, contentHash } of curated.sessions(symbol, from, to)) {
          if (id > rawWatermark || lastTs < window.fromTs || firstTs >= window.toTs) continue
          const entry = { symbol, sessionDate: session.date, layer: 'raw' as const, stored: contentHash }
          mismatches.set(keyOf(symbol, session.date), { ...entry, rebuilt: `response ${id} is damaged` })
        }
      }
    }
  }
  return [...mismatches.values()]
}

/** The parts of a range of dates that are left when some are taken out. */
function rangesWithout(
  dates: readonly SessionDate[],
  range: { readonly from: SessionDate; readonly to: SessionDate },
): { from: SessionDate; to: SessionDate }[] {
  const ranges: { from: SessionDate; to: SessionDate }[] = []
  let { from } = range
  for (const date of [...dates].sort()) {
    ranges.push({ from, to: addDays(date, -1) })
    from = addDays(date, 1)
  }
  return [...ranges, { from, to: range.to }].filter((part) => part.from <= part.to)
}

async function verifyCurated(
  params: Params,
  { services, signal, report }: JobContext,
  damaged: ReadonlySet<string>,
): Promise<{ checked: number; notRepeatable: number; mismatches: Mismatches }> {
  const { raw, curated, legacy } = services.stores
  const range = selectedDates(params)
  const asOfMs = params.asOf === undefined ? null : instantToEpochMs(params.asOf)
  const builds = new Map(
    selectedSymbols(params, services).map((symbol) => [
      symbol,
      curated.builtDates(symbol, range.from, range.to, asOfMs ?? undefined),
    ]),
  )
  const parts = [...builds].flatMap(([symbol, dates]) =>
    rangesWithout(
      dates.filter((date) => damaged.has(keyOf(symbol, date))),
      range,
    ).flatMap((part) =>
      inPieces(dates.filter((date) => date >= part.from && date <= part.to)).map((piece) => ({ symbol, ...piece })),
    ),
  )
  const total = [...builds.values()].reduce((sum, dates) => sum + dates.length, 0)
  let checked = 0
  let notRepeatable = 0
  const lists = await services.pool.runAll<'verify-curated'>(
    parts.map((part) => ({
      kind: 'verify-curated',
      rawFile: raw.file,
      curatedFile: curated.file,
      legacyFile: legacy.file,
      asOfMs,
      ...part,
    })),
    (batch, index) => {
      checked += batch.checked
      notRepeatable += batch.notRepeatable
      report(1, total === 0 ? 1 : Math.min(1, (checked + notRepeatable) / total), {
        detail: parts[index].symbol,
        done: checked + notRepeatable,
        total,
        unit: 'sessions',
      })
    },
    signal,
  )
  return { checked, notRepeatable, mismatches: lists.flat() }
}

/** Sessions that one task verifies, so that one symbol keeps all workers busy. */
const SESSIONS_PER_TASK = 200

function inPieces(dates: readonly SessionDate[]): readonly { from: SessionDate; to: SessionDate }[] {
  const pieces: { from: SessionDate; to: SessionDate }[] = []
  for (let at = 0; at < dates.length; at += SESSIONS_PER_TASK) {
    const piece = dates.slice(at, at + SESSIONS_PER_TASK)
    pieces.push({ from: piece[0], to: piece[piece.length - 1] })
  }
  return pieces
}

/** Sessions whose features are computed from at least one damaged curated block. */
function restingOn(
  damaged: ReadonlySet<string>,
  symbol: string,
  { runs }: FeaturesPlan,
  historySessions: number,
): ReadonlySet<SessionDate> {
  const dates = new Set<SessionDate>()
  for (const run of runs) {
    let latest = -Infinity
    for (const [i, { session }] of run.entries()) {
      if (damaged.has(keyOf(symbol, session.date))) latest = i
      if (i - latest <= historySessions) dates.add(session.date)
    }
  }
  return dates
}

async function verifyFeatures(
  params: Params,
  { services, signal, report }: JobContext,
  damaged: ReadonlySet<string>,
): Promise<{ checked: number; stale: number; mismatches: Mismatches }> {
  const { curated, features } = services.stores
  const range = selectedDates(params)
  const mismatches: Mismatches = []
  let checked = 0
  let stale = 0
  for (const name of features.setNames()) {
    const set = features.set(name) as RegisteredFeatureSet
    const definition = featureSetSchema.parse(JSON.parse(set.definition))
    const { historySessions } = compileFeatureSet(definition)
    for (const symbol of selectedSymbols(params, services)) {
      const stored = new Map(
        features.sessions(set, symbol, range.from, range.to).map((info) => [info.sessionDate, info]),
      )
      const plan = planFeatures({
        calendar: services.calendarOf(symbol),
        curated: curated.sessions(symbol),
        stored: [],
        definitionHash: set.definitionHash,
        historySessions,
        ...range,
      })
      const planned = new Set(plan.runs.flat().flatMap(({ session, wanted }) => (wanted ? [session.date] : [])))
      for (const date of stored.keys()) if (!planned.has(date)) stale++
      if (stored.size === 0 || plan.wanted === 0) continue
      const beyondJudgement = restingOn(damaged, symbol, plan, historySessions)
      await services.pool.run<'features'>(
        { kind: 'features', curatedFile: curated.file, symbol, definition, runs: plan.runs },
        (batch) => {
          for (const rebuilt of batch) {
            const known = stored.get(rebuilt.sessionDate)
            if (known === undefined || beyondJudgement.has(rebuilt.sessionDate)) continue
            // Features whose curated bars have changed since are out of date, not wrong.
            if (known.inputsHash !== rebuilt.inputsHash) {
              stale++
              continue
            }
            checked++
            const blobs = features.blobs(set, symbol, rebuilt.sessionDate)
            const onDisk = blobs === undefined ? 'missing' : hashFeatures(blobs, set.columns)
            const key = {
              symbol,
              sessionDate: rebuilt.sessionDate,
              layer: 'features' as const,
              stored: known.contentHash,
            }
            if (onDisk !== known.contentHash) mismatches.push({ ...key, rebuilt: onDisk })
            else if (rebuilt.contentHash !== known.contentHash)
              mismatches.push({ ...key, rebuilt: rebuilt.contentHash })
          }
          report(2, 0.5, { detail: symbol, done: checked, unit: 'sessions' })
        },
        signal,
      )
    }
  }
  return { checked, stale, mismatches }
}
