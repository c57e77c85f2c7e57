import { Checkbox } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import type { ExportParams } from '#shared/jobs/job-kinds.ts'
import { fileName } from '../../charts/file-name.ts'
import { saveFile } from '../../charts/save-file.ts'
import { ActionButton } from '../../components/action-button.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { orpc, useConnectionState } from '../../engine-client.ts'
import { shownError } from '../../error-report.ts'
import { formatDates } from '../../format/times.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { symbolWords } from '../../wording/job-words.ts'
import classes from './run-files.module.css'
import { sampleWords } from './verdict-words.ts'

type Format = ExportParams['formats'][number]

const FORMATS = [
  { value: 'parquet', label: 'Parquet' },
  { value: 'csv', label: 'CSV' },
] as const satisfies readonly { readonly value: Format; readonly label: string }[]

/** What can be taken out of a run: all its differences, a report to read, and everything as data. */
export function RunFiles({ run }: { readonly run: ComparisonRunDetail }) {
  const [formats, setFormats] = useState<readonly Format[]>(['parquet'])
  const isLive = useConnectionState().kind === 'live'
  const name = fileName(['comparison', run.runId])
  const { runId } = run
  const html = useMutation({
    mutationFn: async () => {
      const report = await orpc.compare.reportHtml.call({ runId })
      saveFile(`${name}.html`, new Blob([report.html], { type: 'text/html;charset=utf-8' }))
    },
  })
  const json = useMutation({
    mutationFn: async () => {
      const report = await orpc.compare.report.call({ runId })
      saveFile(`${name}.json`, new Blob([`${JSON.stringify(report, null, 2)}\n`], { type: 'application/json' }))
    },
  })
  const failure = html.error ?? json.error
  const sampled = run.sample === null ? '' : `, of ${sampleWords(run.sample)}`
  return (
    <div className={classes.files}>
      <JobStarter
        action={JOB_ACTIONS.exportComparison}
        scope={`${symbolWords(run.symbols)}, ${formatDates(run.from, run.to)}${sampled}`}
        start={() => orpc.export.start.call({ layers: ['comparison'], formats: [...formats], runId })}
        blockedBy={formats.length === 0 ? 'No format is chosen.' : undefined}
      >
        <fieldset className={classes.formats}>
          <legend>Formats</legend>
          {FORMATS.map(({ value, label }) => (
            <Checkbox
              key={value}
              label={label}
              checked={formats.includes(value)}
              onChange={(event) =>
                setFormats(
                  event.currentTarget.checked ? [...formats, value] : formats.filter((other) => other !== value),
                )
              }
            />
          ))}
        </fieldset>
      </JobStarter>
      <ActionButton isDisabled={!isLive} isBusy={html.isPending} busyWords="Writing" onClick={() => html.mutate()}>
        HTML report
      </ActionButton>
      <ActionButton isDisabled={!isLive} isBusy={json.isPending} busyWords="Writing" onClick={() => json.mutate()}>
        JSON
      </ActionButton>
      {failure !== null && <OperatorError error={shownError(failure)} context="The run itself is not affected." />}
    </div>
  )
}
