import { Button } from '@mantine/core'
import { skipToken, useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import type { CompareRow, OldSource, RunCause } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatDifference, formatFieldValue } from '../../format/numbers.ts'
import { formatZoneClock, formatZoneDate, zoneName } from '../../format/times.ts'
import { oneCell } from '../../grid/grid-cells.ts'
import { qualityAddress } from '../quality/quality-address.ts'
import { likeness } from './alike.ts'
import { Value } from './evidence.tsx'
import classes from './minute-panel.module.css'
import { causeWords, classWords, differenceIn } from './row-words.ts'
import { STATE_WORDS } from './state-bar.tsx'

export interface Minute {
  readonly symbol: string
  readonly sessionDate: string
  /** Its start, epoch seconds. */
  readonly ts: number
}

interface MinutePanelProps {
  readonly run: ComparisonRunDetail
  readonly causes: readonly RunCause[]
  readonly minute: Minute | undefined
  readonly zone: string
  /** Shows the minute among those around it; undefined where it is already. */
  readonly onSession?: (minute: Minute) => void
}

/** One minute on both sides: its values, why they differ, and where both come from. */
export function MinutePanel({ run, causes, minute, zone, onSession }: MinutePanelProps) {
  const found = useRow(run.runId, minute)
  if (minute === undefined) {
    return (
      <Panel title="Minute">
        <p className={classes.words}>
          Choose a minute: its values on both sides, the line of the old file and the way to the origin of the new bar
          stand here.
        </p>
      </Panel>
    )
  }
  const { symbol, sessionDate, ts } = minute
  const row = found.data ?? undefined
  return (
    <Panel
      title={`${symbol} ${formatZoneDate(ts, zone)} ${formatZoneClock(ts, zone)}`}
      note={zoneName(zone)}
      controls={row !== undefined && <StateMark {...classWords(row.class)} />}
    >
      <QueryView query={found} height={180}>
        {(data) =>
          data === null ? (
            <p className={classes.words}>Equal in every field, or not compared: the run keeps no row of it.</p>
          ) : (
            <>
              <RowValues run={run} row={data} />
              <RowState row={data} causes={causes} />
            </>
          )
        }
      </QueryView>
      <h3 className={classes.title}>Old bar</h3>
      <OldBar {...minute} />
      <h3 className={classes.title}>New bar</h3>
      <NewBar {...minute} isThere={row?.class !== 'old_only'} />
      {onSession !== undefined && (
        <div className={classes.actions}>
          <Button onClick={() => onSession({ symbol, sessionDate, ts })}>Show its session</Button>
          <span>The minutes around it, old and new over each other.</span>
        </div>
      )}
    </Panel>
  )
}

/** More rows are not given at once; a session has at most a few of such pages. */
const PAGE = 1_000

/** The row of a minute, found among those of its session; null when the run keeps none of it. */
function useRow(runId: string, minute: Minute | undefined) {
  return useQuery({
    // Beneath the key of all rows, so that it is asked for anew with them.
    queryKey: [...orpc.compare.rows.key(), 'minute', runId, minute],
    queryFn:
      minute === undefined
        ? skipToken
        : async (): Promise<CompareRow | null> => {
            const { symbol, sessionDate, ts } = minute
            const input = {
              runId,
              symbols: [symbol],
              from: sessionDate,
              to: sessionDate,
              order: 'time' as const,
              limit: PAGE,
            }
            for (let offset = 0; ; offset += PAGE) {
              const { rows, total } = await orpc.compare.rows.call({ ...input, offset })
              const row = rows.find((entry) => entry.ts === ts)
              if (row !== undefined) return row
              if (offset + PAGE >= total) return null
            }
          },
  })
}

/** Every field of both sides with its difference. */
function RowValues({ run, row }: { readonly run: ComparisonRunDetail; readonly row: CompareRow }) {
  const fields = COMPARED_FIELDS.filter((field) => run.counts.fields[field] !== undefined)
  const isBoth = row.class !== 'old_only' && row.class !== 'new_only'
  return (
    <table className={classes.values} aria-label="Values of the minute">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Old</th>
          <th scope="col">New</th>
          <th scope="col">New − old</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => {
          const [old, fresh] = [row.old[field] ?? null, row.fresh[field] ?? null]
          const isUnlike = isBoth && likeness(run, row.symbol, field, old, fresh) === 'different'
          return (
            <tr key={field}>
              <th scope="row">{field}</th>
              <td>
                <Value text={formatFieldValue(field, old)} isUnlike={isUnlike} />
              </td>
              <td>{formatFieldValue(field, fresh)}</td>
              <td>{formatDifference(field, differenceIn(row, field))}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** Whether the differences are explained, and by what. */
function RowState({ row, causes }: { readonly row: CompareRow; readonly causes: readonly RunCause[] }) {
  if (row.state === null) return null
  return (
    <div className={classes.state}>
      <p>
        <StateMark {...STATE_WORDS[row.state]} />
        {row.state === 'open' && row.causeKeys.length > 0 && (
          <span className={classes.quiet}>; of a part of it the causes are known:</span>
        )}
      </p>
      {row.causeKeys.length > 0 && (
        <ul aria-label="Causes of the difference">
          {row.causeKeys.map((key) => (
            <li key={key}>{causeWords([key], causes)}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** File, line and text of the old bar. */
function OldBar({ symbol, sessionDate, ts }: Minute) {
  const source = useQuery(orpc.compare.oldSource.queryOptions({ input: { symbol, sessionDate, ts } }))
  return (
    <QueryView query={source} height={56}>
      {({ sources }) =>
        sources.length === 0 ? (
          <p className={classes.words}>The old pipeline left no row of this minute.</p>
        ) : (
          <ul className={classes.sources} aria-label="Rows of the old file">
            {sources.map((entry) => (
              <li key={`${entry.file} ${entry.line}`}>
                <SourceRow source={entry} isOnly={sources.length === 1} />
              </li>
            ))}
          </ul>
        )
      }
    </QueryView>
  )
}

interface SourceRowProps {
  readonly source: OldSource['sources'][number]
  readonly isOnly: boolean
}

function SourceRow({ source: { file, line, text, isCompared, problem }, isOnly }: SourceRowProps) {
  return (
    <>
      <p>
        <code>{file}</code>
        {line !== null && <b>, line {formatCount(line)}</b>}
        {!isOnly && (
          <span className={classes.quiet}>{isCompared ? ', compared' : ', not compared: a later one counts'}</span>
        )}
      </p>
      {text !== null && <pre className={classes.text}>{text}</pre>}
      {problem !== null && <StateMark kind="attention" word={problem} />}
    </>
  )
}

interface NewBarProps extends Minute {
  readonly isThere: boolean
}

/** The way to where the new bar comes from, response by response. */
function NewBar({ symbol, sessionDate, ts, isThere }: NewBarProps) {
  const [, navigate] = useLocation()
  const address = qualityAddress({
    layer: 'coverage',
    selection: oneCell({ symbol, sessionDate }),
    atTs: ts,
    rule: undefined,
  })
  return (
    <div className={classes.actions}>
      <Button onClick={() => navigate(address)}>Where it comes from</Button>
      <span>
        {isThere
          ? 'Every response of TWS that holds it, and what was made of it, on the page Quality.'
          : 'Why there is none: what was asked for and what TWS answered, on the page Quality.'}
      </span>
    </div>
  )
}
