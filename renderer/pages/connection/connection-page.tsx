import { Page } from '../../components/page.tsx'
import { PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useConnectionState } from '../../engine-client.ts'
import { useOverview } from '../../engine-queries.ts'
import { EventLog } from './event-log.tsx'
import { FarmsPanel } from './farms-panel.tsx'
import { LimitsPanel } from './limits-panel.tsx'
import { StatePanel } from './state-panel.tsx'
import { TrafficPanel } from './traffic-panel.tsx'

/** Is TWS there, what does that mean for work, how close are we to what it allows, and what has it said. */
export default function ConnectionPage() {
  const overview = useOverview()
  const connection = overview.data?.connection
  const isLive = useConnectionState().kind === 'live'
  return (
    <Page
      title="Connection"
      sentence={connection === undefined ? '' : `${connection.message} ${connection.consequence}`}
    >
      <QueryView query={overview} height={300}>
        {({ connection: shown }) => (
          <>
            <PanelGrid columns="minmax(0, 1fr)">
              <StatePanel connection={shown} isKnown={isLive} />
            </PanelGrid>
            <PanelGrid columns="370px 330px minmax(0, 1fr)" narrow="minmax(0, 1fr) minmax(0, 1fr)">
              <FarmsPanel connection={shown} />
              <LimitsPanel connection={shown} />
              <TrafficPanel />
            </PanelGrid>
          </>
        )}
      </QueryView>
      <PanelGrid columns="minmax(0, 1fr)">
        <EventLog />
      </PanelGrid>
    </Page>
  )
}
