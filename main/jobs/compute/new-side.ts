import { type BarColumns, observedBars } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { SessionDate } from '#shared/time.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'
import { LegacyStore } from '#main/stores/legacy-store.ts'
import type { NewSide } from './compute-task.ts'

/** A session of the new side with the bars that can be compared. */
interface NewBlock {
  readonly bars: BarColumns
  /** SHA-256 (hex) of the stored blobs. */
  readonly contentHash: string
  /** Hours of the session, epoch seconds; undefined where they are not known. */
  readonly hours: Session | undefined
}

export interface OpenNewSide {
  sessionDates(symbol: string, from: SessionDate, to: SessionDate): readonly SessionDate[]
  block(symbol: string, date: SessionDate): NewBlock | undefined
  close(): void
}

/** Opens the new side as it is stored now: what is written meanwhile is not seen. */
export function openNewSide(side: NewSide): OpenNewSide {
  return side.kind === 'curated' ? openCurated(side.file) : openLegacy(side)
}

function openCurated(file: string): OpenNewSide {
  const store = new CuratedStore(file)
  store.holdSnapshot()
  return {
    sessionDates: (symbol, from, to) => store.sessions(symbol, from, to).map(({ session }) => session.date),
    block: (symbol, date) => {
      const block = store.block(symbol, date)
      if (block === undefined) return undefined
      // A bar that stands for a minute without trades was not received: there is nothing to compare.
      return { bars: observedBars(block.bars), contentHash: block.contentHash, hours: block.session }
    },
    close: () => store.close(),
  }
}

function openLegacy({ file, sessions }: Extract<NewSide, { kind: 'legacy' }>): OpenNewSide {
  const store = new LegacyStore(file)
  store.holdSnapshot()
  const hours = new Map(sessions.map((session) => [session.date, session]))
  return {
    sessionDates: (symbol, from, to) => store.sessionDates(symbol, from, to),
    block: (symbol, date) => {
      const block = store.block(symbol, date)
      return block === undefined ? undefined : { ...block, hours: hours.get(date) }
    },
    close: () => store.close(),
  }
}
