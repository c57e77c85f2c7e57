import type { UseQueryResult } from '@tanstack/react-query'
import { useQuery } from '@tanstack/react-query'
import type { TransformPlan } from '#shared/contract/quality.ts'
import { STALE_CAUSES } from '#shared/contract/quality.ts'
import type { Selection } from '#shared/jobs/job-kinds.ts'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { STALE_WORDS } from '../../wording/quality-words.ts'
import classes from './preview.module.css'
import { takesWords } from './takes-words.ts'

/** What building a selection would do, worked out when it is looked at. */
export function RebuildPreview({ selection }: { readonly selection: Selection }) {
  const plan = useQuery(orpc.transform.plan.queryOptions({ input: selection }))
  return (
    <PlanView plan={plan}>
      {({ sessionsUnchanged }) =>
        sessionsUnchanged === 0
          ? undefined
          : `${formatQuantity(sessionsUnchanged, 'session')} up to date, built anew all the same and expected to come out as before.`
      }
    </PlanView>
  )
}

/** What building only what is stale would do. */
export function StalePreview({ plan }: { readonly plan: UseQueryResult<TransformPlan> }) {
  return (
    <PlanView plan={plan}>
      {({ sessionsUnchanged }) =>
        sessionsUnchanged === 0
          ? undefined
          : `${formatQuantity(sessionsUnchanged, 'session')} up to date, left as they are.`
      }
    </PlanView>
  )
}

interface PlanViewProps {
  readonly plan: UseQueryResult<TransformPlan>
  /** What happens to sessions that are up to date. */
  readonly children: (plan: TransformPlan) => string | undefined
}

function PlanView({ plan, children }: PlanViewProps) {
  return (
    <QueryView query={plan} height={64}>
      {(data) => (
        <div className={classes.preview}>
          <ul className={classes.list} aria-label="Sessions to build, by cause">
            {STALE_CAUSES.filter((cause) => (data.stale[cause] ?? 0) > 0).map((cause) => (
              <li key={cause} className={classes.line}>
                <b>{formatCount(data.stale[cause] ?? 0)}</b>
                <span>
                  {STALE_WORDS[cause].word}. <span className={classes.quiet}>{STALE_WORDS[cause].means}</span>
                </span>
              </li>
            ))}
          </ul>
          {data.sessionsToBuild === 0 && data.sessionsToRemove === 0 && <p>Nothing is stale.</p>}
          {data.sessionsToRemove > 0 && (
            <p>
              {formatQuantity(data.sessionsToRemove, 'session')} taken out, because the calendar no longer has them.
            </p>
          )}
          <p className={classes.quiet}>{children(data)}</p>
          {data.estimatedMs !== undefined && data.sessionsToBuild > 0 && <p>{takesWords(data.estimatedMs)}</p>}
        </div>
      )}
    </QueryView>
  )
}
