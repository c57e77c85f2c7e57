import { useQuery } from '@tanstack/react-query'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { oneCell } from '../../grid/grid-cells.ts'
import { useViewContext } from '../../view-context.ts'
import type { ChangeView, CompareView } from './compare-address.ts'
import { FeaturesPanel } from './features-panel.tsx'
import { FieldsPanel } from './fields-panel.tsx'
import classes from './fields-view.module.css'
import { HistogramPanel } from './histogram-panel.tsx'
import { LargestPanel } from './largest-panel.tsx'
import type { Minute } from './minute-panel.tsx'
import { ProfilePanel } from './profile-panel.tsx'
import { ScatterPanel } from './scatter-panel.tsx'
import { TestsPanel } from './tests-panel.tsx'

interface FieldsViewProps {
  readonly run: ComparisonRunDetail
  readonly view: CompareView
  readonly onChange: ChangeView
  /** One zone for all minutes. */
  readonly zone: string
}

/** How large the differences of each field are, where they are, and whether the values are distributed alike. */
export function FieldsView({ run, view, onChange, zone }: FieldsViewProps) {
  const [context] = useViewContext()
  const report = useQuery(orpc.compare.report.queryOptions({ input: { runId: run.runId } }))
  const { field } = view
  const showMinute = ({ symbol, sessionDate, ts }: Minute): void =>
    onChange({ part: 'session', selection: oneCell({ symbol, sessionDate }), atTs: ts, zoom: undefined })
  return (
    <div className={classes.view}>
      <FieldsPanel
        run={run}
        errors={report.data?.errors}
        field={field}
        onSelect={(chosen) => onChange({ field: chosen })}
      />
      <div className={classes.pair}>
        <HistogramPanel
          run={run}
          field={field}
          symbol={view.selection?.focus.symbol ?? context.symbol ?? run.symbols.at(0)}
          context={context}
        />
        <ProfilePanel run={run} field={field} />
        <ScatterPanel run={run} field={field} zone={zone} onMinute={showMinute} />
        <LargestPanel run={run} field={field} zone={zone} onMinute={showMinute} />
      </div>
      <QueryView query={report} height={360}>
        {({ tests }) => <TestsPanel tests={tests} field={field} />}
      </QueryView>
      {run.features !== null && <FeaturesPanel features={run.features} />}
    </div>
  )
}
