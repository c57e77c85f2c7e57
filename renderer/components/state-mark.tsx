import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconClock,
  IconInfoCircle,
  IconLoader2,
  IconX,
} from '@tabler/icons-react'
import type { JobState } from '#shared/jobs/job.ts'
import { JOB_STATE_WORDS } from '../wording/job-words.ts'
import classes from './state-mark.module.css'

const ICONS = {
  pass: IconCheck,
  fail: IconX,
  attention: IconAlertTriangle,
  running: IconLoader2,
  waiting: IconClock,
  stopped: IconBan,
  info: IconInfoCircle,
} as const

export type StateKind = keyof typeof ICONS

/** A state as icon, colour and word, so that none of the three carries it alone. */
export function StateMark({ kind, word }: { readonly kind: StateKind; readonly word: string }) {
  const Icon = ICONS[kind]
  return (
    <span className={classes.mark} data-kind={kind}>
      <Icon className={classes.icon} size={14} stroke={2.2} aria-hidden />
      {word}
    </span>
  )
}

const JOB_STATE_KINDS: Readonly<Record<JobState, StateKind>> = {
  queued: 'waiting',
  running: 'running',
  succeeded: 'pass',
  failed: 'fail',
  cancelled: 'stopped',
}

/** The state of a job; a success that left something to look at says so. */
export function JobStateMark({ state, hasFindings }: { readonly state: JobState; readonly hasFindings: boolean }) {
  if (state === 'succeeded' && hasFindings) return <StateMark kind="attention" word="Done, look" />
  return <StateMark kind={JOB_STATE_KINDS[state]} word={JOB_STATE_WORDS[state]} />
}
