import { join } from 'node:path'
import type { JobParams } from '#shared/jobs/job-kinds.ts'
import type { SessionDate } from '#shared/time.ts'
import { LegacyStore } from '#main/stores/legacy-store.ts'
import type { NewSide } from './compute/compute-task.ts'
import type { JobServices } from './job-services.ts'
import { runPaths } from './old-runs.ts'

/** The two sides of a comparison. */
interface ComparedSides {
  readonly legacyFile: string
  readonly newSide: (symbol: string, from: SessionDate, to: SessionDate) => NewSide
  /** Dates that either side has for a symbol, ascending; those that both have twice. */
  readonly dates: (symbol: string, from: SessionDate, to: SessionDate) => readonly SessionDate[]
}

/** Old and new as they are stored; of an A/A run, what its two runs of the old pipeline left, which is imported already. */
export function comparedSides(
  { oldRuns }: Pick<JobParams<'compare'>, 'oldRuns'>,
  services: JobServices,
): ComparedSides {
  const { curated, legacy } = services.stores
  if (oldRuns === undefined) {
    return {
      legacyFile: legacy.file,
      newSide: () => ({ kind: 'curated', file: curated.file }),
      dates: (symbol, from, to) =>
        [
          ...legacy.sessionDates(symbol, from, to),
          ...curated.sessions(symbol, from, to).map(({ session }) => session.date),
        ].sort(),
    }
  }
  const [first, second] = oldRuns.map((runId) => join(services.folder, runPaths(runId).bars))
  return {
    legacyFile: first,
    newSide: (symbol, from, to) => ({
      kind: 'legacy',
      file: second,
      sessions: services.calendarOf(symbol).sessionsBetween(from, to),
    }),
    dates: (symbol, from, to) => [first, second].flatMap((file) => datesIn(file, symbol, from, to)).sort(),
  }
}

function datesIn(file: string, symbol: string, from: SessionDate, to: SessionDate): readonly SessionDate[] {
  const store = new LegacyStore(file)
  try {
    return store.sessionDates(symbol, from, to)
  } finally {
    store.close()
  }
}
