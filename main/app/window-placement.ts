import type { WindowBounds } from './shell-state.ts'

/** The size the console is designed for and the smallest it works at, in device-independent pixels. */
export const DEFAULT_SIZE = { width: 1440, height: 900 } as const
export const MINIMUM_SIZE = { width: 1024, height: 700 } as const

/** So much of the title bar must lie on a screen that the window can be dragged back: pixels across and down. */
const REACHABLE = { width: 120, height: 32 } as const

/**
 * Where the window goes: at `saved` when its title bar can still be reached on one of the screens, else centred on the primary
 * screen at the design size. It is never larger than the screen it is on.
 *
 * `workAreas` are the screens' usable rectangles (without task bars), the primary screen's first; there is at least one.
 */
export function placeWindow(saved: WindowBounds | undefined, workAreas: readonly WindowBounds[]): WindowBounds {
  if (saved !== undefined) {
    const area = workAreas.find((candidate) => titleBarIsReachable(saved, candidate))
    if (area !== undefined) return { x: saved.x, y: saved.y, ...fit(saved, area) }
  }
  const primary = workAreas[0]
  const size = fit(DEFAULT_SIZE, primary)
  return {
    x: primary.x + Math.round((primary.width - size.width) / 2),
    y: primary.y + Math.round((primary.height - size.height) / 2),
    ...size,
  }
}

function titleBarIsReachable(bounds: WindowBounds, area: WindowBounds): boolean {
  const across = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x)
  const isBelowTop = bounds.y >= area.y
  const roomBelow = area.y + area.height - bounds.y
  return across >= REACHABLE.width && isBelowTop && roomBelow >= REACHABLE.height
}

interface Size {
  readonly width: number
  readonly height: number
}

function fit(wanted: Size, area: Size): Size {
  return {
    width: Math.min(Math.max(wanted.width, MINIMUM_SIZE.width), area.width),
    height: Math.min(Math.max(wanted.height, MINIMUM_SIZE.height), area.height),
  }
}
