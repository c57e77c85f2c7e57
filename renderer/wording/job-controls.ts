import type { JobAction } from '#shared/jobs/job-actions.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'

/** What a button that steers a job says, and what it will do. */
export interface ControlWords {
  readonly verb: string
  /** In its place while the engine has not done it yet. */
  readonly busy: string
  /** What happens, and whether it can be undone. */
  readonly does: string
}

const CONTROL_WORDS: Readonly<Record<JobAction, ControlWords>> = {
  pause: {
    verb: 'Pause',
    busy: 'Pausing',
    does: 'Asks for nothing new; what is under way finishes. Resume at any time, also after a restart.',
  },
  resume: {
    verb: 'Resume',
    busy: 'Resuming',
    does: 'Goes on where it was paused. It can be paused again.',
  },
  drain: {
    verb: 'Drain',
    busy: 'Draining',
    does: 'Finishes what is under way, then stops. Cannot be taken back; a new run does the rest.',
  },
  cancel: {
    verb: 'Cancel',
    busy: 'Cancelling',
    does: 'Stops at once and drops what is under way. Cannot be taken back; what is stored stays, a new run does the rest.',
  },
}

/** Cancelling where it is the usual end, or means more than dropping a step. */
const CANCEL_WORDS: Readonly<Partial<Record<JobKind, ControlWords>>> = {
  live: {
    verb: 'Stop',
    busy: 'Stopping',
    does: 'Ends it. What is stored stays; it can be started again, and what it missed is fetched by an ingest.',
  },
  'old-run': {
    verb: 'Stop',
    busy: 'Stopping',
    does: 'Asks the command and everything that it started to end, and kills what does not. Cannot be taken back; what it wrote stays in its folder, and no import reads it.',
  },
  'dual-run': {
    verb: 'Stop',
    busy: 'Stopping',
    does: 'Stops the step that runs and begins no other. Cannot be taken back; steps that are done keep what they stored.',
  },
  'noise-floor': {
    verb: 'Stop',
    busy: 'Stopping',
    does: 'Ends the run of the old pipeline that is under way and begins no other. Cannot be taken back; nothing is measured.',
  },
}

/** The words of `action` on a job of this kind. */
export function controlWords(action: JobAction, kind: JobKind): ControlWords {
  return (action === 'cancel' ? CANCEL_WORDS[kind] : undefined) ?? CONTROL_WORDS[action]
}
