import { Select } from '@mantine/core'
import type { RunCause } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { QuietButton } from '../../components/quiet-button.tsx'
import type { CellRef } from '../../grid/grid-cells.ts'
import { oneCell } from '../../grid/grid-cells.ts'
import { useViewContext } from '../../view-context.ts'
import type { ChangeView, CompareView } from './compare-address.ts'
import { MinutePanel } from './minute-panel.tsx'
import { OverlayPanel } from './overlay-panel.tsx'
import classes from './session-view.module.css'

interface SessionViewProps {
  readonly run: ComparisonRunDetail
  readonly causes: readonly RunCause[]
  readonly view: CompareView
  readonly onChange: ChangeView
  readonly zoneOf: (symbol: string) => string
}

/** One session: old and new over each other, and where a chosen minute comes from. */
export function SessionView({ run, causes, view, onChange, zoneOf }: SessionViewProps) {
  const [context] = useViewContext()
  const cell = view.selection?.focus ?? mostDifferent(run, context.symbol)
  const show = (next: CellRef): void => onChange({ selection: oneCell(next), atTs: undefined, zoom: undefined })
  const chosen = cell === undefined ? undefined : oneCell(cell)
  const minute = cell === undefined || view.atTs === undefined ? undefined : { ...cell, ts: view.atTs }
  return (
    <div className={classes.view}>
      {cell !== undefined && <SessionPicker run={run} cell={cell} onShow={show} />}
      <OverlayPanel
        run={run}
        cell={cell}
        view={view}
        onField={(field) => onChange({ field })}
        onZoom={(zoom) => onChange({ zoom, selection: chosen }, 'replace')}
        // A step from minute to minute is no place to go back to.
        onMinute={(atTs) => onChange({ atTs, selection: chosen }, 'replace')}
      />
      <MinutePanel run={run} causes={causes} minute={minute} zone={cell === undefined ? 'UTC' : zoneOf(cell.symbol)} />
    </div>
  )
}

/** The session with the most minutes that are different or on one side only; one of `symbol` if the run has any of it. */
function mostDifferent(run: ComparisonRunDetail, symbol: string | undefined): CellRef | undefined {
  const wanted = run.perSession.filter((row) => row.symbol === symbol)
  const rows = wanted.length > 0 ? wanted : run.perSession
  const unlike = (row: (typeof rows)[number]): number => row.different + row.oldOnly + row.newOnly
  return rows.reduce<(typeof rows)[number] | undefined>(
    (worst, row) => (worst === undefined || unlike(row) > unlike(worst) ? row : worst),
    undefined,
  )
}

interface SessionPickerProps {
  readonly run: ComparisonRunDetail
  readonly cell: CellRef
  readonly onShow: (cell: CellRef) => void
}

/** Which session is shown. */
function SessionPicker({ run, cell, onShow }: SessionPickerProps) {
  const dates = run.perSession
    .filter(({ symbol }) => symbol === cell.symbol)
    .map(({ sessionDate }) => sessionDate)
    .toSorted()
  const at = dates.indexOf(cell.sessionDate)
  const step = (by: number): string | undefined => (at < 0 ? undefined : dates[at + by])
  const showDate = (sessionDate: string | undefined): void => {
    if (sessionDate !== undefined) onShow({ ...cell, sessionDate })
  }
  return (
    <div className={classes.picker}>
      <Select
        className={classes.symbol ?? ''}
        aria-label="Symbol of the session"
        data={run.symbols}
        value={cell.symbol}
        onChange={(symbol) => symbol !== null && onShow({ ...cell, symbol })}
        allowDeselect={false}
        searchable
      />
      <Select
        className={classes.date ?? ''}
        aria-label="Date of the session"
        data={dates}
        value={cell.sessionDate}
        onChange={(date) => showDate(date ?? undefined)}
        allowDeselect={false}
        searchable
      />
      <QuietButton disabled={step(-1) === undefined} onClick={() => showDate(step(-1))}>
        Session before
      </QuietButton>
      <QuietButton disabled={step(1) === undefined} onClick={() => showDate(step(1))}>
        Session after
      </QuietButton>
    </div>
  )
}
