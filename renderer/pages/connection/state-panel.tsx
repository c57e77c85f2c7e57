import type { Connection } from '#shared/contract/connection.ts'
import { ConnectionControls } from '../../components/connection-controls.tsx'
import { Figure, Figures } from '../../components/figure.tsx'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount } from '../../format/numbers.ts'
import { formatDuration, formatRecentMoment } from '../../format/times.ts'
import { useNow } from '../../use-now.ts'
import { useSecondsUntil } from '../../use-seconds-until.ts'
import { CONNECTION_WORDS } from '../../wording/connection-words.ts'
import classes from './state-panel.module.css'

interface StatePanelProps {
  readonly connection: Connection
  /** False while the engine is away, so that this is the last known state. */
  readonly isKnown: boolean
}

/** The connection in figures, and what can be done about it. */
export function StatePanel({ connection, isKnown }: StatePanelProps) {
  const { state, host, port, clientId, serverVersion, accounts, attempts, retryAtMs, sinceMs } = connection
  const { kind, word } = CONNECTION_WORDS[state]
  return (
    <Panel title="TWS" note={`${host}:${port}`}>
      <div className={classes.state}>
        <Figures>
          <Figure
            label="State"
            value={isKnown ? <StateMark kind={kind} word={word} /> : <StateMark kind="unsure" word="Unknown" />}
            note={<Since atMs={sinceMs} />}
          />
          <Figure label="Client id" value={String(clientId)} />
          <Figure label="Server version" value={serverVersion === undefined ? '–' : String(serverVersion)} />
          <Figure label="Accounts" value={accounts.length === 0 ? '–' : accounts.join(', ')} />
          <Figure
            label="Attempts"
            value={formatCount(attempts)}
            note={retryAtMs === undefined ? undefined : <NextAttempt atMs={retryAtMs} />}
          />
        </Figures>
        <div className={classes.actions}>
          <ConnectionControls connection={connection} />
        </div>
      </div>
    </Panel>
  )
}

function NextAttempt({ atMs }: { readonly atMs: number }) {
  const seconds = useSecondsUntil(atMs)
  return <>{seconds > 0 ? `next in ${seconds} s` : 'trying now'}</>
}

function Since({ atMs }: { readonly atMs: number }) {
  const nowMs = useNow(1_000)
  return (
    <>
      since {formatRecentMoment(atMs, nowMs)}, {formatDuration(Math.max(0, nowMs - atMs))}
    </>
  )
}
