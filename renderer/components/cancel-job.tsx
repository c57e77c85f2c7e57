import { useMutation } from '@tanstack/react-query'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { orpc } from '../engine-client.ts'
import { shownError } from '../error-report.ts'
import { JOB_NAMES } from '../wording/job-words.ts'
import { ActionButton } from './action-button.tsx'
import { OperatorError } from './operator-error.tsx'

/** Asks the engine to stop a job. What was finished stays; the job's state says when it has stopped. */
export function CancelJob({ job }: { readonly job: Job }) {
  const cancelling = useMutation(orpc.jobs.cancel.mutationOptions())
  if (isFinal(job.state)) return null
  // Cancelling is asked for, not done, until the job says so itself.
  const isAsked = cancelling.isPending || cancelling.isSuccess
  return (
    <>
      <ActionButton
        label={`Cancel ${JOB_NAMES[job.kind]}`}
        isBusy={isAsked}
        busyWords="Cancelling"
        onClick={() => cancelling.mutate({ id: job.id })}
      >
        Cancel
      </ActionButton>
      {cancelling.error !== null && <OperatorError error={shownError(cancelling.error)} />}
    </>
  )
}
