import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { orpc } from '../../engine-client.ts'
import { useOverview } from '../../engine-queries.ts'
import { CausesView } from './causes-view.tsx'
import type { Part } from './compare-address.ts'
import { EVERY_ROW, useCompareView } from './compare-address.ts'
import { FieldsView } from './fields-view.tsx'
import { RowsView } from './rows-view.tsx'
import classes from './run-view.module.css'
import { RunFiles } from './run-files.tsx'
import { RunsView } from './runs-view.tsx'
import { SessionView } from './session-view.tsx'
import { TolerancesView } from './tolerances-view.tsx'
import { Verdict } from './verdict.tsx'

const PART_NAMES = [
  { value: 'causes', label: 'Causes and sessions' },
  { value: 'session', label: 'Minutes' },
  { value: 'fields', label: 'Fields' },
  { value: 'rows', label: 'Rows' },
  { value: 'tolerances', label: 'Other tolerances' },
  { value: 'runs', label: 'Runs and trend' },
] as const satisfies readonly { readonly value: Part; readonly label: string }[]

/** One run: the verdict, and beneath it the part that is looked at. */
export function RunView({ run }: { readonly run: ComparisonRunDetail }) {
  const [view, change] = useCompareView(run)
  const causes = useQuery(orpc.compare.causes.queryOptions({ input: { runId: run.runId } }))
  const symbols = useOverview().data?.symbols ?? []
  const zoneOf = (symbol: string): string => symbols.find((entry) => entry.symbol === symbol)?.zone ?? 'UTC'
  const zones = new Set(run.symbols.map(zoneOf))
  // One zone for a whole column: the exchange's when all symbols share it.
  const zone = (zones.size === 1 ? [...zones][0] : undefined) ?? 'UTC'
  const shared = { run, view, onChange: change, zoneOf, zone }
  const found = causes.data?.causes ?? []

  return (
    <>
      <Verdict
        run={run}
        causes={causes}
        part={view.part}
        onPart={(part) => change(part === 'rows' ? { part, rows: { ...EVERY_ROW, state: 'open' } } : { part })}
      />
      <div className={classes.parts}>
        <SegmentedControl
          aria-label="Part"
          data={[...PART_NAMES]}
          value={view.part}
          onChange={(part) => change({ part })}
        />
        <RunFiles run={run} />
      </div>
      <div className={classes.body}>
        {view.part === 'causes' && <CausesView {...shared} causes={causes} />}
        {view.part === 'session' && <SessionView {...shared} causes={found} />}
        {view.part === 'fields' && <FieldsView {...shared} />}
        {view.part === 'rows' && <RowsView {...shared} causes={found} />}
        {view.part === 'tolerances' && <TolerancesView {...shared} />}
        {view.part === 'runs' && <RunsView {...shared} />}
      </div>
    </>
  )
}
