import type { UseQueryResult } from '@tanstack/react-query'
import { useQuery } from '@tanstack/react-query'
import type { Coverage } from '#shared/contract/ingest.ts'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import type { CellRange, CellRef } from '../../grid/grid-cells.ts'
import { boxOf, isOneCell } from '../../grid/grid-cells.ts'
import { axesOf } from './coverage-cells.ts'
import classes from './inspector.module.css'
import { RangeInspector } from './range-inspector.tsx'
import { SessionInspector } from './session-inspector.tsx'

interface InspectorProps {
  readonly coverage: UseQueryResult<Coverage>
  readonly selection: CellRange | undefined
  /** IANA zone of a symbol's exchange. */
  readonly zoneOf: (symbol: string) => string
}

/** What is known about what is selected in the coverage, and what can be done about it. */
export function Inspector({ coverage, selection, zoneOf }: InspectorProps) {
  if (selection === undefined) {
    return (
      <Panel title="Selected" className={classes.panel}>
        <p className={classes.words}>
          Select a session in the coverage: its bars, gaps, requests and revisions stand here, with what can be done.
          Drag or hold Shift to select a range.
        </p>
      </Panel>
    )
  }
  if (isOneCell(selection)) return <OneSession of={selection.focus} zone={zoneOf(selection.focus.symbol)} />
  const box = coverage.data === undefined ? undefined : boxOf(axesOf(coverage.data), selection)
  return (
    <Panel title="Selected range" className={classes.panel}>
      {coverage.data === undefined || box === undefined ? (
        <p className={classes.words}>The selected range is no longer in the coverage.</p>
      ) : (
        <RangeInspector coverage={coverage.data} box={box} />
      )}
    </Panel>
  )
}

function OneSession({ of: { symbol, sessionDate }, zone }: { readonly of: CellRef; readonly zone: string }) {
  const session = useQuery(orpc.ingest.session.queryOptions({ input: { symbol, sessionDate } }))
  return (
    <Panel title={`${symbol} ${sessionDate}`} className={classes.panel}>
      <QueryView query={session} height={240}>
        {(data) => <SessionInspector key={`${symbol} ${sessionDate}`} session={data} zone={zone} />}
      </QueryView>
    </Panel>
  )
}
