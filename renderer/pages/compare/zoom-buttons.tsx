import { QuietButton } from '../../components/quiet-button.tsx'
import type { Span } from './overlay-zoom.ts'
import { moved, zoomed } from './overlay-zoom.ts'
import classes from './zoom-buttons.module.css'

interface ZoomButtonsProps {
  readonly span: Span
  readonly whole: Span
  /** The chosen minute, which keeps its place. */
  readonly atTs: number | undefined
  readonly onZoom: (span: Span | undefined) => void
}

/** What dragging does, for the keyboard and for small steps. */
export function ZoomButtons({ span, whole, atTs, onZoom }: ZoomButtonsProps) {
  const isWhole = span[0] <= whole[0] && span[1] >= whole[1]
  const around = atTs !== undefined && atTs >= span[0] && atTs < span[1] ? atTs : (span[0] + span[1]) / 2
  return (
    <fieldset className={classes.zoom} aria-label="Part of the session that is shown">
      <QuietButton onClick={() => onZoom(zoomed(span, 'in', around, whole))}>Zoom in</QuietButton>
      <QuietButton disabled={isWhole} onClick={() => onZoom(zoomed(span, 'out', around, whole))}>
        Zoom out
      </QuietButton>
      <QuietButton disabled={span[0] <= whole[0]} onClick={() => onZoom(moved(span, 'earlier', whole))}>
        Earlier
      </QuietButton>
      <QuietButton disabled={span[1] >= whole[1]} onClick={() => onZoom(moved(span, 'later', whole))}>
        Later
      </QuietButton>
      <QuietButton disabled={isWhole} onClick={() => onZoom(undefined)}>
        Whole session
      </QuietButton>
    </fieldset>
  )
}
