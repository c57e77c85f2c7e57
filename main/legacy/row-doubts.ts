import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import type { FileRows } from './file-rows.ts'

/** What was left out or decided while rows were read, in words. */
export function rowDoubts(rows: FileRows, { repeatedHour }: LegacyBarsConfig): readonly string[] {
  const doubts = [...rows.unreadFeatures].map(
    ([name, count]) => `${count} values of the feature ${name} are no numbers and were left out`,
  )
  if (rows.clockChanges.decided > 0) {
    doubts.push(
      `${rows.clockChanges.decided} times that a clock change repeats were taken as the ${repeatedHour} of the two`,
    )
  }
  return doubts
}
