import { useQuery } from '@tanstack/react-query'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import classes from './preview.module.css'
import { takesWords } from './takes-words.ts'
import type { SessionRange } from '../../grid/session-range.ts'

/** What asking again for sessions would take, worked out without asking TWS. */
export function RefetchPreview({ range }: { readonly range: SessionRange }) {
  const plan = useQuery(orpc.ingest.plan.queryOptions({ input: { ...range, refetch: true } }))
  return (
    <QueryView query={plan} height={64}>
      {(data) => (
        <div className={classes.preview}>
          <ul className={classes.list} aria-label="What it would take">
            <li className={classes.line}>
              <b>{formatCount(data.sessionsToFetch)}</b> {data.sessionsToFetch === 1 ? 'session' : 'sessions'}
            </li>
            <li className={classes.line}>
              <b>{formatCount(data.requests)}</b> {data.requests === 1 ? 'request' : 'requests'}, more where an answer
              is short
            </li>
            <li className={classes.line}>
              <b>{formatCount(data.expectedBars)}</b> bars at most
            </li>
          </ul>
          {data.sessionsNotFinished > 0 && (
            <p>{formatQuantity(data.sessionsNotFinished, 'session')} not over yet, left out.</p>
          )}
          {data.sessionsToFetch === 0 && <p>There is nothing to ask for.</p>}
          {data.estimatedMs !== undefined && data.sessionsToFetch > 0 && <p>{takesWords(data.estimatedMs)}</p>}
        </div>
      )}
    </QueryView>
  )
}
