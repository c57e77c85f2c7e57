import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconCircleDashed,
  IconClock,
  IconInfoCircle,
  IconLoader2,
  IconMinus,
  IconMoon,
  IconPlayerPause,
  IconPlugConnectedX,
  IconPlugX,
  IconProgressCheck,
  IconQuestionMark,
  IconRefresh,
  IconSignature,
  IconX,
} from '@tabler/icons-react'
import type { Job } from '#shared/jobs/job.ts'
import { jobStateWords } from '../wording/job-words.ts'
import classes from './state-mark.module.css'

const ICONS = {
  pass: IconCheck,
  fail: IconX,
  attention: IconAlertTriangle,
  /** Part of it does not work at the moment. */
  degraded: IconAlertTriangle,
  running: IconLoader2,
  /** Tried again by itself. */
  retrying: IconRefresh,
  waiting: IconClock,
  paused: IconPlayerPause,
  draining: IconProgressCheck,
  stopped: IconBan,
  off: IconPlugX,
  lost: IconPlugConnectedX,
  asleep: IconMoon,
  none: IconMinus,
  open: IconCircleDashed,
  unsure: IconQuestionMark,
  info: IconInfoCircle,
  /** Somebody let it stand. */
  signed: IconSignature,
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

type JobOutcome = Pick<Job, 'state' | 'control' | 'hasFindings'>

/** The state of a job: whether it is paused or finishing, and whether its success left something to look at. */
export function JobStateMark({ job }: { readonly job: JobOutcome }) {
  return <StateMark kind={jobStateKind(job)} word={jobStateWords(job)} />
}

function jobStateKind({ state, control, hasFindings }: JobOutcome): StateKind {
  switch (state) {
    case 'queued':
      return control === 'pause' ? 'paused' : 'waiting'
    case 'running':
      return control === 'pause' ? 'paused' : control === 'drain' ? 'draining' : 'running'
    case 'succeeded':
      return hasFindings ? 'attention' : 'pass'
    case 'failed':
      return 'fail'
    case 'cancelled':
      return 'stopped'
  }
}
