import type { SessionRequest } from '#shared/contract/ingest.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { formatQuantity } from '../../format/numbers.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { outcomeWords, requestWords } from '../../wording/fetch-words.ts'
import classes from './request-list.module.css'

/** The requests made for one session, newest first: why, what came, and TWS's code and words. */
export function RequestList({ requests }: { readonly requests: readonly SessionRequest[] }) {
  if (requests.length === 0) return <p className={classes.none}>Nobody has asked TWS for it yet.</p>
  return (
    <ul className={classes.list} aria-label="Requests made for this session">
      {requests.map((request) => (
        <li key={request.requestId} className={classes.request}>
          <span className={classes.purpose}>
            {requestWords(request)}
            {request.attempt > 1 && `, try ${request.attempt}`}
          </span>
          <StateMark {...outcomeWords(request.outcome)} />
          <span className={classes.when}>
            {formatLocalMoment(request.sentAtMs)} {LOCAL_ZONE}
          </span>
          <span className={classes.bars}>{request.bars !== undefined && formatQuantity(request.bars, 'bar')}</span>
          {(request.code !== undefined || request.message !== undefined) && (
            <span className={classes.words}>
              {request.code !== undefined && <b>{request.code} </b>}
              {request.message}
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
