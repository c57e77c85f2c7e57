import type { UseQueryResult } from '@tanstack/react-query'
import { useQuery } from '@tanstack/react-query'
import type { RunCauses } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { CauseInspector } from './cause-inspector.tsx'
import { CausesPanel, OPEN_KEY } from './causes-panel.tsx'
import sides from '../../components/side-by-side.module.css'
import classes from './causes-view.module.css'
import type { ChangeView, CompareView, RowFilter } from './compare-address.ts'
import { EVERY_ROW } from './compare-address.ts'
import { HeatmapPanel } from './heatmap-panel.tsx'
import { OpenInspector } from './open-inspector.tsx'
import { RangePanel } from './range-panel.tsx'
import { undecided } from './verdict-words.ts'

interface CausesViewProps {
  readonly run: ComparisonRunDetail
  readonly causes: UseQueryResult<RunCauses>
  readonly view: CompareView
  readonly onChange: ChangeView
  readonly zoneOf: (symbol: string) => string
}

/** Why old and new differ and where: causes above, sessions beneath, and beside them what is chosen in either. */
export function CausesView({ run, causes, view, onChange, zoneOf }: CausesViewProps) {
  const grid = useQuery(orpc.compare.grid.queryOptions({ input: { runId: run.runId }, structuralSharing: false }))
  const { selection } = view
  const chosen = selection === undefined ? chosenKey(view.cause, causes.data) : undefined
  const cause = causes.data?.causes.find(({ causeKey }) => causeKey === chosen)
  const showRows = (rows: RowFilter): void => onChange({ part: 'rows', rows })
  return (
    <div className={classes.bench}>
      <div className={sides.picture}>
        <QueryView query={causes} height={240}>
          {(found) => (
            <CausesPanel
              found={found}
              chosen={chosen}
              onChoose={(causeKey) => onChange({ cause: causeKey, selection: undefined, atTs: undefined })}
            />
          )}
        </QueryView>
        <HeatmapPanel
          run={run}
          grid={grid}
          layer={view.layer}
          onLayer={(layer) => onChange({ layer })}
          selection={selection}
          onSelect={(range, step) =>
            onChange({ selection: range, atTs: undefined, zoom: undefined }, step === 'moved' ? 'replace' : 'push')
          }
          // Only one that was chosen: the whole grid is to be seen at first.
          cause={view.cause === undefined ? undefined : cause}
        />
      </div>
      <div className={sides.side}>
        {selection !== undefined ? (
          <QueryView query={grid} height={200}>
            {(data) => (
              <RangePanel
                grid={data}
                selection={selection}
                onSession={() => onChange({ part: 'session' })}
                onRows={(range) => showRows({ ...EVERY_ROW, ...range })}
              />
            )}
          </QueryView>
        ) : (
          <QueryView query={causes} height={320}>
            {(found) =>
              cause !== undefined ? (
                <CauseInspector
                  run={run}
                  found={found}
                  cause={cause}
                  zoneOf={zoneOf}
                  onRows={() => showRows({ ...EVERY_ROW, cause: cause.causeKey })}
                  // It stays in view, so that what was decided is seen.
                  onAccepted={() => onChange({ cause: cause.causeKey }, 'replace')}
                />
              ) : chosen === OPEN_KEY ? (
                <OpenInspector found={found} onRows={showRows} />
              ) : (
                <NoCause found={found} sample={run.sample} />
              )
            }
          </QueryView>
        )}
      </div>
    </div>
  )
}

/** What is chosen, else what needs a decision first, else what explains most. */
function chosenKey(asked: string | undefined, found: RunCauses | undefined): string | undefined {
  if (found === undefined) return undefined
  const { causes, differences } = found
  if (asked !== undefined && causes.some(({ causeKey }) => causeKey === asked)) return asked
  const hasOpen = found.isSearched && differences.open > 0
  if (asked === OPEN_KEY && hasOpen) return OPEN_KEY
  return undecided(causes).at(0)?.causeKey ?? (hasOpen ? OPEN_KEY : causes.at(0)?.causeKey)
}

/** Why there is no cause to look at. */
function NoCause({ found, sample }: { readonly found: RunCauses; readonly sample: number | null }) {
  return (
    <Panel title="Selected">
      {found.isSearched ? (
        <EmptyState title="Nothing to explain">
          Old and new are equal or within tolerance in every minute. Select a session in the grid to see it minute by
          minute.
        </EmptyState>
      ) : (
        <EmptyState title="Causes were not searched for">
          {sample === null
            ? 'This run is from before causes were searched for, or was asked not to. Compare again to find them.'
            : 'Causes show in minutes that follow each other, and a sample leaves most of them out. Compare again without a sample to find them.'}{' '}
          Sessions, fields and rows of this run can be looked at all the same.
        </EmptyState>
      )}
    </Panel>
  )
}
