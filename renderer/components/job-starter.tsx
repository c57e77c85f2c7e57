import type { ReactNode } from 'react'
import type { Job } from '#shared/jobs/job.ts'
import type { JobAction } from '../wording/job-actions.ts'
import { ActionPopover } from './action-popover.tsx'

interface JobStarterProps {
  readonly action: JobAction
  /** The selection the job would work on, in words. */
  readonly scope: string
  readonly start: () => Promise<Job>
  /** True for the one step that the page recommends next. */
  readonly isNext?: boolean
  /** Why it cannot be started now; a full sentence. */
  readonly blockedBy?: string | undefined
  /** A preview, or choices to make before it starts. */
  readonly children?: ReactNode
}

/** A button that says what the job will do, write and leave behind when cancelled, and starts it when confirmed. */
export function JobStarter({ action, scope, start, isNext = false, blockedBy, children }: JobStarterProps) {
  return (
    <ActionPopover
      label={action.label}
      variant={isNext ? 'filled' : 'default'}
      title={action.title}
      facts={[
        ['Works on', scope],
        ['Does', action.does],
        ['Leaves alone', action.keeps],
        ['Cancel', action.cancel],
      ]}
      confirm={action.confirm}
      busyWords="Starting"
      act={start}
      blockedBy={blockedBy}
    >
      {children}
    </ActionPopover>
  )
}
