import type { JobAction } from '#shared/jobs/job-actions.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import { isEndless } from './job-words.ts'

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

/** Of what goes on until it is stopped, stopping is the usual end. */
const STOP: ControlWords = {
  verb: 'Stop',
  busy: 'Stopping',
  does: 'Ends it. What is stored stays; it can be started again, and what it missed is fetched by an ingest.',
}

/** The words of `action` on a job of this kind. */
export function controlWords(action: JobAction, kind: JobKind): ControlWords {
  return action === 'cancel' && isEndless(kind) ? STOP : CONTROL_WORDS[action]
}
