import { Button } from '@mantine/core'
import type { Acceptance, RunCause, RunCauses } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import { formatDates, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { causeName } from '../../wording/cause-names.ts'
import { AcceptCause } from './accept-cause.tsx'
import { acceptedScopeWords, acceptedWords, decisionOf, expiryWords, outgrownWords } from './cause-words.ts'
import actions from '../../components/actions.module.css'
import classes from './cause-inspector.module.css'
import { Evidence } from './evidence.tsx'
import { togetherWith } from './together.ts'
import { isAccepted } from './verdict-words.ts'
import { WithdrawAcceptance } from './withdraw-acceptance.tsx'

interface CauseInspectorProps {
  readonly run: ComparisonRunDetail
  readonly found: RunCauses
  readonly cause: RunCause
  readonly zoneOf: (symbol: string) => string
  readonly onRows: () => void
  readonly onAccepted: () => void
}

/** Why old and new differ by one cause, how sure that is, and what can be decided about it. */
export function CauseInspector({ run, found, cause, zoneOf, onRows, onAccepted }: CauseInspectorProps) {
  const { kind, word } = decisionOf(cause)
  const together = togetherWith(found, cause)
  const outgrown = outgrownWords(cause)
  return (
    <Panel title="Cause" className={classes.panel} controls={<StateMark kind={kind} word={word} />}>
      <p className={classes.words}>{cause.words}</p>
      <p className={classes.figures}>
        <b>{formatQuantity(cause.explained, 'difference')}</b>, {formatShare(cause.share, 1)} % of all.{' '}
        <span className={classes.quiet}>{acceptedWords(cause)}.</span>
      </p>
      {outgrown !== undefined && (
        <p className={classes.figures}>
          <StateMark kind="attention" word={outgrown} />
        </p>
      )}
      {together.length > 0 && (
        <ul className={classes.together} aria-label="Needed together with">
          {together.map(({ cause: other, explained }) => (
            <li key={other.causeKey}>
              {formatCount(explained)} of them need also: <b>{other.words}</b>{' '}
              <span className={classes.quiet}>({decisionOf(other).word.toLowerCase()})</span>
            </li>
          ))}
        </ul>
      )}
      <Evidence key={cause.causeKey} run={run} cause={cause} zoneOf={zoneOf} />
      <h3 className={classes.title}>Where it shows</h3>
      <DataTable
        label="Symbols that show the cause"
        columns={SYMBOLS}
        rows={cause.symbols}
        rowKey={({ symbol }) => symbol}
        maxHeight={29 + 5 * 28}
      />
      {cause.acceptances.length > 0 && (
        <>
          <h3 className={classes.title}>Decisions</h3>
          <ul className={classes.decisions} aria-label="Decisions about the cause">
            {cause.acceptances.map((acceptance) => (
              <li key={acceptance.id}>
                <Decision acceptance={acceptance} />
              </li>
            ))}
          </ul>
        </>
      )}
      <ul className={actions.actions} aria-label="What can be done">
        <li className={actions.action}>
          <AcceptCause
            key={cause.causeKey}
            runId={run.runId}
            cause={cause}
            fields={Object.keys(run.counts.fields)}
            alsoNeeded={together
              .filter(({ cause: other }) => !isAccepted(other))
              .map(({ cause: other }) => causeName(other.kind))}
            isNext={!isAccepted(cause)}
            onAccepted={onAccepted}
          />
          <span>Counts its differences as explained, never as equal. Can be withdrawn.</span>
        </li>
        <li className={actions.action}>
          <Button onClick={onRows}>Show its rows</Button>
          <span>Every minute whose explanation needs it, with file and line of the old one.</span>
        </li>
      </ul>
    </Panel>
  )
}

const ACCEPTANCE_STATES = {
  active: { kind: 'signed', word: 'In force' },
  expired: { kind: 'waiting', word: 'Expired' },
  withdrawn: { kind: 'stopped', word: 'Withdrawn' },
} as const

function Decision({ acceptance }: { readonly acceptance: Acceptance }) {
  const { state, author, acceptedAtMs, reason, scope, withdrawnAtMs, withdrawnBy, withdrawnReason } = acceptance
  return (
    <div className={classes.decision}>
      <p>
        <StateMark {...ACCEPTANCE_STATES[state]} />, accepted by {author},{' '}
        <span className={classes.quiet}>
          {formatLocalMoment(acceptedAtMs).slice(0, 16)} {LOCAL_ZONE}
        </span>
      </p>
      {state === 'active' && <WithdrawAcceptance acceptance={acceptance} />}
      <p className={classes.said}>
        “{reason}”{' '}
        <span className={classes.quiet}>
          Covers {acceptedScopeWords(scope)}. {expiryWords(acceptance)}.
        </span>
      </p>
      {withdrawnAtMs !== null && (
        <p className={classes.said}>
          Withdrawn by {withdrawnBy}, {formatLocalMoment(withdrawnAtMs).slice(0, 16)} {LOCAL_ZONE}: “{withdrawnReason}”
        </p>
      )}
    </div>
  )
}

type SymbolRow = RunCause['symbols'][number]

const SYMBOLS: readonly Column<SymbolRow>[] = [
  { key: 'symbol', header: 'Symbol', cell: ({ symbol }) => <b>{symbol}</b>, sortValue: ({ symbol }) => symbol },
  {
    key: 'dates',
    header: 'Sessions',
    grow: true,
    cell: ({ dates, words }) => <span title={words}>{datesWords(dates)}</span>,
  },
  {
    key: 'explained',
    header: 'Explains',
    numeric: true,
    cell: ({ explained }) => formatCount(explained),
    sortValue: ({ explained }) => explained,
  },
  {
    key: 'fit',
    header: 'Fits',
    unit: '%',
    numeric: true,
    cell: ({ fit }) => formatShare(fit, 1),
    sortValue: ({ fit }) => fit,
  },
]

function datesWords(dates: SymbolRow['dates']): string {
  if (dates === null) return 'all that were compared'
  return dates.map(({ from, to }) => formatDates(from, to)).join('; ')
}
