import type { Finding } from '#shared/contract/quality.ts'
import { JobStarter } from '../../components/job-starter.tsx'
import { orpc } from '../../engine-client.ts'
import { formatQuantity } from '../../format/numbers.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { selectionWords } from '../../wording/job-words.ts'
import { Acknowledge } from './acknowledge.tsx'
import { RebuildPreview } from './build-preview.tsx'
import actions from '../../components/actions.module.css'
import { RefetchPreview } from './refetch-preview.tsx'
import type { SessionRange } from '../../grid/session-range.ts'

interface RangeActionsProps {
  readonly range: SessionRange
  /** Findings in it that nobody has acknowledged. */
  readonly open: readonly Finding[]
  /** True when something in it is stale. */
  readonly isStale: boolean
}

/** What can be done about sessions, each with what it will do and whether that can be undone. */
export function RangeActions({ range, open, isStale }: RangeActionsProps) {
  const scope = selectionWords(range)
  return (
    <ul className={actions.actions} aria-label="What can be done">
      {open.length > 0 && (
        <li className={actions.action}>
          <Acknowledge label={open.length === 1 ? 'Acknowledge…' : 'Acknowledge all…'} findings={open} />
          <span>Lets {formatQuantity(open.length, 'open finding')} stand, with a reason. Can be taken back.</span>
        </li>
      )}
      <li className={actions.action}>
        <JobStarter
          action={JOB_ACTIONS.rebuild}
          scope={scope}
          isNext={isStale}
          start={() => orpc.transform.rebuild.call(range)}
        >
          <RebuildPreview selection={range} />
        </JobStarter>
        <span>Builds curated bars anew from raw. Loses nothing: the same input gives the same bars.</span>
      </li>
      <li className={actions.action}>
        <JobStarter
          action={JOB_ACTIONS.refetch}
          scope={scope}
          start={() => orpc.ingest.start.call({ ...range, refetch: true })}
        >
          <RefetchPreview range={range} />
        </JobStarter>
        <span>Asks TWS anew and keeps both answers. Cannot be taken back, and overwrites nothing.</span>
      </li>
    </ul>
  )
}
