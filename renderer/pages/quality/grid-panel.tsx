import { SegmentedControl } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { QualityGrid } from '#shared/contract/quality.ts'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { formatQuantity } from '../../format/numbers.ts'
import { legendOfKinds } from '../../grid/cell-kinds.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import { GridLegend } from '../../grid/grid-legend.tsx'
import type { GridForm } from '../../grid/grid-or-table.tsx'
import { GridOrTable } from '../../grid/grid-or-table.tsx'
import type { SelectionStep } from '../../grid/session-grid.tsx'
import { SessionGrid } from '../../grid/session-grid.tsx'
import { ruleTitle } from '../../wording/quality-words.ts'
import classes from './grid-panel.module.css'
import type { Layer } from './quality-address.ts'
import { allCells, cellAt, cellWords } from './quality-cells.ts'
import { LAYER_KINDS } from './quality-layers.ts'
import { pictureOf } from './quality-picture.ts'
import { QualityTable } from './quality-table.tsx'

interface GridPanelProps {
  readonly grid: UseQueryResult<QualityGrid>
  readonly layer: Layer
  readonly onLayer: (layer: Layer) => void
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange | undefined, step: SelectionStep) => void
  /** The chosen rule. */
  readonly rule: string | undefined
  /** `SYMBOL SESSION` of what it found something in; all others are drawn faint in the layer of findings. */
  readonly highlighted: ReadonlySet<string> | undefined
}

const MAX_HEIGHT = 366
const LAYER_NAMES = [
  { value: 'coverage', label: 'Coverage' },
  { value: 'findings', label: 'Findings' },
  { value: 'fills', label: 'Fills' },
  { value: 'staleness', label: 'Staleness' },
] as const satisfies readonly { readonly value: Layer; readonly label: string }[]

/** Symbols by sessions in one of four layers, as a grid or as a table. */
export function GridPanel(props: GridPanelProps) {
  const { grid, layer, onLayer, selection, onSelect, rule, highlighted } = props
  const [form, setForm] = useState<GridForm>('grid')
  const { data } = grid
  return (
    <Panel
      title="Sessions"
      note={<span className={classes.note}>{noteOf(data, layer === 'findings' ? rule : undefined)}</span>}
      controls={
        <>
          <SegmentedControl aria-label="Layer" data={[...LAYER_NAMES]} value={layer} onChange={onLayer} />
          <GridOrTable form={form} onForm={setForm} />
        </>
      }
    >
      <QueryView query={grid} height={220}>
        {(shown) => (
          <div className={classes.body} data-stale={grid.isPlaceholderData || undefined}>
            <Legend grid={shown} layer={layer} />
            {form === 'grid' ? (
              <Grid grid={shown} layer={layer} highlighted={highlighted} selection={selection} onSelect={onSelect} />
            ) : (
              <QualityTable grid={shown} selection={selection} onSelect={onSelect} maxHeight={MAX_HEIGHT} />
            )}
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

function noteOf(grid: QualityGrid | undefined, rule: string | undefined): string {
  if (grid === undefined) return ''
  const size = `${formatQuantity(grid.rows.length, 'symbol')} by ${formatQuantity(grid.sessions.length, 'session')}`
  return rule === undefined ? size : `${size}, faint without “${ruleTitle(rule)}”`
}

function Legend({ grid, layer }: { readonly grid: QualityGrid; readonly layer: Layer }) {
  const entries = useMemo(
    () => legendOfKinds(LAYER_KINDS[layer], allCells(grid), { coverage: 0.5, filled: 20 }),
    [grid, layer],
  )
  return <GridLegend label="Kinds of sessions" entries={entries} />
}

type GridProps = Pick<GridPanelProps, 'layer' | 'highlighted' | 'selection' | 'onSelect'> & {
  readonly grid: QualityGrid
}

function Grid({ grid, layer, highlighted, selection, onSelect }: GridProps) {
  const picture = useMemo(() => pictureOf(grid, layer, highlighted), [grid, layer, highlighted])
  return (
    <SessionGrid
      label="Quality grid"
      picture={picture}
      selection={selection}
      onSelect={onSelect}
      maxHeight={MAX_HEIGHT}
      shownFirst="newest"
      readingOf={(position) => {
        const cell = cellAt(grid, position)
        return cell === undefined ? 'nothing to build it from' : cellWords(cell)
      }}
    />
  )
}
