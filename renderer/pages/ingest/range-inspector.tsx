import type { Coverage } from '#shared/contract/ingest.ts'
import { COVERAGE_STATES } from '#shared/contract/ingest.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatDates } from '../../format/times.ts'
import { COVERAGE_WORDS } from '../../wording/fetch-words.ts'
import { symbolWords } from '../../wording/job-words.ts'
import type { CellBox } from '../../grid/grid-cells.ts'
import { countStates } from './coverage-cells.ts'
import { Swatch } from './coverage-legend.tsx'
import classes from './range-inspector.module.css'
import { FETCH_DOES, REFETCH_DOES } from './session-actions.ts'
import { StartIngest } from './start-ingest.tsx'

interface RangeInspectorProps {
  readonly coverage: Coverage
  readonly box: CellBox
}

/** Several sessions: how many are in which state, and what can be done about all of them. */
export function RangeInspector({ coverage, box }: RangeInspectorProps) {
  const counts = countStates(coverage, box)
  const count = (...states: readonly (typeof COVERAGE_STATES)[number][]): number =>
    states.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0)
  const symbols = coverage.rows.slice(box.top, box.bottom + 1).map(({ symbol }) => symbol)
  const from = coverage.sessions[box.left]
  const to = coverage.sessions[box.right]
  const toFetch = count('missing', 'failed', 'unconfirmed')
  const there = count('complete', 'short', 'absent')
  const range = { symbols, from, to }
  return (
    <div className={classes.inspector}>
      <p>
        <b>{symbolWords(symbols)}</b>, {formatDates(from, to)}
      </p>
      <dl className={classes.states}>
        {COVERAGE_STATES.filter((state) => count(state) > 0).map((state) => (
          <div key={state} className={classes.entry}>
            <dt>
              <Swatch state={state} /> {COVERAGE_WORDS[state].word}
            </dt>
            <dd>{formatCount(count(state))}</dd>
          </div>
        ))}
      </dl>
      <div className={classes.actions} key={`${symbols.join(' ')} ${from} ${to}`}>
        {toFetch > 0 && <StartIngest verb={`Fetch ${formatCount(toFetch)}`} does={FETCH_DOES} runs={[range]} />}
        {there > 0 && (
          <StartIngest
            verb={`Ask again for ${formatCount(there + toFetch)}`}
            does={REFETCH_DOES}
            runs={[{ ...range, refetch: true }]}
          />
        )}
        {toFetch + there === 0 && (
          <p className={classes.quiet}>
            {count('running') > 0
              ? `${formatQuantity(count('running'), 'session')} being asked for; nothing else can be fetched.`
              : 'Nothing of it can be fetched: its sessions are not over.'}
          </p>
        )}
      </div>
    </div>
  )
}
