import type { Job } from '#shared/jobs/job.ts'
import { formatCount, formatProgress } from '../format/numbers.ts'
import { formatDuration } from '../format/times.ts'
import { isUnmeasured } from '../wording/job-words.ts'
import classes from './progress-line.module.css'

/** How far a queued or running job is: a bar, the percentage, what exactly is being done, and the time left. */
export function ProgressLine({ job }: { readonly job: Job }) {
  const { progress } = job
  return (
    <div className={classes.progress}>
      {!isUnmeasured(job.kind) && (
        <FractionBar fraction={progress.fraction} label={`${progress.title}, ${formatProgress(progress.fraction)}`} />
      )}
      <div className={classes.row}>
        <span className={classes.what}>{whatIsDone(job)}</span>
        {!isUnmeasured(job.kind) && <span className={classes.percent}>{formatProgress(progress.fraction)}</span>}
      </div>
      <div className={classes.row}>
        <span className={classes.detail}>{progress.kind === 'working' ? progress.detail : undefined}</span>
        <span className={classes.left}>{timeLeft(job)}</span>
      </div>
    </div>
  )
}

function whatIsDone({ progress }: Job): string {
  if (progress.kind !== 'working' || progress.done === undefined || progress.total === undefined) return progress.title
  return `${progress.title}: ${formatCount(progress.done)} of ${formatCount(progress.total)} ${progress.unit ?? ''}`.trim()
}

function timeLeft({ progress, state, control }: Job): string {
  if (control === 'pause') return 'until it is resumed'
  if (state === 'queued') return 'waits for its turn'
  if (progress.kind !== 'working' || progress.remainingMs === undefined) return ''
  return `about ${formatDuration(progress.remainingMs)} left`
}

/** A thin bar filled to `fraction` (0 to 1). */
export function FractionBar({ fraction, label }: { readonly fraction: number; readonly label: string }) {
  return <progress className={classes.bar} aria-label={label} max={100} value={Math.floor(fraction * 100)} />
}
