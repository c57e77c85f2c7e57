import { Button, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { Described, DescriptionChange, PlannedChange } from '#shared/contract/old-data.ts'
import { ActionButton } from '../../components/action-button.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc, useConnectionState } from '../../engine-client.ts'
import { shownError } from '../../error-report.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { symbolWords } from '../../wording/job-words.ts'
import type { Subject } from './describe-page.tsx'
import classes from './review-step.module.css'
import { YamlDiff } from './yaml-diff.tsx'

interface ReviewStepProps {
  readonly subject: Subject
  /** Undefined while it is not known, or switchyard.yaml cannot be read. */
  readonly described: Described | undefined
  readonly onBack: () => void
}

/** The last step: what changes in switchyard.yaml, the saving, and what comes next. */
export function ReviewStep({ subject, described, onBack }: ReviewStepProps) {
  const [name, setName] = useState('old')
  const [settledName] = useDebouncedValue(name.trim(), 200)
  const isLive = useConnectionState().kind === 'live'
  const { draft: description, key } = subject
  const change: DescriptionChange =
    key === undefined
      ? { kind: 'add', description, name: settledName === '' ? 'old' : settledName }
      : { kind: 'replace', key, description }
  const plan = useQuery(
    orpc.legacy.planChange.queryOptions({
      input: change,
      staleTime: 0,
      gcTime: 0,
      placeholderData: keepPreviousData,
    }),
  )
  const saving = useMutation(orpc.legacy.saveChange.mutationOptions())
  if (saving.data !== undefined) return <Saved plan={saving.data} />
  const isSame = plan.data?.diff.every(({ kind }) => kind === 'same') === true
  const asksForName = key === undefined && described?.name === null
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Change of switchyard.yaml" note={plan.data?.file}>
        <div className={classes.body}>
          {asksForName && (
            <TextInput
              className={classes.name ?? ''}
              label="Name of the old pipeline"
              description="Stands in comparisons and reports."
              value={name}
              maxLength={64}
              error={name.trim() === '' ? 'Give it a name' : undefined}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
          <QueryView query={plan} height={240}>
            {(data) => (
              <>
                <YamlDiff plan={data} context={3} />
                <Waiting plan={data} />
              </>
            )}
          </QueryView>
          <ul className={classes.facts}>
            <li>Every other line, and comments beside keys that stay, are kept. The file is replaced in one step.</li>
            <li>It is in use at once: the next import reads it, no restart is needed.</li>
            <li>What is imported stays as it is until then. To undo, take the description out under Old data.</li>
          </ul>
          {saving.error !== null && (
            <OperatorError
              error={shownError(saving.error)}
              context="The description that you made stays here."
              onRetry={() => {
                saving.reset()
                void plan.refetch()
              }}
            />
          )}
          <div className={classes.buttons}>
            <ActionButton
              variant="filled"
              isDisabled={
                !isLive ||
                plan.data === undefined ||
                plan.isPlaceholderData ||
                plan.error !== null ||
                isSame ||
                (asksForName && name.trim() === '')
              }
              isBusy={saving.isPending}
              busyWords="Writing"
              onClick={() => {
                if (plan.data !== undefined) saving.mutate({ change, fileHash: plan.data.fileHash })
              }}
            >
              Save to switchyard.yaml
            </ActionButton>
            <Button onClick={onBack}>Back to the rows</Button>
            {isSame && <span className={classes.quiet}>There is nothing to save.</span>}
          </div>
        </div>
      </Panel>
    </PanelGrid>
  )
}

function Waiting({ plan: { waitingForRestart } }: { readonly plan: PlannedChange }) {
  if (waitingForRestart.length === 0) return null
  return (
    <p className={classes.waiting}>
      <StateMark kind="waiting" word="Waits for a restart:" /> {waitingForRestart.join(', ')} in switchyard.yaml{' '}
      {waitingForRestart.length === 1 ? 'was' : 'were'} changed by hand since the engine started. This change does not
      wait for that.
    </p>
  )
}

function Saved({ plan }: { readonly plan: PlannedChange }) {
  const [, navigate] = useLocation()
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Saved" note={plan.file}>
        <div className={classes.body} aria-live="polite">
          <p>
            <StateMark kind="pass" word={`${plan.key} is saved and in use.`} />
          </p>
          <Waiting plan={plan} />
          <div className={classes.buttons}>
            <JobStarter
              action={JOB_ACTIONS.legacyImport}
              scope={symbolWords(undefined)}
              isNext
              start={async () => {
                const job = await orpc.legacy.import.call({})
                navigate('/old-data')
                return job
              }}
            />
            <Button onClick={() => navigate('/old-data')}>Back to old data</Button>
          </div>
        </div>
      </Panel>
    </PanelGrid>
  )
}
