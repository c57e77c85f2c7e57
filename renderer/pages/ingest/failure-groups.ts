import type { IngestResult } from '#shared/jobs/job-kinds.ts'

/** Sessions that failed for the same reason. */
export interface FailureGroup {
  readonly reason: string
  readonly sessions: number
  readonly symbols: readonly string[]
  /** Runs that ask for these sessions again. */
  readonly runs: readonly { readonly symbols: string[]; readonly from: string; readonly to: string }[]
}

/** From this many runs on one over all of them is started. */
const MOST_RUNS = 8

/** Failures by their reason, the most frequent first. What a reason says of its own symbol and dates does not tell it apart. */
export function failureGroups(failed: IngestResult['failed']): readonly FailureGroup[] {
  const groups = new Map<string, IngestResult['failed']>()
  for (const entry of failed) {
    const reason = withoutSubject(entry.reason, entry.symbol)
    groups.set(reason, [...(groups.get(reason) ?? []), entry])
  }
  return [...groups]
    .map(([reason, entries]) => ({
      reason,
      sessions: entries.length,
      symbols: [...new Set(entries.map(({ symbol }) => symbol))],
      runs: runsOf(entries),
    }))
    .toSorted((a, b) => b.sessions - a.sessions)
}

function withoutSubject(reason: string, symbol: string): string {
  const name = symbol.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return reason.replace(new RegExp(String.raw`\b${name} \d{4}-\d{2}-\d{2}( to \d{4}-\d{2}-\d{2})?`), 'a request')
}

/** Symbols whose failures lie between the same dates are asked for together. */
function runsOf(entries: IngestResult['failed']): FailureGroup['runs'] {
  const spans = new Map<string, { from: string; to: string }>()
  for (const { symbol, sessionDate } of entries) {
    const span = spans.get(symbol)
    spans.set(symbol, {
      from: span === undefined || sessionDate < span.from ? sessionDate : span.from,
      to: span === undefined || sessionDate > span.to ? sessionDate : span.to,
    })
  }
  const runs = new Map<string, { symbols: string[]; from: string; to: string }>()
  for (const [symbol, span] of spans) {
    const key = `${span.from} ${span.to}`
    const run = runs.get(key)
    if (run === undefined) runs.set(key, { symbols: [symbol], ...span })
    else run.symbols.push(symbol)
  }
  const all = [...runs.values()]
  if (all.length <= MOST_RUNS) return all
  return [
    {
      symbols: all.flatMap(({ symbols }) => symbols),
      from: all.map(({ from }) => from).toSorted()[0],
      to: all.map(({ to }) => to).toSorted()[all.length - 1],
    },
  ]
}
