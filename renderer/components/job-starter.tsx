import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useCallback, useState } from 'react'
import type { Job } from '#shared/jobs/job.ts'
import { useConnectionState } from '../engine-client.ts'
import { shownError } from '../error-report.ts'
import type { JobAction } from '../wording/job-actions.ts'
import { ActionButton } from './action-button.tsx'
import classes from './job-starter.module.css'
import { OperatorError } from './operator-error.tsx'
import { PanelPopover } from './panel-popover.tsx'

interface JobStarterProps {
  readonly action: JobAction
  /** The selection the job would work on, in words. */
  readonly scope: string
  readonly start: () => Promise<Job>
  /** True for the one step that the page recommends next. */
  readonly isNext?: boolean
  /** Why it cannot be started now; a full sentence. */
  readonly blockedBy?: string | undefined
  /** Choices to make before it starts. */
  readonly children?: ReactNode
}

/** A button that says what the job will do, write and leave behind when cancelled, and starts it when confirmed. */
export function JobStarter({ action, scope, start, isNext = false, blockedBy, children }: JobStarterProps) {
  const [isOpen, setOpen] = useState(false)
  const isLive = useConnectionState().kind === 'live'
  const starting = useMutation({ mutationFn: start, onSuccess: () => setOpen(false) })
  const blocker = isLive ? blockedBy : 'The engine cannot be reached right now.'

  const { reset } = starting
  const change = useCallback(
    (open: boolean): void => {
      setOpen(open)
      if (open) reset()
    },
    [reset],
  )

  return (
    <PanelPopover
      width={340}
      isOpen={isOpen}
      onOpenChange={change}
      renderTrigger={(props) => (
        <Button {...props} variant={isNext ? 'filled' : 'default'}>
          {action.label}
        </Button>
      )}
    >
      <h3 className={classes.title}>{action.title}</h3>
      <dl className={classes.facts}>
        <dt>Works on</dt>
        <dd>{scope}</dd>
        <dt>Does</dt>
        <dd>{action.does}</dd>
        <dt>Leaves alone</dt>
        <dd>{action.keeps}</dd>
        <dt>Cancel</dt>
        <dd>{action.cancel}</dd>
      </dl>
      {children}
      {starting.error !== null && <OperatorError error={shownError(starting.error)} />}
      {blocker !== undefined && <p className={classes.blocked}>Not possible now: {blocker}</p>}
      <div className={classes.buttons}>
        <ActionButton
          variant="filled"
          isDisabled={blocker !== undefined}
          isBusy={starting.isPending}
          busyWords="Starting"
          onClick={() => starting.mutate()}
          takesFocus
        >
          {action.confirm}
        </ActionButton>
        <Button onClick={() => setOpen(false)}>Close</Button>
      </div>
    </PanelPopover>
  )
}
