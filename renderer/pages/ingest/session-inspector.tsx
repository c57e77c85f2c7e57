import type { SessionFetch } from '#shared/contract/ingest.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import { COVERAGE_WORDS, reasonWords } from '../../wording/fetch-words.ts'
import { RequestList } from './request-list.tsx'
import { revisionWords } from './revision-words.ts'
import { sessionActions } from './session-actions.ts'
import classes from './session-inspector.module.css'
import { StartIngest } from './start-ingest.tsx'

/** Gaps that are listed before the rest is only counted. */
const MOST_GAPS = 6

interface SessionInspectorProps {
  readonly session: SessionFetch
  /** IANA zone of its exchange. */
  readonly zone: string
}

/** One session: its numbers, why they are as they are, what was asked, and what can be done. */
export function SessionInspector({ session, zone }: SessionInspectorProps) {
  const { state, bars, expected, reason, gaps, requests, revisions } = session
  const actions = sessionActions(session)
  return (
    <div className={classes.inspector}>
      <dl className={classes.facts}>
        <dt>State</dt>
        <dd>
          <StateMark {...COVERAGE_WORDS[state]} />
        </dd>
        <dt>Bars</dt>
        <dd>
          {formatCount(bars)} of {formatCount(expected)}
        </dd>
        <dt>Means</dt>
        <dd>{reason === undefined ? COVERAGE_WORDS[state].means : reasonWords(reason)}</dd>
        {gaps.length > 0 && (
          <>
            <dt>Gaps, {zoneName(zone)}</dt>
            <dd>
              {gaps.slice(0, MOST_GAPS).map(({ fromTs, toTs }) => (
                <span key={fromTs} className={classes.gap}>
                  {gapWords(fromTs, toTs, zone)}
                </span>
              ))}
              {gaps.length > MOST_GAPS && <span>and {formatQuantity(gaps.length - MOST_GAPS, 'more gap')}</span>}
            </dd>
          </>
        )}
        {revisions.length > 0 && (
          <>
            <dt>Revised</dt>
            <dd>
              {revisions.map((revision) => (
                <p key={revision.responseId}>{revisionWords(revision)}</p>
              ))}
            </dd>
          </>
        )}
      </dl>
      <RequestList requests={requests} />
      <div className={classes.actions}>
        {actions.kind === 'none' ? <p>{actions.why}</p> : <StartIngest {...actions.start} />}
      </div>
    </div>
  )
}

/** `09:31` for one minute, `09:31 to 09:35` for those from 09:31 to 09:34. */
function gapWords(fromTs: number, toTs: number, zone: string): string {
  const from = formatZoneClock(fromTs, zone)
  return toTs - fromTs <= 60 ? from : `${from} to ${formatZoneClock(toTs, zone)}`
}
