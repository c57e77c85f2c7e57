import { SegmentedControl } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { CompareGrid, RunCause } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { formatQuantity } from '../../format/numbers.ts'
import { legendOfKinds, pictureOfKinds } from '../../grid/cell-kinds.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import { oneCell } from '../../grid/grid-cells.ts'
import { GridLegend } from '../../grid/grid-legend.tsx'
import type { GridForm } from '../../grid/grid-or-table.tsx'
import { GridOrTable } from '../../grid/grid-or-table.tsx'
import type { SelectionStep } from '../../grid/session-grid.tsx'
import { SessionGrid } from '../../grid/session-grid.tsx'
import { useViewContext } from '../../view-context.ts'
import type { GridLayer } from './compare-address.ts'
import type { GridPart } from './compare-cells.ts'
import { allCells, cellAt, cellWords, gridPart } from './compare-cells.ts'
import { kindsOf } from './compare-layers.ts'
import classes from './heatmap-panel.module.css'
import { SessionsTable } from './sessions-table.tsx'

interface HeatmapPanelProps {
  readonly run: ComparisonRunDetail
  readonly grid: UseQueryResult<CompareGrid>
  readonly layer: GridLayer
  readonly onLayer: (layer: GridLayer) => void
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange | undefined, step: SelectionStep) => void
  /** The chosen cause; what it does not show in is drawn faint. */
  readonly cause: RunCause | undefined
}

const MAX_HEIGHT = 310
const LAYERS = [
  { value: 'unexplained', label: 'Unexplained' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'open', label: 'Open' },
] as const satisfies readonly { readonly value: GridLayer; readonly label: string }[]

/** Which share of each session is not explained, symbols by sessions, as a grid or as a table. */
export function HeatmapPanel(props: HeatmapPanelProps) {
  const { run, grid, layer, onLayer, selection, onSelect, cause } = props
  const [context] = useViewContext()
  const [form, setForm] = useState<GridForm>('grid')
  const part = useMemo(() => (grid.data === undefined ? undefined : gridPart(grid.data, context)), [grid.data, context])
  return (
    <Panel
      title="Sessions"
      note={<span className={classes.note}>{part === undefined ? '' : noteOf(part, cause)}</span>}
      controls={
        <>
          <SegmentedControl aria-label="Share of" data={[...LAYERS]} value={layer} onChange={onLayer} />
          <GridOrTable form={form} onForm={setForm} />
        </>
      }
    >
      {form === 'table' ? (
        <SessionsTable
          run={run}
          context={context}
          selection={selection}
          onSelect={(cell) => onSelect(oneCell(cell), 'new')}
          maxHeight={MAX_HEIGHT}
        />
      ) : (
        <QueryView query={grid} height={200}>
          {() =>
            part !== undefined && (
              <Heatmap part={part} layer={layer} selection={selection} onSelect={onSelect} cause={cause} />
            )
          }
        </QueryView>
      )}
    </Panel>
  )
}

function noteOf({ axes, grid }: GridPart, cause: RunCause | undefined): string {
  const size = `${formatQuantity(axes.symbols.length, 'symbol')} by ${formatQuantity(axes.sessions.length, 'session')}`
  const isNarrowed = axes.symbols.length < grid.symbols.length || axes.sessions.length < grid.sessionDates.length
  return `${size}${isNarrowed ? ', as chosen in the header' : ''}${cause === undefined ? '' : ', faint without the chosen cause'}`
}

type HeatmapProps = Pick<HeatmapPanelProps, 'layer' | 'selection' | 'onSelect' | 'cause'> & { readonly part: GridPart }

function Heatmap({ part, layer, selection, onSelect, cause }: HeatmapProps) {
  const kinds = useMemo(() => kindsOf(layer), [layer])
  const cells = useMemo(() => allCells(part), [part])
  const legend = useMemo(() => legendOfKinds(kinds, cells, undefined), [kinds, cells])
  const picture = useMemo(
    () =>
      pictureOfKinds({
        axes: part.axes,
        cellAt: (position) => cellAt(part, position),
        kinds,
        highlighted: cause === undefined ? undefined : sessionsOf(cause, part),
      }),
    [part, kinds, cause],
  )
  return (
    <>
      <GridLegend label="Share of a session" entries={legend} />
      <SessionGrid
        label="Difference grid"
        picture={picture}
        selection={selection}
        onSelect={onSelect}
        maxHeight={MAX_HEIGHT}
        shownFirst="newest"
        readingOf={(position) => {
          const cell = cellAt(part, position)
          return cell === undefined ? 'not compared' : cellWords(cell)
        }}
      />
    </>
  )
}

/** `SYMBOL SESSION` of where a cause shows. */
function sessionsOf(cause: RunCause, { axes }: GridPart): ReadonlySet<string> {
  return new Set(
    cause.symbols.flatMap(({ symbol, dates }) =>
      axes.sessions
        .filter((date) => dates === null || dates.some(({ from, to }) => date >= from && date <= to))
        .map((date) => `${symbol} ${date}`),
    ),
  )
}
