import type { ControlState } from '#shared/jobs/job.ts'
import type { JobContext } from '../job-definition.ts'

/** What a run of the ingestor tells about itself, turned into the progress of its job. */
export interface IngestProgress {
  readonly onProgress: (done: number, total: number, detail: string) => void
  readonly onUnderWay: (requests: number) => void
  /** Ends the reports that follow the operator's control. */
  readonly stop: () => void
}

/**
 * Reports step `step` of a job from what its ingestor tells: the piece that came last while it runs; while it is paused or
 * drained, how many requests are still under way.
 */
export function ingestProgress(
  { report, control }: Pick<JobContext, 'report' | 'control'>,
  step: number,
): IngestProgress {
  let last: { readonly done: number; readonly total: number; readonly detail: string } | undefined
  let underWay = 0
  const tell = (): void => {
    if (last === undefined) return
    const { done, total } = last
    report(step, done / total, {
      detail: detailOf(control.state, underWay, last.detail),
      done,
      total,
      unit: 'sessions',
    })
  }
  return {
    onProgress: (done, total, detail) => {
      last = { done, total, detail }
      tell()
    },
    onUnderWay: (requests) => {
      underWay = requests
      if (control.state !== 'run') tell()
    },
    stop: control.onChange(tell),
  }
}

function detailOf(state: ControlState, underWay: number, detail: string): string {
  const requests = `${underWay} ${underWay === 1 ? 'request' : 'requests'} under way`
  switch (state) {
    case 'run':
      return detail
    case 'pause':
      return underWay === 0 ? 'Paused' : `Paused: ${requests}`
    case 'drain':
      return `Finishing: ${requests}`
  }
}
