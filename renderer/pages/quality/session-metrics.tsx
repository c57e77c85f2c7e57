import type { SessionQuality, SessionReport } from '#shared/contract/quality.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatShare } from '../../format/numbers.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { STALE_WORDS } from '../../wording/quality-words.ts'
import classes from './session-metrics.module.css'

const COUNTS = [
  ['expected', 'Expected'],
  ['received', 'Received'],
  ['missing', 'Missing'],
  ['filled', 'Filled'],
  ['notTraded', 'Not traded'],
  ['halted', 'Halted'],
  ['notFetched', 'Not fetched'],
  ['fromSecondSource', '2nd source'],
  ['dropped', 'Dropped'],
  ['flagged', 'Flagged'],
  ['outliers', 'Outliers'],
  ['adjusted', 'Adjusted'],
  ['nullVolume', 'No volume'],
  ['nullVwap', 'No average'],
  ['nullTradeCount', 'No trade count'],
] as const satisfies readonly (readonly [keyof SessionQuality, string])[]

/** What was counted in a session, in minutes and bars, and whether that is good enough. */
export function SessionMetrics({ report }: { readonly report: SessionReport }) {
  const { quality, belowThreshold, stale } = report
  return (
    <div className={classes.metrics}>
      <ul className={classes.states} aria-label="State of the session">
        {quality !== undefined && (
          <li>
            <b>{formatShare(quality.coverage, 1)} %</b> covered
          </li>
        )}
        {quality?.quarantined === true && (
          <li>
            <StateMark kind="fail" word="Quarantined: nothing is made from it" />
          </li>
        )}
        {stale !== undefined && (
          <li>
            <StateMark kind="waiting" word={`Stale: ${STALE_WORDS[stale].word.toLowerCase()}`} />
          </li>
        )}
        {belowThreshold.map((words) => (
          <li key={words}>
            <StateMark kind="fail" word={sentenceCase(words)} />
          </li>
        ))}
        {quality !== undefined && belowThreshold.length === 0 && (
          <li>
            <StateMark kind="pass" word="Meets every threshold" />
          </li>
        )}
      </ul>
      {quality !== undefined && (
        <dl className={classes.counts}>
          {COUNTS.map(([key, name]) => (
            <div key={key} className={classes.count} data-none={quality[key] === 0 || undefined}>
              <dt>{name}</dt>
              <dd>{formatCount(quality[key])}</dd>
            </div>
          ))}
        </dl>
      )}
      {quality?.lastRevisionAtMs !== undefined && (
        <p className={classes.quiet}>
          Last changed by an answer of {formatLocalMoment(quality.lastRevisionAtMs)} {LOCAL_ZONE}.
        </p>
      )}
    </div>
  )
}

function sentenceCase(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}
