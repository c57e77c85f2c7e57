import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import type { NoiseFloorRun } from '#shared/contract/comparison.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { FieldCounts } from '#shared/jobs/job-kinds.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { WindowStarter } from '../../components/window-starter.tsx'
import { orpc } from '../../engine-client.ts'
import { useJobs, useOverview } from '../../engine-queries.ts'
import { formatCount, formatFieldValue, formatQuantity, formatShare } from '../../format/numbers.ts'
import { formatDates, formatLocalDate } from '../../format/times.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { symbolWords } from '../../wording/job-words.ts'
import { commandBlocker, commandFacts } from '../../wording/old-command-words.ts'
import classes from './noise-floor-panel.module.css'
import { noiseWords } from './noise-words.ts'

interface NoiseFloorPanelProps {
  readonly run: ComparisonRunDetail
  /** Of the run, by field; undefined when it is in no trend. */
  readonly p99: Readonly<Record<string, number | null>> | undefined
}

/** How far the old pipeline is from itself, and how far beyond that this run is. */
export function NoiseFloorPanel({ run, p99 }: NoiseFloorPanelProps) {
  const [, navigate] = useLocation()
  const floors = useQuery(orpc.compare.noiseFloors.queryOptions())
  const newest = floors.data?.[0]
  return (
    <Panel
      title="The old pipeline’s own noise"
      note={
        newest === undefined
          ? 'not measured'
          : `${formatDates(newest.from, newest.to)}, ${symbolWords(newest.symbols)}; measured ${formatLocalDate(newest.createdAtMs)}`
      }
      controls={
        <>
          {newest !== undefined && newest.runId !== run.runId && (
            <Button onClick={() => navigate(`/compare/${encodeURIComponent(newest.runId)}`)}>Old against old</Button>
          )}
          <Measure run={run} />
        </>
      }
    >
      <QueryView query={floors} height={160}>
        {([floor]) =>
          floor === undefined ? (
            <EmptyState title="It is not known how far the old pipeline is from itself">
              Run twice over the same sessions, it may give other values: the data that it asks for changes, or it is
              not deterministic. Differences of new from old that are no larger than that say nothing about the new
              pipeline. Until it is measured, every difference counts as if there were none.
            </EmptyState>
          ) : (
            <Floor floor={floor} run={run} p99={p99} />
          )
        }
      </QueryView>
    </Panel>
  )
}

interface FloorProps extends NoiseFloorPanelProps {
  readonly floor: NoiseFloorRun
}

function Floor({ floor, run, p99 }: FloorProps) {
  const { onlyFirst, onlySecond, fields } = floor
  const doubt = run.oldRuns === null ? otherScope(floor, run) : undefined
  const rows = Object.entries(fields).map(([field, noise]) => {
    const counts = field in run.counts.fields ? run.counts.fields[field] : NOT_COMPARED
    const unequal = counts.withinTolerance + counts.different + counts.nullVersusValue
    return { field, noise, unequal, minutes: counts.equal + unequal, p99: p99?.[field] }
  })
  return (
    <>
      <div className={classes.words}>
        {run.oldRuns !== null && (
          <StateMark kind="info" word="The run that is shown is itself one of old against old." />
        )}
        {doubt !== undefined && <StateMark kind="attention" word={doubt} />}
        {onlyFirst + onlySecond > 0 && (
          <StateMark
            kind="attention"
            word={`${formatQuantity(onlyFirst, 'minute')} only in the first of the two runs, ${formatCount(onlySecond)} only in the second.`}
          />
        )}
      </div>
      <DataTable
        label="Noise of the old pipeline by field"
        columns={run.oldRuns === null ? COLUMNS : COLUMNS.filter(({ key }) => !key.startsWith('run-'))}
        rows={rows}
        rowKey={({ field }) => field}
        empty="The two runs have no minute in common."
      />
    </>
  )
}

/** What keeps the floor from being that of the run; undefined when it was measured over all of it. */
function otherScope(floor: NoiseFloorRun, run: ComparisonRunDetail): string | undefined {
  const others = run.symbols.filter((symbol) => !floor.symbols.includes(symbol))
  const isOtherDates = run.from < floor.from || run.to > floor.to
  if (others.length === 0 && !isOtherDates) return undefined
  const missing = [
    isOtherDates && 'other sessions',
    others.length > 0 && `other symbols (without ${symbolWords(others)})`,
  ].filter((words) => words !== false)
  return `It was measured over ${missing.join(' and ')} than this run has, and may be another there.`
}

/** Runs the old pipeline twice, over the sessions and symbols of the run unless others are chosen. */
function Measure({ run }: { readonly run: ComparisonRunDetail }) {
  const overview = useOverview().data
  const isRunning = useJobs().data?.some(({ kind, state }) => kind === 'noise-floor' && !isFinal(state)) === true
  // It may have been changed by hand since.
  const described = useQuery(orpc.legacy.described.queryOptions({ staleTime: 0 }))
  if (overview === undefined || described.data === undefined) return null
  const { command } = described.data
  const isWhole = run.symbols.length === overview.symbols.length
  return (
    <WindowStarter
      action={JOB_ACTIONS.noiseFloor}
      overview={overview}
      initial={{ from: run.from, to: run.to, symbols: isWhole ? [] : run.symbols }}
      factsOf={(window) => (command === null ? [] : commandFacts(command, overview, window))}
      blockedBy={
        isRunning
          ? 'It is being measured.'
          : (commandBlocker(command) ??
            (command?.read.length === 0
              ? 'No description’s files begin with {out}/, so that two runs cannot be told apart.'
              : undefined))
      }
      start={(window) => orpc.compare.noiseFloor.call(window)}
    />
  )
}

/** Of a field that the run does not have. */
const NOT_COMPARED: FieldCounts = { equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 }

interface Row {
  readonly field: string
  readonly noise: NoiseFloorRun['fields'][string]
  /** Of the run that is shown. */
  readonly unequal: number
  readonly minutes: number
  readonly p99: number | null | undefined
}

const shown = (field: string, value: number | null | undefined): string =>
  formatFieldValue(field, value === null || value === undefined ? null : Number(value.toPrecision(3)))

const COLUMNS: readonly Column<Row>[] = [
  { key: 'field', header: 'Field', cell: ({ field }) => <b>{field}</b> },
  {
    key: 'unequal',
    header: 'Old twice, unequal',
    unit: '%',
    numeric: true,
    cell: ({ noise: { unequal, minutes } }) => formatShare(unequal, minutes),
  },
  { key: 'p99', header: 'Old twice, p99', numeric: true, cell: ({ field, noise }) => shown(field, noise.p99) },
  { key: 'max', header: 'Old twice, max', numeric: true, cell: ({ field, noise }) => shown(field, noise.max) },
  {
    key: 'run-unequal',
    header: 'This run, unequal',
    unit: '%',
    numeric: true,
    cell: ({ unequal, minutes }) => formatShare(unequal, minutes),
  },
  { key: 'run-p99', header: 'This run, p99', numeric: true, cell: ({ field, p99 }) => shown(field, p99) },
  {
    key: 'run-words',
    header: 'The p99 of this run is',
    grow: true,
    cell: ({ noise, p99 }) => noiseWords(noise.p99, p99) ?? 'not known',
  },
]
