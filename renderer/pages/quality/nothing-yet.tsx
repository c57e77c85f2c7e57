import { Button } from '@mantine/core'
import { useLocation } from 'wouter'
import { EmptyState } from '../../components/empty-state.tsx'
import { PanelGrid } from '../../components/panel.tsx'

/** Stands where there is nothing to check. */
export function NothingYet() {
  const [, navigate] = useLocation()
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <EmptyState
        title="Nothing to check yet"
        actions={
          <Button variant="filled" onClick={() => navigate('/ingest')}>
            Go to ingest
          </Button>
        }
      >
        When bars are fetched and curated, every session is checked against the quality rules and stands here as a cell:
        how far it is covered, what was found, what was filled, and whether it is up to date.
      </EmptyState>
    </PanelGrid>
  )
}
