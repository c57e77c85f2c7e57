import type { UseQueryResult } from '@tanstack/react-query'
import { useRef } from 'react'
import type { OldRun } from '#shared/contract/contract.ts'
import type { Described } from '#shared/contract/old-data.ts'
import type { Job } from '#shared/jobs/job.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { CommandPanel } from './command-panel.tsx'
import { DualRunPanel } from './dual-run-panel.tsx'
import { withJob } from './old-run-words.ts'
import { RunPanel } from './run-panel.tsx'
import { RunsPanel } from './runs-panel.tsx'

interface RunsPartProps {
  readonly described: UseQueryResult<Described>
  readonly runs: UseQueryResult<OldRun[]>
  readonly jobs: readonly Job[]
  /** The run that is opened; the newest when undefined. */
  readonly runId: string | undefined
  readonly onRun: (runId: string) => void
}

/** The old pipeline's command, its runs, and both pipelines together. */
export function RunsPart({ described, runs, jobs, runId, onRun }: RunsPartProps) {
  const printed = useRef<HTMLDivElement>(null)
  const showPrinted = (id: string): void => {
    onRun(id)
    // It stands below the list, which is out of view as often as not.
    requestAnimationFrame(() => {
      printed.current?.scrollIntoView({ block: 'center' })
      printed.current?.focus({ preventScroll: true })
    })
  }
  const dualRun = jobs.find(({ kind }) => kind === 'dual-run')
  return (
    <>
      {described.data !== undefined && (
        <CommandPanel described={described.data} onLookAgain={() => void described.refetch()} />
      )}
      {dualRun !== undefined && <DualRunPanel job={dualRun} jobs={jobs} onPrinted={showPrinted} />}
      <QueryView query={runs} height={300}>
        {(list) => {
          // Without a command and without a run there is nothing to list, and the panel above says what is needed.
          if (list.length === 0 && described.data?.command === null) return null
          const shown = list.map((run) => withJob(run, jobs))
          const open = runId === undefined ? shown[0] : shown.find((run) => run.runId === runId)
          return (
            <>
              <RunsPanel runs={shown} selected={open?.runId} onSelect={onRun} />
              {open !== undefined && (
                <RunPanel
                  key={open.runId}
                  run={open}
                  job={jobs.find(({ id }) => id === open.runId)}
                  printedRef={printed}
                />
              )}
              {runId !== undefined && open === undefined && (
                <PanelGrid columns="minmax(0, 1fr)">
                  <Panel title="Run that is not there">
                    <EmptyState title={`There is no run ${runId} among the newest`}>
                      Choose another one above.
                    </EmptyState>
                  </Panel>
                </PanelGrid>
              )}
            </>
          )
        }}
      </QueryView>
    </>
  )
}
