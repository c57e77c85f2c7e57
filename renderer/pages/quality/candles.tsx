import { useXAxisScale, useYAxisScale } from 'recharts'
import { BAR_SECONDS } from '#shared/bars.ts'
import type { SessionMinute } from './session-minutes.ts'
import { isFilled, isSecondSource, isSuspect } from './session-minutes.ts'

/** From this width in pixels on a bar has a body. */
const BODY_FROM = 3

interface CandlesProps {
  readonly minutes: readonly SessionMinute[]
}

/**
 * Each bar from its low to its high; where there is room with a body from open to close, hollow when it rose. Suspect bars have the
 * colour of failing, bars of the second source are thin and grey; filled ones are a dash, because nothing happened in them.
 */
export function Candles({ minutes }: CandlesProps) {
  const xScale = useXAxisScale()
  const yScale = useYAxisScale()
  const first = minutes[0]
  if (xScale === undefined || yScale === undefined || first === undefined) return null
  const pitch = (xScale(first.ts + BAR_SECONDS) ?? 0) - (xScale(first.ts) ?? 0)
  const body = Math.max(1, Math.floor(pitch * 0.7))
  const shapes = { usual: '', suspect: '', second: '', filled: '' }
  const bodies = { up: '', down: '', suspectUp: '', suspectDown: '' }
  for (const minute of minutes) {
    const x = xScale(minute.ts)
    const [open, high, low, close] = [minute.open, minute.high, minute.low, minute.close].map((value) =>
      value === null ? undefined : yScale(value),
    )
    if (x === undefined || open === undefined || high === undefined || low === undefined || close === undefined)
      continue
    const kind = isFilled(minute)
      ? 'filled'
      : isSuspect(minute)
        ? 'suspect'
        : isSecondSource(minute)
          ? 'second'
          : 'usual'
    if (kind === 'filled') {
      shapes.filled += `M${at(x - pitch / 2)} ${at(close)}h${at(pitch)}`
      continue
    }
    const [top, bottom] = [Math.min(open, close), Math.max(open, close)]
    const isUp = close <= open
    if (body < BODY_FROM) {
      // At least a pixel, so that a bar of one price is seen.
      shapes[kind] += `M${at(x)} ${at(Math.max(low, high + 1))}V${at(high)}`
      continue
    }
    shapes[kind] += `M${at(x)} ${at(high)}V${at(top)}M${at(x)} ${at(bottom)}V${at(low)}`
    const side = `${kind === 'suspect' ? 'suspect' : ''}${isUp ? 'Up' : 'Down'}`
    const key = (side.startsWith('suspect') ? side : side.toLowerCase()) as keyof typeof bodies
    bodies[key] += `M${at(x - body / 2)} ${at(top)}h${body}V${at(Math.max(bottom, top + 1))}h${-body}Z`
  }
  return (
    <g strokeWidth={1} fill="none">
      <path d={shapes.filled} stroke="var(--sy-ink-3)" />
      <path d={shapes.second} stroke="var(--sy-ink-2)" strokeDasharray="2 1" />
      <path d={shapes.usual} stroke="var(--sy-new)" />
      <path d={shapes.suspect} stroke="var(--sy-fail)" strokeWidth={1.5} />
      <path d={bodies.up} stroke="var(--sy-new)" fill="var(--sy-panel)" />
      <path d={bodies.down} stroke="var(--sy-new)" fill="var(--sy-new)" />
      <path d={bodies.suspectUp} stroke="var(--sy-fail)" fill="var(--sy-panel)" />
      <path d={bodies.suspectDown} stroke="var(--sy-fail)" fill="var(--sy-fail)" />
    </g>
  )
}

const at = (pixels: number): string => pixels.toFixed(1)
