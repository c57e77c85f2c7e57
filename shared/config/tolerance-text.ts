import type { Tolerance } from './comparison-config.ts'

/** Tolerances as people write them: `0.02`, `2ticks`, `5bp`, `1%`, or a sum such as `0.01+5bp`. */

const UNITS: Readonly<Record<string, keyof Tolerance>> = {
  '': 'abs',
  '%': 'rel',
  tick: 'ticks',
  ticks: 'ticks',
  bp: 'bp',
}

/** The tolerance that a text stands for, what is not in it left out; undefined when it is none. */
export function parseTolerance(text: string): Partial<Tolerance> | undefined {
  const tolerance: Partial<Tolerance> = {}
  for (const part of text.split('+')) {
    const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*(%|ticks?|bp|)\s*$/.exec(part) ?? []
    if (digits === undefined) return undefined
    tolerance[UNITS[unit]] = unit === '%' ? Number(digits) / 100 : Number(digits)
  }
  return tolerance
}

/** The text of a tolerance; `0` when nothing is forgiven. */
export function toleranceText({ abs, ticks, rel, bp }: Tolerance): string {
  const parts = [
    abs > 0 && String(abs),
    ticks > 0 && (ticks === 1 ? '1tick' : `${ticks}ticks`),
    rel > 0 && `${Number((rel * 100).toPrecision(6))}%`,
    bp > 0 && `${bp}bp`,
  ].filter((part) => part !== false)
  return parts.length === 0 ? '0' : parts.join('+')
}
