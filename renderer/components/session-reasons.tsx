import classes from './session-reasons.module.css'

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
        {sessions.map((session) => (
          <li key={`${session.symbol} ${session.sessionDate} ${session.reason}`}>
            <b>{session.symbol}</b> {session.sessionDate}: {session.reason}
          </li>
        ))}
      </ul>
    </div>
  )
}
