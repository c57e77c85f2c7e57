import { MultiSelect } from '@mantine/core'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AcceptanceScope, RunCause } from '#shared/contract/causes.ts'
import { useAuthor } from '../../author.ts'
import { ActionPopover } from '../../components/action-popover.tsx'
import { DateField } from '../../components/date-field.tsx'
import { problemOf, SignatureFields } from '../../components/signature-fields.tsx'
import { orpc } from '../../engine-client.ts'
import { formatLocalDate } from '../../format/times.ts'
import classes from './accept-cause.module.css'
import { acceptWords, endOfDay } from './cause-words.ts'

interface AcceptCauseProps {
  readonly runId: string
  readonly cause: RunCause
  /** Fields that the run compared. */
  readonly fields: readonly string[]
  /** Causes that part of its differences need besides, and that nobody accepted. */
  readonly alsoNeeded: readonly string[]
  readonly isNext: boolean
  readonly onAccepted: () => void
}

/** Accepts a cause for what is chosen, signed with a reason: its differences count as explained from then on. */
export function AcceptCause({ runId, cause, fields, alsoNeeded, isNext, onAccepted }: AcceptCauseProps) {
  const [author, setAuthor] = useAuthor()
  const [reason, setReason] = useState('')
  const [symbols, setSymbols] = useState<readonly string[]>([])
  const [chosenFields, setFields] = useState<readonly string[]>([])
  const [from, setFrom] = useState<string>()
  const [to, setTo] = useState<string>()
  const [lastDate, setLastDate] = useState<string>()
  const scope: AcceptanceScope = {
    ...(symbols.length === 0 ? {} : { symbols: [...symbols] }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(chosenFields.length === 0 ? {} : { fields: [...chosenFields] }),
  }
  const covered = useCovered(runId, cause, scope)
  return (
    <ActionPopover
      label="Accept…"
      variant={isNext ? 'filled' : 'default'}
      title="Accept this cause"
      facts={[
        ['Cause', cause.words],
        ['Leaves alone', 'Every bar and every run. The share of equal minutes does not rise.'],
        ['Undo', 'Withdraw it at any time; both stay on record.'],
      ]}
      confirm="Accept cause"
      busyWords="Signing"
      act={async () => {
        await orpc.compare.acceptCause.call({
          runId,
          causeKey: cause.causeKey,
          scope,
          reason: reason.trim(),
          author: author.trim(),
          expiresAtMs: lastDate === undefined ? null : endOfDay(lastDate),
        })
        setReason('')
        onAccepted()
      }}
      blockedBy={problemOf(reason, author) ?? problemOfDates(from, to, lastDate)}
      firstFocus="field"
    >
      <SignatureFields
        reason={reason}
        onReason={setReason}
        author={author}
        onAuthor={setAuthor}
        placeholder="Which line of the old script makes it, and why it may stand"
      >
        <div className={classes.scope}>
          <MultiSelect
            label="Symbols"
            placeholder={symbols.length === 0 ? 'All that show it' : ''}
            data={cause.symbols.map(({ symbol }) => symbol)}
            value={[...symbols]}
            onChange={setSymbols}
            comboboxProps={IN_POPOVER}
          />
          <MultiSelect
            label="Fields"
            placeholder={chosenFields.length === 0 ? 'All that it changes' : ''}
            data={[...(cause.fields ?? fields)]}
            value={[...chosenFields]}
            onChange={setFields}
            comboboxProps={IN_POPOVER}
          />
          <DateField label="First session" value={from} max={to} onChange={setFrom} />
          <DateField label="Last session" value={to} min={from} onChange={setTo} />
          <DateField label="Ends on" value={lastDate} max="2099-12-31" onChange={setLastDate} />
        </div>
      </SignatureFields>
      <output className={classes.preview}>{acceptWords({ ...covered, alsoNeeded, lastDate })}</output>
    </ActionPopover>
  )
}

/** A choice outside of the popover would be a click beside it, which closes it. */
const IN_POPOVER = { withinPortal: false }

/** How much of a cause a scope covers, as far as it can be told: differences, or the minutes that they are in. */
function useCovered(runId: string, cause: RunCause, scope: AcceptanceScope) {
  const isBySymbol = scope.from === undefined && scope.to === undefined && scope.fields === undefined
  const fields = scope.fields ?? []
  const rows = useQuery(
    orpc.compare.rows.queryOptions({
      input:
        isBySymbol || fields.length > 1
          ? skipToken
          : {
              runId,
              causeKey: cause.causeKey,
              ...(scope.symbols === undefined ? {} : { symbols: scope.symbols }),
              ...(scope.from === undefined ? {} : { from: scope.from }),
              ...(scope.to === undefined ? {} : { to: scope.to }),
              ...(fields.length === 0 ? {} : { field: fields[0] }),
              limit: 1,
            },
      placeholderData: keepPreviousData,
    }),
  )
  if (!isBySymbol) return { differences: undefined, minutes: rows.data?.total }
  const { symbols } = scope
  const differences =
    symbols === undefined
      ? cause.explained
      : cause.symbols.reduce((sum, { symbol, explained }) => sum + (symbols.includes(symbol) ? explained : 0), 0)
  return { differences, minutes: undefined }
}

function problemOfDates(
  from: string | undefined,
  to: string | undefined,
  lastDate: string | undefined,
): string | undefined {
  if (from !== undefined && to !== undefined && from > to) return 'The first session comes after the last.'
  if (lastDate !== undefined && lastDate < formatLocalDate(Date.now())) return 'The day on which it ends has passed.'
  return undefined
}
