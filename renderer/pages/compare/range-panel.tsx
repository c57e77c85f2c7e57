import { Button } from '@mantine/core'
import type { CompareGrid } from '#shared/contract/causes.ts'
import { Panel } from '../../components/panel.tsx'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import { formatDates } from '../../format/times.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import { boxOf, isOneCell, positionsIn } from '../../grid/grid-cells.ts'
import type { SessionRange } from '../../grid/session-range.ts'
import { rangeIn } from '../../grid/session-range.ts'
import { useViewContext } from '../../view-context.ts'
import { symbolWords } from '../../wording/job-words.ts'
import actions from '../../components/actions.module.css'
import classes from './cause-inspector.module.css'
import { cellAt, gridPart, sumOf } from './compare-cells.ts'
import { StateBar, StateWords } from './state-bar.tsx'

interface RangePanelProps {
  readonly grid: CompareGrid
  readonly selection: CellRange
  readonly onSession: () => void
  readonly onRows: (range: SessionRange) => void
}

/** What was counted in the selected session or sessions, and the ways on from there. */
export function RangePanel({ grid, selection, onSession, onRows }: RangePanelProps) {
  const [context] = useViewContext()
  const part = gridPart(grid, context)
  const box = boxOf(part.axes, selection)
  if (box === undefined) {
    return (
      <Panel title="Selected" className={classes.panel}>
        <p className={classes.figures}>What is selected is not in the grid.</p>
      </Panel>
    )
  }
  const range = rangeIn(part.axes, box)
  const cells = positionsIn(box).flatMap((position) => cellAt(part, position) ?? [])
  const sum = sumOf(cells)
  const { symbol, sessionDate } = selection.focus
  const isOne = isOneCell(selection)
  return (
    <Panel
      title={isOne ? `${symbol} ${sessionDate}` : 'Selected sessions'}
      note={isOne ? '' : `${symbolWords(range.symbols)}, ${formatDates(range.from, range.to)}`}
      className={classes.panel}
    >
      <div className={classes.sums}>
        {sum.total === 0 ? (
          <p>No difference in {formatQuantity(sum.compared, 'value')}.</p>
        ) : (
          <>
            <p>
              <b>{formatShare(sum.waiting + sum.open, sum.compared)} %</b> of {formatCount(sum.compared)} values and
              minutes {isOne ? '' : `in ${formatQuantity(cells.length, 'session')} `}are unexplained.
            </p>
            <StateBar state={sum} height={10} />
            <StateWords state={sum} />
          </>
        )}
      </div>
      <ul className={actions.actions} aria-label="What can be done">
        {isOne && (
          <li className={actions.action}>
            <Button variant="filled" onClick={onSession}>
              Show minutes
            </Button>
            <span>Old and new over each other, minute by minute.</span>
          </li>
        )}
        <li className={actions.action}>
          <Button onClick={() => onRows(range)}>Show rows</Button>
          <span>Every minute that is not plainly equal, with file and line of the old one.</span>
        </li>
      </ul>
    </Panel>
  )
}
