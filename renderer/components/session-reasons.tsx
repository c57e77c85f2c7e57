import { formatQuantity } from '../format/numbers.ts'
import classes from './session-reasons.module.css'

/** More of them are for a table, not for a list. */
const MOST = 100

interface SessionReasonsProps {
  readonly title: string
  readonly sessions: readonly { readonly symbol: string; readonly sessionDate: string; readonly reason: string }[]
}

/** Sessions with the reason why each needs a look; nothing when there are none. */
export function SessionReasons({ title, sessions }: SessionReasonsProps) {
  if (sessions.length === 0) return null
  return (
    <div>
      <h3 className={classes.title}>
        {title} ({sessions.length})
      </h3>
      <ul className={classes.list}>
        {sessions.slice(0, MOST).map((session) => (
          <li key={`${session.symbol} ${session.sessionDate} ${session.reason}`}>
            <b>{session.symbol}</b> {session.sessionDate}: {session.reason}
          </li>
        ))}
        {sessions.length > MOST && (
          <li>and {formatQuantity(sessions.length - MOST, 'more session', 'more sessions')}</li>
        )}
      </ul>
    </div>
  )
}
