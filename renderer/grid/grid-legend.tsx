import { Tooltip } from '@mantine/core'
import { formatCount } from '../format/numbers.ts'
import { CellSwatch } from './cell-swatch.tsx'
import type { GridColours } from './grid-colours.ts'
import classes from './grid-legend.module.css'

export interface LegendEntry {
  readonly key: string
  readonly word: string
  /** A sentence, for the pointer. */
  readonly means: string
  readonly count: number
  readonly draw: (context: CanvasRenderingContext2D, colours: GridColours) => void
}

/** What each cell of a grid means, with how many there are. */
export function GridLegend({ label, entries }: { readonly label: string; readonly entries: readonly LegendEntry[] }) {
  return (
    <ul className={classes.legend} aria-label={label}>
      {entries.map(({ key, word, means, count, draw }) => (
        <Tooltip key={key} label={means} multiline maw={280}>
          <li className={classes.entry} data-none={count === 0 || undefined}>
            <CellSwatch draw={draw} />
            {word} <b className={classes.count}>{formatCount(count)}</b>
          </li>
        </Tooltip>
      ))}
    </ul>
  )
}
