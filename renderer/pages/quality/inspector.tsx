import { SegmentedControl } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useQuery } from '@tanstack/react-query'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import type { QualityGrid } from '#shared/contract/quality.ts'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import type { CellRef } from '../../grid/grid-cells.ts'
import { boxOf, isOneCell, isSameCell, oneCell } from '../../grid/grid-cells.ts'
import classes from './inspector.module.css'
import type { ChangeView, QualityView } from './quality-address.ts'
import { axesOf } from './quality-cells.ts'
import { RangeInspector } from './range-inspector.tsx'
import { SESSION_CHART_HEIGHT } from './session-chart.tsx'
import { SessionInspector } from './session-inspector.tsx'
import { WorstSessions } from './worst-sessions.tsx'

/** While arrows are held down nothing is asked for. */
const SETTLE_MS = 120

interface InspectorProps {
  readonly grid: UseQueryResult<QualityGrid>
  readonly view: QualityView
  readonly onChange: ChangeView
}

/** What is known about what is selected in the grid, and what can be done about it. */
export function Inspector({ grid, view, onChange }: InspectorProps) {
  const { selection } = view
  const [settled] = useDebouncedValue(selection, SETTLE_MS, { leading: true })
  if (selection === undefined || settled === undefined) {
    return (
      <Panel title="Selected" className={classes.panel}>
        <p className={classes.words}>
          Select a session in the grid: its bars with their marks, its findings and what can be done stand here. Click a
          bar to see where it comes from. Drag or hold Shift to select a range.
        </p>
        {grid.data !== undefined && (
          <WorstSessions
            grid={grid.data}
            onSelect={(cell) => onChange({ selection: oneCell(cell), atTs: undefined })}
          />
        )}
      </Panel>
    )
  }
  if (isOneCell(settled)) {
    const isSettled = isSameCell(settled.focus, selection.focus)
    return <OneSession of={settled.focus} atTs={isSettled ? view.atTs : undefined} onChange={onChange} />
  }
  const box = grid.data === undefined ? undefined : boxOf(axesOf(grid.data), settled)
  return (
    <Panel title="Selected range" className={classes.panel}>
      {grid.data === undefined || box === undefined ? (
        <p className={classes.words}>The selected range is no longer in the grid.</p>
      ) : (
        <RangeInspector grid={grid.data} box={box} />
      )}
    </Panel>
  )
}

interface OneSessionProps {
  readonly of: CellRef
  readonly atTs: number | undefined
  readonly onChange: ChangeView
}

function OneSession({ of: { symbol, sessionDate }, atTs, onChange }: OneSessionProps) {
  const session = useQuery(orpc.quality.session.queryOptions({ input: { symbol, sessionDate } }))
  const [isNear, setNear] = useState(false)
  const { data } = session
  const note =
    data === undefined
      ? ''
      : `${formatZoneClock(data.openTs, data.zone)} to ${formatZoneClock(data.closeTs, data.zone)} ${zoneName(data.zone)}${data.earlyClose ? ', early close' : ''}`
  return (
    <Panel
      title={`${symbol} ${sessionDate}`}
      note={note}
      className={classes.panel}
      controls={
        atTs !== undefined && (
          <SegmentedControl
            aria-label="Drawn"
            data={[
              { value: 'session', label: 'Session' },
              { value: 'near', label: 'Around bar' },
            ]}
            value={isNear ? 'near' : 'session'}
            onChange={(value) => setNear(value === 'near')}
          />
        )
      }
    >
      <QueryView query={session} height={SESSION_CHART_HEIGHT + 160}>
        {(report) => (
          <SessionInspector
            key={`${symbol} ${sessionDate}`}
            report={report}
            atTs={atTs}
            isNear={isNear}
            // A step from bar to bar is no place to go back to.
            onBar={(ts) => onChange({ atTs: ts }, 'replace')}
          />
        )}
      </QueryView>
    </Panel>
  )
}
