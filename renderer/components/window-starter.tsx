import { MultiSelect } from '@mantine/core'
import { useState } from 'react'
import type { Overview } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import { addDays } from '#shared/time.ts'
import { formatLocalDate } from '../format/times.ts'
import { useViewContext } from '../view-context.ts'
import type { JobAction } from '../wording/job-actions.ts'
import { selectionWords } from '../wording/job-words.ts'
import { ActionPopover } from './action-popover.tsx'
import { DateField } from './date-field.tsx'
import classes from './window-starter.module.css'

/** Sessions and symbols that a job works on; both dates are included. */
export interface SessionWindow {
  /** All of the workspace when left out. */
  readonly symbols?: string[]
  readonly from: string
  readonly to: string
}

interface WindowStarterProps {
  readonly action: JobAction
  readonly overview: Overview
  /** What it begins with; the global context, else the sessions that are stored, when left out. */
  readonly initial?: Partial<SessionWindow>
  readonly start: (window: SessionWindow) => Promise<Job>
  /** Further facts about what will be done with this window. */
  readonly factsOf?: (window: SessionWindow) => readonly (readonly [term: string, words: string])[]
  /** True for the one step that the page recommends next. */
  readonly isNext?: boolean
  /** Why it cannot be started now; a full sentence. */
  readonly blockedBy?: string | undefined
}

/** A button that asks for sessions and symbols, says what the job will do with exactly these, and starts it when confirmed. */
export function WindowStarter(props: WindowStarterProps) {
  const { action, overview, initial, start, factsOf, isNext = false } = props
  const [context] = useViewContext()
  const [changed, setChanged] = useState<Partial<Draft>>({})
  const [openedAtMs] = useState(() => Date.now())
  const draft: Draft = { ...initialDraft(overview, context, openedAtMs), ...initial, ...changed }
  const { symbols = [], from, to } = draft
  const problem = problemOf(draft)
  const window: SessionWindow | undefined =
    from === undefined || to === undefined
      ? undefined
      : { from, to, ...(symbols.length === 0 ? {} : { symbols: [...symbols] }) }
  const change = (values: Partial<Draft>): void => setChanged({ ...changed, ...values })
  return (
    <ActionPopover
      label={action.label}
      variant={isNext ? 'filled' : 'default'}
      title={action.title}
      facts={[
        ['Works on', window === undefined ? '–' : selectionWords(window)],
        ['Does', action.does],
        ...(window === undefined ? [] : (factsOf?.(window) ?? [])),
        ['Leaves alone', action.keeps],
        ['Cancel', action.cancel],
      ]}
      // A command is a long word.
      width={520}
      confirm={action.confirm}
      busyWords="Starting"
      act={async () => window !== undefined && (await start(window))}
      blockedBy={props.blockedBy ?? problem}
    >
      <div className={classes.window}>
        <DateField label="First session" value={from} max={to} onChange={(value) => change({ from: value })} />
        <DateField label="Last session" value={to} min={from} onChange={(value) => change({ to: value })} />
        <MultiSelect
          className={classes.symbols ?? ''}
          label="Symbols"
          placeholder={symbols.length === 0 ? 'All symbols' : ''}
          data={overview.symbols.map(({ symbol }) => symbol)}
          value={[...symbols]}
          onChange={(chosen) => change({ symbols: chosen })}
          clearable
          comboboxProps={IN_POPOVER}
        />
      </div>
    </ActionPopover>
  )
}

/** A choice outside of the popover would be a click beside it, which closes it. */
const IN_POPOVER = { withinPortal: false }

interface Draft {
  readonly symbols?: readonly string[]
  readonly from: string | undefined
  readonly to: string | undefined
}

/** The global context, else the sessions that are stored, else the week before `nowMs`. */
function initialDraft({ layers }: Overview, context: ReturnType<typeof useViewContext>[0], nowMs: number): Draft {
  const stored = (['curated', 'legacy', 'raw'] as const)
    .map((name) => layers.find(({ layer }) => layer === name))
    .find((layer) => layer?.firstSession !== undefined)
  const yesterday = addDays(formatLocalDate(nowMs), -1)
  return {
    symbols: context.symbol === undefined ? [] : [context.symbol],
    from: context.from ?? stored?.firstSession ?? addDays(yesterday, -6),
    to: context.to ?? stored?.lastSession ?? yesterday,
  }
}

function problemOf({ from, to }: Draft): string | undefined {
  if (from === undefined) return 'Choose the first session.'
  if (to === undefined) return 'Choose the last session.'
  return from > to ? 'The first session is after the last.' : undefined
}
