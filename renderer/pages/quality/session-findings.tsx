import { useState } from 'react'
import type { BarValues, Finding } from '#shared/contract/quality.ts'
import { QuietButton } from '../../components/quiet-button.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatLocalMoment, formatZoneClock, LOCAL_ZONE, zoneName } from '../../format/times.ts'
import { ACTION_WORDS, ruleTitle, SEVERITY_RANKS, SEVERITY_WORDS } from '../../wording/quality-words.ts'
import { Acknowledge } from './acknowledge.tsx'
import { BarValuesTable } from './bar-values-table.tsx'
import { Reopen } from './reopen.tsx'
import classes from './session-findings.module.css'
import { hasMinute, isAboutBars } from './session-minutes.ts'

/** Findings of one rule that are listed before the rest is only counted. */
const MOST = 8

interface SessionFindingsProps {
  readonly findings: readonly Finding[]
  readonly zone: string
  readonly onBar: (ts: number) => void
}

/** The findings of a session by rule, gravest first, each with what can be done about it. */
export function SessionFindings({ findings, zone, onBar }: SessionFindingsProps) {
  if (findings.length === 0) return <p className={classes.none}>No rule found anything in this session.</p>
  return (
    <ul className={classes.rules} aria-label="Findings of the session">
      {byRule(findings).map(([rule, group]) => (
        <li key={rule} className={classes.rule}>
          <RuleGroup rule={rule} findings={group} zone={zone} onBar={onBar} />
        </li>
      ))}
    </ul>
  )
}

function byRule(findings: readonly Finding[]): readonly (readonly [rule: string, findings: readonly Finding[]])[] {
  const groups = Map.groupBy(findings, ({ rule }) => rule)
  return [...groups]
    .map(([rule, group]) => [rule, group.toSorted((a, b) => a.ts - b.ts)] as const)
    .toSorted(([, [a]], [, [b]]) => SEVERITY_RANKS[a.severity] - SEVERITY_RANKS[b.severity] || a.ts - b.ts)
}

type RuleGroupProps = SessionFindingsProps & { readonly rule: string }

function RuleGroup({ rule, findings, zone, onBar }: RuleGroupProps) {
  const [isAll, setAll] = useState(false)
  const open = findings.filter(({ acknowledgement }) => acknowledgement === undefined)
  const [{ severity, action, blocking }] = findings
  const title = ruleTitle(rule)
  return (
    <>
      <div className={classes.head}>
        <StateMark {...SEVERITY_WORDS[severity]} />
        <b className={classes.title}>{title}</b>
        {findings.length > 1 && <span className={classes.quiet}>{formatCount(findings.length)}</span>}
        {findings.length > 1 && open.length > 1 && (
          <span className={classes.buttons}>
            <Acknowledge
              label={`Acknowledge ${formatCount(open.length)}…`}
              hint={`Acknowledge ${formatCount(open.length)} findings of “${title}”…`}
              findings={open}
              variant="quiet"
            />
          </span>
        )}
      </div>
      <p className={classes.quiet}>
        {ACTION_WORDS[action].means}
        {blocking && open.length > 0 && ' Holds the session back until it is acknowledged.'}
      </p>
      <ul className={classes.findings}>
        {findings.slice(0, isAll ? undefined : MOST).map((finding) => (
          <li key={`${finding.ts} ${finding.message}`}>
            <OneFinding finding={finding} zone={zone} onBar={onBar} />
          </li>
        ))}
      </ul>
      {findings.length > MOST && !isAll && (
        <QuietButton onClick={() => setAll(true)}>
          Show {formatQuantity(findings.length - MOST, 'more', 'more')}
        </QuietButton>
      )}
    </>
  )
}

interface OneFindingProps {
  readonly finding: Finding
  readonly zone: string
  readonly onBar: (ts: number) => void
}

function OneFinding({ finding, zone, onBar }: OneFindingProps) {
  const [isOpen, setOpen] = useState(false)
  const { context, message, acknowledgement } = finding
  const when = whenWords(finding, zone)
  return (
    <div className={classes.finding} data-acknowledged={acknowledgement !== undefined || undefined}>
      <div className={classes.line}>
        {hasMinute(finding.rule) ? (
          <button
            type="button"
            className={classes.when}
            title="Show where this bar comes from"
            onClick={() => onBar(finding.ts)}
          >
            {when}
          </button>
        ) : (
          <span className={classes.whole}>Session</span>
        )}
        <span className={classes.message}>{message}</span>
        <span className={classes.buttons}>
          {context !== undefined && (
            <QuietButton aria-expanded={isOpen} aria-label={`Bars around ${when}`} onClick={() => setOpen(!isOpen)}>
              Bars
            </QuietButton>
          )}
          {acknowledgement === undefined ? (
            <Acknowledge
              label="Acknowledge…"
              hint={`Acknowledge “${ruleTitle(finding.rule)}” ${when}…`}
              findings={[finding]}
              variant="quiet"
            />
          ) : (
            <Reopen findings={[finding]} hint={`Reopen “${ruleTitle(finding.rule)}” ${when}`} />
          )}
        </span>
      </div>
      {acknowledgement !== undefined && (
        <p className={classes.signed}>
          <StateMark kind="signed" word="Acknowledged" /> by {acknowledgement.author},{' '}
          {formatLocalMoment(acknowledgement.atMs).slice(0, 16)} {LOCAL_ZONE}: “{acknowledgement.reason}”
        </p>
      )}
      {isOpen && context !== undefined && (
        <div className={classes.context}>
          <BarValuesTable
            label={`Bars around ${when}, as received`}
            rows={[
              { name: `Before${clockOf(context.previous, zone)}`, bar: context.previous },
              { name: `Found${clockOf(context.bar, zone)}`, bar: context.bar, isMain: true },
              { name: `After${clockOf(context.next, zone)}`, bar: context.next },
            ]}
          />
        </div>
      )}
    </div>
  )
}

function clockOf(bar: BarValues | null, zone: string): string {
  return bar === null ? '' : ` ${formatZoneClock(bar.ts, zone)}`
}

/** `10:31 ET`; `10:31 to 10:44 ET` of bars that follow each other. */
function whenWords({ rule, ts, lastTs }: Finding, zone: string): string {
  const from = formatZoneClock(ts, zone)
  return lastTs <= ts || !isAboutBars(rule)
    ? `${from} ${zoneName(zone)}`
    : `${from} to ${formatZoneClock(lastTs, zone)} ${zoneName(zone)}`
}
