import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { expectedMinutes, pauseSeconds } from '#shared/calendar/session-hours.ts'

/** The minutes of a session in order, without those of its break: slot 0 is the first. */
export interface SessionGrid {
  readonly slots: number
  /** Slot of the first minute after the break; `slots` when there is none. */
  readonly breakSlot: number
  /** Slot of a minute of the session. */
  slotOf(ts: number): number
  /** First second of a slot, epoch seconds. */
  tsOf(slot: number): number
}

export function sessionGrid(session: Session): SessionGrid {
  const { openTs, breakStartTs } = session
  const pause = pauseSeconds(session)
  const slots = expectedMinutes(session)
  const breakSlot = pause === 0 || breakStartTs === null ? slots : Math.round((breakStartTs - openTs) / BAR_SECONDS)
  return {
    slots,
    breakSlot,
    slotOf: (ts) => {
      const slot = Math.floor((ts - openTs) / BAR_SECONDS)
      return slot < breakSlot ? slot : slot - pause / BAR_SECONDS
    },
    tsOf: (slot) => openTs + slot * BAR_SECONDS + (slot < breakSlot ? 0 : pause),
  }
}
