import { Tooltip } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { JobAction } from '#shared/jobs/job-actions.ts'
import { possibleActions } from '#shared/jobs/job-actions.ts'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { orpc } from '../engine-client.ts'
import { shownError } from '../error-report.ts'
import { controlWords } from '../wording/job-controls.ts'
import { JOB_NAMES } from '../wording/job-words.ts'
import { ActionButton } from './action-button.tsx'
import classes from './job-controls.module.css'
import { OperatorError } from './operator-error.tsx'

/** What can be asked of a job now, as buttons that say what they do when they are pointed at. */
export function JobControls({ job }: { readonly job: Job }) {
  const steering = useSteering(job)
  if (isFinal(job.state)) return null
  return (
    <div className={classes.controls}>
      <div className={classes.buttons}>
        {possibleActions(job).map((action) => (
          <Tooltip key={SLOTS[action]} label={controlWords(action, job.kind).does} multiline maw={280}>
            <span>
              <ControlButton job={job} action={action} steering={steering} />
            </span>
          </Tooltip>
        ))}
      </div>
      {steering.error !== null && <OperatorError error={shownError(steering.error)} />}
    </div>
  )
}

/** What can be asked of a job now, each button with what it does and whether that can be undone. */
export function ExplainedJobControls({ job }: { readonly job: Job }) {
  const steering = useSteering(job)
  if (isFinal(job.state)) return null
  return (
    <div className={classes.controls}>
      <ul className={classes.explained}>
        {possibleActions(job).map((action) => (
          <li key={SLOTS[action]} className={classes.entry}>
            <ControlButton job={job} action={action} steering={steering} />
            <span className={classes.does}>{controlWords(action, job.kind).does}</span>
          </li>
        ))}
      </ul>
      {steering.error !== null && <OperatorError error={shownError(steering.error)} />}
    </div>
  )
}

/** Pause and resume take each other's place, so that the button under the pointer and the focus stays. */
const SLOTS: Readonly<Record<JobAction, string>> = {
  pause: 'pause',
  resume: 'pause',
  drain: 'drain',
  cancel: 'cancel',
}

type Steering = ReturnType<typeof useSteering>

function useSteering(job: Job) {
  const calls = {
    pause: useMutation(orpc.jobs.pause.mutationOptions()),
    resume: useMutation(orpc.jobs.resume.mutationOptions()),
    drain: useMutation(orpc.jobs.drain.mutationOptions()),
    cancel: useMutation(orpc.jobs.cancel.mutationOptions()),
  } as const
  return {
    ask(action: JobAction): void {
      for (const call of Object.values(calls)) if (call.isError) call.reset()
      calls[action].mutate({ id: job.id })
    },
    /** Cancelling is asked for, not done, until the job says so itself. */
    isBusy: (action: JobAction): boolean => calls[action].isPending || (action === 'cancel' && calls.cancel.isSuccess),
    error: Object.values(calls).find((call) => call.error !== null)?.error ?? null,
  }
}

interface ControlButtonProps {
  readonly job: Job
  readonly action: JobAction
  readonly steering: Steering
}

function ControlButton({ job, action, steering }: ControlButtonProps) {
  const { verb, busy } = controlWords(action, job.kind)
  return (
    <ActionButton
      label={`${verb} ${JOB_NAMES[job.kind]}`}
      isBusy={steering.isBusy(action)}
      busyWords={busy}
      onClick={() => steering.ask(action)}
    >
      {verb}
    </ActionButton>
  )
}
