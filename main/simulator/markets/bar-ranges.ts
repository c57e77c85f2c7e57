import { allocateBars, BAR_COLUMNS, type BarColumns } from '#shared/bars.ts'

/** One set of bars after the other. */
export function joinBars(parts: readonly BarColumns[]): BarColumns {
  if (parts.length === 1) return parts[0]
  let length = 0
  for (const part of parts) length += part.ts.length
  const joined = allocateBars(length)
  let at = 0
  for (const part of parts) {
    for (const name of BAR_COLUMNS) joined[name].set(part[name], at)
    at += part.ts.length
  }
  return joined
}
