import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { PanelGrid } from '../../components/panel.tsx'
import { useOverview } from '../../engine-queries.ts'
import { useViewContext } from '../../view-context.ts'
import { useCompareSelection } from './compare-selection.ts'
import { FieldsPanel } from './fields-panel.tsx'
import { HistogramPanel } from './histogram-panel.tsx'
import { LargestPanel } from './largest-panel.tsx'
import { OverlayPanel } from './overlay-panel.tsx'
import classes from './run-view.module.css'
import { SessionsPanel } from './sessions-panel.tsx'
import { Verdict } from './verdict.tsx'

/** One run: verdict first, then fields and largest differences beside the selected session, then sessions and distribution. */
export function RunView({ run }: { readonly run: ComparisonRunDetail }) {
  const [context] = useViewContext()
  const [selection, select] = useCompareSelection(run, context)
  const symbols = useOverview().data?.symbols ?? []
  const zoneOf = (symbol: string): string | undefined => symbols.find((entry) => entry.symbol === symbol)?.zone

  return (
    <>
      <Verdict counts={run.counts} />
      <PanelGrid columns="minmax(400px, 42%) minmax(0, 1fr)" narrow="minmax(0, 1fr)">
        <div className={classes.stack}>
          <FieldsPanel run={run} field={selection.field} onSelect={(field) => select({ field })} />
          <LargestPanel run={run} selection={selection} onSelect={select} zoneOf={zoneOf} />
        </div>
        <OverlayPanel run={run} selection={selection} onField={(field) => select({ field })} />
      </PanelGrid>
      <PanelGrid columns="minmax(400px, 42%) minmax(0, 1fr)" narrow="minmax(0, 1fr)">
        <SessionsPanel run={run} selection={selection} context={context} onSelect={select} />
        <HistogramPanel run={run} field={selection.field} symbol={selection.symbol} context={context} />
      </PanelGrid>
    </>
  )
}
