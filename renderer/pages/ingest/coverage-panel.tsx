import { SegmentedControl } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Coverage } from '#shared/contract/ingest.ts'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { formatQuantity } from '../../format/numbers.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import { countStates } from './coverage-cells.ts'
import { CoverageGrid } from './coverage-grid.tsx'
import { CoverageLegend } from './coverage-legend.tsx'
import classes from './coverage-panel.module.css'
import { CoverageTable } from './coverage-table.tsx'

interface CoveragePanelProps {
  readonly coverage: UseQueryResult<Coverage>
  /** Why there is nothing to show: the chosen dates are no range of sessions. */
  readonly isBlocked: boolean
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange | undefined) => void
}

const MAX_HEIGHT = 366

/** How far each session of the chosen range is fetched; fills while a run is at work. */
export function CoveragePanel({ coverage, isBlocked, selection, onSelect }: CoveragePanelProps) {
  const [form, setForm] = useState<'grid' | 'table'>('grid')
  const { data } = coverage
  const counts = useMemo(() => (data === undefined ? undefined : countStates(data)), [data])
  return (
    <Panel
      title="Coverage"
      note={
        isBlocked || data === undefined
          ? ''
          : `${formatQuantity(data.rows.length, 'symbol')} by ${formatQuantity(data.sessions.length, 'session')}`
      }
      controls={
        <SegmentedControl
          aria-label="Coverage as"
          data={[
            { value: 'grid', label: 'Grid' },
            { value: 'table', label: 'Table' },
          ]}
          value={form}
          onChange={setForm}
        />
      }
    >
      {isBlocked ? (
        <p className={classes.words}>The coverage appears when the dates hold a session.</p>
      ) : (
        <QueryView query={coverage} height={180}>
          {(shown) => (
            <div className={classes.body} data-stale={coverage.isPlaceholderData || undefined}>
              {counts !== undefined && <CoverageLegend counts={counts} />}
              {form === 'grid' ? (
                <CoverageGrid coverage={shown} selection={selection} onSelect={onSelect} maxHeight={MAX_HEIGHT} />
              ) : (
                <CoverageTable coverage={shown} selection={selection} onSelect={onSelect} maxHeight={MAX_HEIGHT} />
              )}
            </div>
          )}
        </QueryView>
      )}
    </Panel>
  )
}
