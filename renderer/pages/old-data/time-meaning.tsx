import type { Preview } from '#shared/contract/old-data.ts'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatQuantity } from '../../format/numbers.ts'
import { formatZoneClock, formatZoneDate, zoneName } from '../../format/times.ts'
import type { DescriptionDraft } from './description-draft.ts'
import { clockAfter } from './description-draft.ts'
import classes from './time-meaning.module.css'

interface TimeMeaningProps {
  readonly draft: DescriptionDraft
  readonly preview: Preview
}

/** What clock and label make of the times, on the first bar of the file and on the hours of its sessions. */
export function TimeMeaning({ draft, preview }: TimeMeaningProps) {
  return (
    <Panel title="What the times mean">
      <div className={classes.body}>
        <FirstBar draft={draft} preview={preview} />
        <Hours preview={preview} />
        <p className={classes.risk}>{riskWords(draft)}</p>
      </div>
    </Panel>
  )
}

function FirstBar({ draft, preview: { rows, zone, columns } }: TimeMeaningProps) {
  const row = rows.find(({ outcome }) => outcome.kind === 'bar')
  if (row?.outcome.kind !== 'bar') return <p>No row could be read as a bar yet, so that there is no time to look at.</p>
  const { ts } = row.outcome.bar
  const clock = (at: number): string => formatZoneClock(at, zone)
  const placeOf = (column: string | number | undefined): number =>
    column === undefined ? -1 : typeof column === 'number' ? column - 1 : columns.indexOf(column)
  const written = [row.cells[placeOf(draft.columns.date)], row.cells[placeOf(draft.columns.time)]]
    .filter((cell) => cell !== undefined)
    .join(' ')
  const exchange = zoneName(zone)
  return (
    <p className={classes.first}>
      Line {row.line} says <code>{written}</code>: the bar of {formatZoneDate(ts, zone)} from{' '}
      <b>
        {clock(ts)} to {clock(ts + 60)} {exchange}
      </b>{' '}
      ({formatZoneClock(ts, 'UTC')} to {formatZoneClock(ts + 60, 'UTC')} UTC), known from {clock(ts + 60)} {exchange}{' '}
      on.
    </p>
  )
}

function Hours({ preview: { hours, zone } }: { readonly preview: Preview }) {
  if (hours === null) return null
  const { sessions, open, close, firstBar, lastBar } = hours
  const fits = firstBar.clock === open && clockAfter(lastBar.clock, 1) === close
  const of = formatQuantity(sessions, 'session')
  return (
    <div className={classes.hours}>
      <StateMark
        kind={fits ? 'pass' : 'attention'}
        word={fits ? 'Fits the hours of the exchange' : 'Does not fit the hours of the exchange'}
      />
      <span>
        {open} to {close} {zoneName(zone)}. First bar {firstBar.clock} to {clockAfter(firstBar.clock, 1)} in{' '}
        {firstBar.count} of {of}, last bar {lastBar.clock} to {clockAfter(lastBar.clock, 1)} in {lastBar.count}.
      </span>
    </div>
  )
}

/** What goes wrong when the label is not what the description says. */
function riskWords({ label }: DescriptionDraft): string {
  return label === 'end'
    ? 'If these times are really the start of bars, every bar comes out a minute too early: known before it happened, which is look-ahead. A clock too far east does the same by hours.'
    : 'If these times are really the end of bars, every bar comes out a minute too late, and each old minute is set against the wrong new one. A clock too far east makes bars hours too early: look-ahead.'
}
