import { BAR_SECONDS } from '#shared/bars.ts'
import type { DuplicateMinute } from '#shared/raw-response.ts'
import type { RuleCheck } from './rule-block.ts'

/** Rules about what came to light when the responses were put together. They get every bar of the window, as merged. */

export const duplicate: RuleCheck<'duplicate'> = ({ merge }, _params, report) => {
  eachDuplicateRun(merge.duplicates, false, (ts, lastTs, bars) => {
    report({ ts, lastTs, bars, message: `${timesWords(ts, lastTs, bars)} with equal values; one of them counts.` })
  })
}

export const duplicateConflicting: RuleCheck<'duplicate_conflicting'> = ({ bars, merge }, _params, report) => {
  // Both lists ascend in time, and every duplicate is one of the bars or was left out for another reason.
  let row = 0
  const rowOf = (ts: number): number | undefined => {
    while (bars.ts[row] < ts) row++
    return bars.ts[row] === ts ? row : undefined
  }
  let next = 0
  eachDuplicateRun(
    merge.duplicates,
    true,
    (ts, lastTs, count) => {
      const first = rowOf(ts)
      const last = rowOf(lastTs)
      report({
        ...(first === undefined || last === undefined ? { ts, lastTs } : { rows: [first, last] as const }),
        bars: count,
        message: `${timesWords(ts, lastTs, count)} with different values; the last one counts.`,
      })
    },
    // What was left out ends a run, so that every run is either of bars that are there or of such that are not.
    (ts) => {
      while (bars.ts[next] < ts) next++
      return bars.ts[next] === ts
    },
  )
}

/** Calls `onRun` for each run of minutes that came more than once: first and last, and all rows of them. */
function eachDuplicateRun(
  duplicates: readonly DuplicateMinute[],
  conflicting: boolean,
  onRun: (ts: number, lastTs: number, rows: number) => void,
  isThere: (ts: number) => boolean = () => true,
): void {
  let run: { readonly ts: number; lastTs: number; rows: number; readonly there: boolean } | undefined
  for (const minute of duplicates) {
    if (minute.conflicting !== conflicting) continue
    const there = isThere(minute.ts)
    if (run !== undefined && minute.ts - run.lastTs === BAR_SECONDS && run.there === there) {
      run.lastTs = minute.ts
      run.rows += minute.rows
      continue
    }
    if (run !== undefined) onRun(run.ts, run.lastTs, run.rows)
    run = { ts: minute.ts, lastTs: minute.ts, rows: minute.rows, there }
  }
  if (run !== undefined) onRun(run.ts, run.lastTs, run.rows)
}

function timesWords(ts: number, lastTs: number, rows: number): string {
  const minutes = (lastTs - ts) / BAR_SECONDS + 1
  return minutes === 1
    ? `One response has this minute ${rows} times`
    : `Responses have ${minutes} minutes in a row more than once, in ${rows} rows,`
}

export const notAscending: RuleCheck<'not_ascending'> = ({ bars, merge }, _params, report) => {
  if (merge.unordered === 0 || bars.ts.length === 0) return
  report({
    ts: bars.ts[0],
    lastTs: bars.ts[bars.ts.length - 1],
    bars: bars.ts.length,
    message: `${merge.unordered === 1 ? 'A response was' : `${merge.unordered} responses were`} out of order; the bars are put in order.`,
  })
}

export const revisedPrices: RuleCheck<'revised_prices'> = ({ merge }, _params, report) => {
  const minutes = merge.revised.filter(({ prices }) => prices)
  if (minutes.length === 0) return
  report({
    ts: minutes[0].ts,
    lastTs: minutes[minutes.length - 1].ts,
    bars: minutes.length,
    message: `${minuteWords(minutes.length)} came again with other prices; the newest answer counts.`,
  })
}

export const revisedQuantities: RuleCheck<'revised_quantities'> = ({ merge }, _params, report) => {
  const minutes = merge.revised.filter(({ prices }) => !prices)
  if (minutes.length === 0) return
  report({
    ts: minutes[0].ts,
    lastTs: minutes[minutes.length - 1].ts,
    bars: minutes.length,
    message: `${minuteWords(minutes.length)} came again with the same prices and another volume, average price or trade count; the newest answer counts.`,
  })
}

export const adjustedHistory: RuleCheck<'adjusted_history'> = ({ bars, merge }, _params, report) => {
  if (merge.adjusted === 0) return
  report({
    ts: bars.ts[0],
    lastTs: bars.ts[bars.ts.length - 1],
    bars: merge.adjusted,
    message: `${merge.adjusted === 1 ? 'One bar was' : `${merge.adjusted} bars were`} received before the broker re-adjusted its history, and converted.`,
  })
}

function minuteWords(count: number): string {
  return count === 1 ? 'One minute' : `${count} minutes`
}
