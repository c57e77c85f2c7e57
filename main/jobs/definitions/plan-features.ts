import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { datesGone } from '#shared/calendar/session-windows.ts'
import type { SessionDate } from '#shared/time.ts'
import type { CuratedSessionInfo } from '#main/stores/curated-store.ts'
import type { FeatureSessionInfo } from '#main/stores/feature-store.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import type { SessionOfFeatures } from '../compute/compute-task.ts'

export interface FeaturesPlan {
  readonly runs: readonly (readonly SessionOfFeatures[])[]
  readonly wanted: number
  readonly unchanged: number
  /** Dates of stored features that are no sessions any more, by what the calendar says now. */
  readonly gone: readonly SessionDate[]
}

/**
 * Finds the sessions of one symbol whose features are missing or out of date. Features depend on the session's own curated
 * block and on those of the `historySessions` sessions of the calendar before it, back to the first one curated; all of them
 * enter the hash of the inputs.
 *
 * @param curated every curated session of the symbol, ascending.
 */
export function planFeatures(input: {
  readonly calendar: TradingCalendar
  readonly curated: readonly CuratedSessionInfo[]
  readonly stored: readonly FeatureSessionInfo[]
  readonly definitionHash: string
  readonly historySessions: number
  readonly from: SessionDate
  readonly to: SessionDate
}): FeaturesPlan {
  const { curated, historySessions } = input
  const gone = datesGone(
    input.calendar,
    input.stored.map(({ sessionDate }) => sessionDate),
    input,
  )
  if (curated.length === 0) return { runs: [], wanted: 0, unchanged: 0, gone }
  const byDate = new Map(curated.map((info) => [info.session.date, info]))
  const storedInputs = new Map(input.stored.map((info) => [info.sessionDate, info.inputsHash]))
  const line = input.calendar
    .sessionsBetween(curated[0].session.date, curated[curated.length - 1].session.date)
    // The hours that the curated block was built for are what its features are about.
    .map((session) => byDate.get(session.date)?.session ?? session)
  const facts = line.map(({ date, openTs, closeTs }) => [date, openTs, closeTs, byDate.get(date)?.contentHash ?? null])

  const sessions = line.map((session, i): SessionOfFeatures => {
    const inside = session.date >= input.from && session.date <= input.to && byDate.has(session.date)
    const inputsHash = inside
      ? hashJson([input.definitionHash, facts.slice(Math.max(0, i - historySessions), i + 1)])
      : ''
    return {
      session,
      curated: byDate.has(session.date),
      wanted: inside && storedInputs.get(session.date) !== inputsHash,
      inputsHash,
    }
  })
  const runs: SessionOfFeatures[][] = []
  let next = 0
  sessions.forEach((session, i) => {
    if (!session.wanted) return
    const from = Math.max(0, i - historySessions)
    if (runs.length === 0 || from > next) runs.push(sessions.slice(from, i + 1))
    else runs[runs.length - 1].push(...sessions.slice(next, i + 1))
    next = i + 1
  })
  const wanted = sessions.filter((session) => session.wanted).length
  const inside = sessions.filter((session) => session.inputsHash !== '').length
  return { runs, wanted, unchanged: inside - wanted, gone }
}
