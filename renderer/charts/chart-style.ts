import { zoneName } from '../format/times.ts'

/** How all charts draw their axes and lines. */

export const AXIS = {
  stroke: 'var(--sy-line-strong)',
  tick: { fill: 'var(--sy-ink-2)', fontSize: 11 },
  tickLine: { stroke: 'var(--sy-line-strong)' },
} as const

export const GRID = { stroke: 'var(--sy-line)' } as const

export const CURSOR = { stroke: 'var(--sy-ink-3)', strokeWidth: 1, strokeDasharray: '2 2' } as const

export const MARKED_MINUTE = { stroke: 'var(--sy-ink)', strokeDasharray: '4 3' } as const

/** Label of a horizontal axis. */
export const FOOT_LABEL = { position: 'insideBottom', offset: 2, fill: 'var(--sy-ink-3)' } as const

/** Label of an axis of minutes in an exchange's zone. */
export const barStartLabel = (zone: string) => ({ value: `bar start, ${zoneName(zone)} (${zone})`, ...FOOT_LABEL })

/** For an axis whose labels stand beneath another chart. */
export const noLabel = (): string => ''

/** For a chart whose values another chart's tooltip shows. */
export const noContent = (): null => null
