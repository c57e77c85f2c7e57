import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { FoundFiles } from '#shared/contract/old-data.ts'
import { Folded } from '../../components/folded.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatBytes, formatQuantity } from '../../format/numbers.ts'
import type { Subject } from './describe-page.tsx'
import classes from './describe-step.module.css'
import type { DescriptionDraft } from './description-draft.ts'
import { DescriptionForm } from './description-form.tsx'
import { PreviewPanel } from './preview-panel.tsx'
import { TimeMeaning } from './time-meaning.tsx'

interface DescribeStepProps {
  readonly subject: Subject
  readonly problems: ReadonlyMap<string, string>
  readonly onChange: (draft: DescriptionDraft) => void
}

/** The second step: every key of the description beside the rows as they stand there and as the bars they become. */
export function DescribeStep({ subject, problems, onChange }: DescribeStepProps) {
  const { draft } = subject
  const [file, setFile] = useState(subject.file)
  const [settled] = useDebouncedValue(draft, 150)
  const isValid = problems.size === 0
  const found = useQuery(
    orpc.legacy.find.queryOptions({
      input: { files: settled.files, symbolMap: settled.symbolMap },
      enabled: settled.files !== '',
      staleTime: 0,
      placeholderData: keepPreviousData,
    }),
  )
  const chosen = found.data?.files.some((one) => one.file === file) === true ? file : undefined
  const preview = useQuery(
    orpc.legacy.preview.queryOptions({
      input: { description: settled, ...(chosen === undefined ? {} : { file: chosen }) },
      // What the pattern names decides which file is shown.
      enabled: isValid && found.data !== undefined && !found.isPlaceholderData,
      staleTime: 0,
      placeholderData: keepPreviousData,
    }),
  )
  const isBehind = !isValid || settled !== draft || preview.isPlaceholderData
  return (
    <div className={classes.bench}>
      <div className={classes.side}>
        <DescriptionForm draft={draft} problems={problems} preview={preview.data} onChange={onChange} />
      </div>
      <div className={classes.picture}>
        <Panel
          title="File"
          note={found.data === undefined ? undefined : patternWords(found.data)}
          controls={
            <Select
              className={classes.file ?? ''}
              aria-label="File that is shown"
              data={found.data?.files.map((one) => one.file) ?? []}
              value={chosen ?? preview.data?.file ?? null}
              placeholder="No file"
              onChange={(value) => setFile(value ?? undefined)}
              allowDeselect={false}
              searchable
              nothingFoundMessage="The pattern names no such file"
            />
          }
        >
          {!isValid && (
            <p className={classes.invalid} aria-live="polite">
              <StateMark kind="attention" word="" />
              {formatQuantity(problems.size, 'key')} of the description {problems.size === 1 ? 'makes' : 'make'} no
              sense yet
              {preview.data !== undefined && '; what is shown is from before'}. {firstProblem(problems)}
            </p>
          )}
        </Panel>
        <div className={classes.shown} data-behind={isBehind || undefined} aria-busy={preview.isFetching}>
          <QueryView query={preview} height={420}>
            {(data) => (
              <>
                <TimeMeaning draft={settled} preview={data} />
                <Doubts doubts={data.doubts} first={subject.doubts} isUnread={data.failure !== null} />
                <PreviewPanel preview={data} />
              </>
            )}
          </QueryView>
        </div>
      </div>
    </div>
  )
}

function firstProblem(problems: ReadonlyMap<string, string>): string {
  const [first] = problems
  return first === undefined ? '' : `${first[0]}: ${first[1]}.`
}

function patternWords({ count, bytes, missing, otherFiles }: FoundFiles): string {
  if (count === 0) return 'the pattern names no file'
  return [
    `the pattern names ${formatQuantity(count, 'file')}, ${formatBytes(bytes)}`,
    missing.length > 0 ? `; none for ${missing.join(', ')}` : '',
    otherFiles > 0 ? `; ${otherFiles} of other symbols` : '',
  ].join('')
}

interface DoubtsProps {
  readonly doubts: readonly string[]
  /** Those of the first look, which the description that it proposed may have answered. */
  readonly first: readonly string[]
  /** The file could not be read as described. */
  readonly isUnread: boolean
}

function Doubts({ doubts, first, isUnread }: DoubtsProps) {
  const others = first.filter((doubt) => !doubts.includes(doubt))
  return (
    <Panel
      title="Doubts"
      note={
        isUnread
          ? 'the rows cannot be read as they are described'
          : doubts.length === 0
            ? 'none: nothing in these rows speaks against the description'
            : 'about the rows as they are read now'
      }
    >
      <div className={classes.doubts}>
        {doubts.length > 0 && (
          <ul className={classes.list} aria-label="Doubts">
            {doubts.map((doubt) => (
              <li key={doubt} className={classes.doubt}>
                <StateMark kind="attention" word="" />
                <span>{doubt}</span>
              </li>
            ))}
          </ul>
        )}
        {others.length > 0 && (
          <Folded title="From the first look" note={formatQuantity(others.length, 'remark')}>
            <ul className={classes.list} aria-label="Remarks of the first look">
              {others.map((doubt) => (
                <li key={doubt} className={classes.doubt}>
                  <StateMark kind="info" word="" />
                  <span>{doubt}</span>
                </li>
              ))}
            </ul>
          </Folded>
        )}
      </div>
    </Panel>
  )
}
