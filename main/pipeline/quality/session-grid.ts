import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'

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

/** Number of minutes in which the session is open. */
export function sessionMinutes(session: Session): number {
  return Math.round((session.closeTs - session.openTs - pauseOf(session)) / BAR_SECONDS)
}

export function sessionGrid(session: Session): SessionGrid {
  const { openTs, breakStartTs } = session
  const pause = pauseOf(session)
  const slots = sessionMinutes(session)
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

/** Whether the session is open at `ts`. */
export function isInSession(ts: number, session: Session): boolean {
  if (!(ts >= session.openTs && ts < session.closeTs)) return false
  return (
    session.breakStartTs === null ||
    session.breakEndTs === null ||
    ts < session.breakStartTs ||
    ts >= session.breakEndTs
  )
}

function pauseOf({ breakStartTs, breakEndTs }: Session): number {
  return breakStartTs === null || breakEndTs === null ? 0 : breakEndTs - breakStartTs
}
