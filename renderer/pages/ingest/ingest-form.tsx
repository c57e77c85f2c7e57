import { Button, Checkbox, MultiSelect } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { Overview } from '#shared/contract/contract.ts'
import type { IngestPlan } from '#shared/contract/ingest.ts'
import { DateField } from '../../components/date-field.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel } from '../../components/panel.tsx'
import { orpc, useConnectionState } from '../../engine-client.ts'
import { shownError } from '../../error-report.ts'
import { formatQuantity } from '../../format/numbers.ts'
import type { IngestDraft } from './ingest-draft.ts'
import { paramsOf } from './ingest-draft.ts'
import classes from './ingest-form.module.css'

interface IngestFormProps {
  readonly overview: Overview
  readonly draft: IngestDraft
  readonly onChange: (draft: IngestDraft) => void
  readonly problem: string | undefined
  /** The plan of exactly this draft; undefined while it is not known. */
  readonly plan: IngestPlan | undefined
}

/** Which symbols and sessions, and the button that starts fetching them. */
export function IngestForm({ overview, draft, onChange, problem, plan }: IngestFormProps) {
  const isLive = useConnectionState().kind === 'live'
  const starting = useMutation(orpc.ingest.start.mutationOptions())
  const { host, port } = overview.connection
  const change = (values: Partial<IngestDraft>): void => {
    starting.reset()
    onChange({ ...draft, ...values })
  }
  return (
    <Panel title="What to fetch">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (!starting.isPending) starting.mutate(paramsOf(draft))
        }}
      >
        <MultiSelect
          label="Symbols"
          data={overview.symbols.map((entry) => entry.symbol)}
          value={[...draft.symbols]}
          placeholder={draft.symbols.length === 0 ? 'All symbols' : ''}
          onChange={(symbols) => change({ symbols })}
          searchable
          clearable
          nothingFoundMessage="No such symbol in switchyard.yaml"
        />
        <div className={classes.dates}>
          <DateField label="First session" value={draft.from} onChange={(from) => change({ from })} />
          <DateField label="Last session" value={draft.to} onChange={(to) => change({ to })} />
        </div>
        <Checkbox
          label="Ask again for what is there"
          description="Fetches stored sessions anew, too. Both answers are kept; what changed is listed under Revisions."
          checked={draft.refetch}
          onChange={(event) => change({ refetch: event.currentTarget.checked })}
        />
        <Checkbox
          label="Wait for TWS if it is not there"
          description="Else the run fails at once when TWS does not answer."
          checked={draft.waitForTws}
          onChange={(event) => change({ waitForTws: event.currentTarget.checked })}
        />
        {problem !== undefined && (
          <p className={classes.problem} role="alert">
            {problem}
          </p>
        )}
        {starting.error !== null && <OperatorError error={shownError(starting.error)} />}
        <Button
          type="submit"
          variant="filled"
          aria-busy={starting.isPending}
          disabled={!isLive || problem !== undefined || plan === undefined || plan.sessionsToFetch === 0}
        >
          {plan === undefined || plan.sessionsToFetch === 0
            ? 'Fetch'
            : `${draft.refetch ? 'Ask again for' : 'Fetch'} ${formatQuantity(plan.sessionsToFetch, 'session')}`}
        </Button>
        <p className={classes.quiet}>
          Asks TWS at {host}:{port} and stores every response as received. It can be paused, and cancelled at any time:
          what is stored stays, and the next run goes on from there.
        </p>
      </form>
    </Panel>
  )
}
