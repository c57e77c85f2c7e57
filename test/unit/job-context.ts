import { OperatorControl } from '#main/jobs/job-control.ts'
import type { JobContext } from '#main/jobs/job-definition.ts'
import type { JobServices } from '#main/jobs/job-services.ts'

/** What a job gets that nobody steers, on its first attempt. */
export function jobContext(
  services: JobServices,
  { jobId = 'job', report = () => undefined }: Partial<Pick<JobContext, 'jobId' | 'report'>> = {},
): JobContext {
  return {
    services,
    jobId,
    attempt: 1,
    signal: new AbortController().signal,
    control: new OperatorControl('run', () => undefined),
    report,
    runPart: () => Promise.reject(new Error('there is no queue')),
  }
}
