import type { Overview } from '#shared/contract/contract.ts'
import type { OldCommand } from '#shared/contract/old-runs.ts'
import type { SessionWindow } from '../../components/window-starter.tsx'
import { WindowStarter } from '../../components/window-starter.tsx'
import { orpc } from '../../engine-client.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { commandBlocker, commandFacts } from '../../wording/old-command-words.ts'

interface RunStartersProps {
  readonly overview: Overview
  /** Null when switchyard.yaml does not say how the old pipeline is run. */
  readonly command: OldCommand | null
  /** Whether it was never run. */
  readonly isFirst: boolean
  /** Shows what was started. */
  readonly onStarted: () => void
}

/** Starts the old pipeline's command alone, or both pipelines; each says with which command and where it writes. */
export function RunStarters({ overview, command, isFirst, onStarted }: RunStartersProps) {
  const blockedBy = commandBlocker(command)
  const factsOf = (window: SessionWindow) => (command === null ? [] : commandFacts(command, overview, window))
  return (
    <>
      <WindowStarter
        action={JOB_ACTIONS.oldRun}
        overview={overview}
        isNext={isFirst && blockedBy === undefined}
        blockedBy={blockedBy}
        factsOf={factsOf}
        start={async (window) => {
          const job = await orpc.legacy.run.call(window)
          onStarted()
          return job
        }}
      />
      <WindowStarter
        action={JOB_ACTIONS.dualRun}
        overview={overview}
        blockedBy={blockedBy}
        factsOf={factsOf}
        start={async (window) => {
          const job = await orpc.dualRun.start.call(window)
          onStarted()
          return job
        }}
      />
    </>
  )
}
