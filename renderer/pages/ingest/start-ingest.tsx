import { useMutation } from '@tanstack/react-query'
import type { Job } from '#shared/jobs/job.ts'
import type { JobParamsInput } from '#shared/jobs/job-kinds.ts'
import { ActionButton } from '../../components/action-button.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { orpc, useConnectionState } from '../../engine-client.ts'
import { shownError } from '../../error-report.ts'
import classes from './start-ingest.module.css'

interface StartIngestProps {
  readonly verb: string
  /** What it will do, and whether that can be undone. */
  readonly does: string
  /** One run each, in this order. */
  readonly runs: readonly JobParamsInput<'ingest'>[]
}

/** A button that starts ingests of exactly these sessions, with what that does. */
export function StartIngest({ verb, does, runs }: StartIngestProps) {
  const isLive = useConnectionState().kind === 'live'
  const starting = useMutation({
    mutationFn: async () => {
      const started: Job[] = []
      for (const params of runs) started.push(await orpc.ingest.start.call(params))
      return started
    },
  })
  return (
    <div className={classes.start}>
      <ActionButton
        isDisabled={!isLive}
        isBusy={starting.isPending}
        busyWords="Starting"
        onClick={() => starting.mutate()}
      >
        {verb}
      </ActionButton>
      <span className={classes.does}>{starting.isSuccess ? 'Started. It stands in the run above.' : does}</span>
      {starting.error !== null && (
        <div className={classes.error}>
          <OperatorError error={shownError(starting.error)} />
        </div>
      )}
    </div>
  )
}
