import type { RuleCheck } from './rule-block.ts'

/** Rules about what came to light when the responses were put together. They get every bar of the window, as merged. */

export const duplicate: RuleCheck<'duplicate'> = ({ merge }, _params, report) => {
  for (const { ts, rows, conflicting } of merge.duplicates) {
    if (conflicting) continue
    report({
      ts,
      lastTs: ts,
      bars: rows,
      message: `One response has this minute ${rows} times with equal values; one of them counts.`,
    })
  }
}

export const duplicateConflicting: RuleCheck<'duplicate_conflicting'> = ({ bars, merge }, _params, report) => {
  // Both lists ascend in time, and every duplicate is one of the bars.
  let row = 0
  for (const { ts, rows, conflicting } of merge.duplicates) {
    if (!conflicting) continue
    while (bars.ts[row] < ts) row++
    report({
      // The bar may have been left out for another reason.
      ...(bars.ts[row] === ts ? { rows: [row, row] as const } : { ts, lastTs: ts }),
      bars: rows,
      message: `One response has this minute ${rows} times with different values; the last one counts.`,
    })
  }
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
