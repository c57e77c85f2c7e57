import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { SessionReport } from '#shared/contract/quality.ts'
import { useAuthor } from '../../author.ts'
import { ActionPopover } from '../../components/action-popover.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatLocalMoment, formatZoneClock, LOCAL_ZONE, zoneName } from '../../format/times.ts'
import classes from './session-hours.module.css'
import { problemOf, SignatureFields } from '../../components/signature-fields.tsx'

type Holder = 'calendar' | 'broker'

/** Where calendar and broker have other hours for the session: both, which of them holds, and the way to decide. */
export function SessionHours({ report }: { readonly report: SessionReport }) {
  const { brokerHours, hoursDecision, openTs, closeTs, zone } = report
  if (brokerHours === undefined && hoursDecision === undefined) return null
  const hours = (from: number, to: number): string =>
    `${formatZoneClock(from, zone)} to ${formatZoneClock(to, zone)} ${zoneName(zone)}`
  return (
    <div className={classes.hours}>
      <p>
        <StateMark
          kind={hoursDecision === undefined ? 'attention' : 'signed'}
          word={
            hoursDecision === undefined
              ? 'Calendar and broker disagree about the hours'
              : `The ${hoursDecision.holds}’s hours hold`
          }
        />
      </p>
      <p className={classes.words}>
        Built for {hours(openTs, closeTs)}.
        {brokerHours !== undefined &&
          (brokerHours === 'closed'
            ? ' The broker has no session on this day.'
            : ` The broker has ${hours(brokerHours.openTs, brokerHours.closeTs)}.`)}
        {hoursDecision !== undefined &&
          ` Decided by ${hoursDecision.author}, ${formatLocalMoment(hoursDecision.atMs).slice(0, 16)} ${LOCAL_ZONE}: “${hoursDecision.reason}”`}
      </p>
      <Decide report={report} />
    </div>
  )
}

function Decide({ report }: { readonly report: SessionReport }) {
  const { symbol, sessionDate, hoursDecision } = report
  const [author, setAuthor] = useAuthor()
  const [reason, setReason] = useState('')
  const [holds, setHolds] = useState<Holder>(hoursDecision?.holds === 'calendar' ? 'broker' : 'calendar')
  return (
    <ActionPopover
      label="Decide whose hours hold…"
      title={`Hours of ${symbol} ${sessionDate}`}
      facts={[
        ['Does', 'Says which hours the session has from now on. It is stale then; rebuild it to use them.'],
        ['Leaves alone', 'Raw responses, the calendar, and every other session.'],
        ['Undo', 'Decide again at any time.'],
      ]}
      confirm={holds === 'calendar' ? 'Let the calendar hold' : 'Let the broker hold'}
      busyWords="Deciding"
      act={async () => {
        const decision = { symbol, sessionDate, holds, reason: reason.trim(), author: author.trim() }
        await orpc.quality.decideHours.call(decision)
        setReason('')
      }}
      blockedBy={problemOf(reason, author)}
      firstFocus="field"
    >
      <SignatureFields reason={reason} onReason={setReason} author={author} onAuthor={setAuthor}>
        <SegmentedControl
          aria-label="Whose hours hold"
          data={[
            { value: 'calendar', label: 'Calendar' },
            { value: 'broker', label: 'Broker' },
          ]}
          value={holds}
          onChange={setHolds}
        />
      </SignatureFields>
    </ActionPopover>
  )
}
