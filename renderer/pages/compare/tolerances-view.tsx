import { Button, TextInput } from '@mantine/core'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import type { WhatIf } from '#shared/contract/comparison.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { toleranceText } from '#shared/config/tolerance-text.ts'
import type { ComparisonCounts } from '#shared/jobs/job-kinds.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Folded } from '../../components/folded.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import type { ChangeView, CompareView } from './compare-address.ts'
import { ShareBar } from './share-bar.tsx'
import classes from './tolerances-view.module.css'
import type { ToleranceTexts } from './try-tolerances.ts'
import { problemOfTolerance, textsFrom, tolerancesFrom, wordsFrom, yamlOf } from './try-tolerances.ts'
import { sampleWords } from './verdict-words.ts'

interface TolerancesViewProps {
  readonly run: ComparisonRunDetail
  readonly view: Pick<CompareView, 'tolerances'>
  readonly onChange: ChangeView
}

/** What the run would have counted with other tolerances. */
export function TolerancesView({ run, view, onChange }: TolerancesViewProps) {
  const texts = textsFrom(view.tolerances)
  const tolerances = tolerancesFrom(texts)
  const counted = useQuery(
    orpc.compare.whatIf.queryOptions({
      input: tolerances === undefined ? skipToken : { runId: run.runId, tolerances },
      placeholderData: keepPreviousData,
    }),
  )
  return (
    <div className={classes.view}>
      <Panel title="Other tolerances" note="counted from the stored rows, nothing is compared anew">
        <ToleranceForm
          key={view.tolerances ?? ''}
          run={run}
          texts={texts}
          onCount={(next) => onChange({ tolerances: wordsFrom(next) })}
        />
      </Panel>
      {tolerances === undefined ? (
        <Panel title="Before and after">
          <EmptyState title="Nothing is tried out">
            Change a tolerance at the left and count again: what would be within tolerance, and what would still be
            different, stands here. The run stays as it is.
          </EmptyState>
        </Panel>
      ) : (
        <Panel title="Before and after" note={run.sample === null ? '' : `of ${sampleWords(run.sample)}`}>
          <QueryView query={counted} height={320}>
            {(data) => (
              <div className={classes.counted} data-stale={counted.isPlaceholderData || undefined}>
                <Counted counted={data} yaml={yamlOf(texts)} />
              </div>
            )}
          </QueryView>
        </Panel>
      )}
    </div>
  )
}

interface ToleranceFormProps {
  readonly run: ComparisonRunDetail
  readonly texts: ToleranceTexts
  readonly onCount: (texts: ToleranceTexts) => void
}

function ToleranceForm({ run, texts, onCount }: ToleranceFormProps) {
  const [draft, setDraft] = useState<ToleranceTexts>(texts)
  const fields = COMPARED_FIELDS.filter((field) => run.counts.fields[field] !== undefined)
  const usual = (field: string): string => {
    const tolerance = run.tolerances[field]
    return tolerance === undefined ? '0' : toleranceText(tolerance)
  }
  const textOf = (field: string): string => draft[field] ?? usual(field)
  const problem = (field: string): string | undefined => problemOfTolerance(field, textOf(field))
  const changed: ToleranceTexts = Object.fromEntries(
    fields.filter((field) => textOf(field) !== usual(field)).map((field) => [field, textOf(field)]),
  )
  const hasProblem = fields.some((field) => problem(field) !== undefined)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!hasProblem) onCount(changed)
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className={classes.hint}>
        0.02 in units of the field, 2ticks, 5bp, 1%, or a sum such as 0.01+5bp. 0 forgives nothing.
      </p>
      <div className={classes.fields}>
        {fields.map((field) => (
          <TextInput
            key={field}
            label={field}
            description={`In the run: ${usual(field)}`}
            value={textOf(field)}
            error={problem(field)}
            onChange={(event) => setDraft({ ...draft, [field]: event.currentTarget.value })}
          />
        ))}
      </div>
      {run.overrides.length > 0 && (
        <p className={classes.hint}>
          {formatQuantity(run.overrides.length, 'override')} for symbols or parts of the session stay as they are.
        </p>
      )}
      <div className={classes.buttons}>
        <Button type="submit" variant="filled" disabled={hasProblem || Object.keys(changed).length === 0}>
          Count again
        </Button>
        <Button
          disabled={Object.keys(texts).length === 0 && Object.keys(draft).length === 0}
          onClick={() => {
            setDraft({})
            onCount({})
          }}
        >
          As in the run
        </Button>
      </div>
    </form>
  )
}

function Counted({ counted: { before, after }, yaml }: { readonly counted: WhatIf; readonly yaml: string }) {
  const whole = (counts: ComparisonCounts): number => counts.common + counts.oldOnly + counts.newOnly
  const alike = (counts: ComparisonCounts): string => formatShare(counts.equal + counts.withinTolerance, whole(counts))
  const fields = Object.entries(after.fields).map(([field, counts]): Counts => ({
    what: field,
    isWhole: false,
    before: before.fields[field] ?? counts,
    after: counts,
  }))
  const rows: readonly Counts[] = [{ what: 'Minutes in both', isWhole: true, before, after }, ...fields]
  return (
    <>
      <p className={classes.words}>
        <b>{alike(after)} %</b> of the minutes would be equal or within tolerance instead of {alike(before)} %;{' '}
        <b>{formatCount(after.different)}</b> would be different instead of {formatCount(before.different)}.
      </p>
      <dl className={classes.bars}>
        <dt>Run</dt>
        <dd>
          <ShareBar counts={before} height={10} />
        </dd>
        <dt>With these</dt>
        <dd>
          <ShareBar counts={after} height={10} />
        </dd>
      </dl>
      <DataTable label="Counts before and after" columns={COLUMNS} rows={rows} rowKey={({ what }) => what} />
      <Folded title="Keep these tolerances" note="for the next comparison">
        <p>Write this into switchyard.yaml and compare again. This run keeps its own.</p>
        <pre className={classes.yaml}>{yaml}</pre>
      </Folded>
    </>
  )
}

interface Count {
  readonly equal: number
  readonly withinTolerance: number
  readonly different: number
}

interface Counts {
  readonly what: string
  readonly isWhole: boolean
  readonly before: Count
  readonly after: Count
}

const pair = (key: 'withinTolerance' | 'different', header: string): readonly Column<Counts>[] => [
  { key: `${key}-before`, header, unit: 'run', numeric: true, cell: ({ before }) => formatCount(before[key]) },
  {
    key: `${key}-after`,
    header,
    unit: 'these',
    numeric: true,
    cell: ({ before, after }) =>
      before[key] === after[key] ? (
        <span className={classes.same}>{formatCount(after[key])}</span>
      ) : (
        <b>
          {formatCount(after[key])} <span aria-hidden>{after[key] > before[key] ? '↑' : '↓'}</span>
        </b>
      ),
  },
]

const COLUMNS: readonly Column<Counts>[] = [
  { key: 'what', header: 'Over', grow: true, cell: ({ what, isWhole }) => (isWhole ? <b>{what}</b> : what) },
  { key: 'equal', header: 'Equal', numeric: true, cell: ({ after }) => formatCount(after.equal) },
  ...pair('withinTolerance', 'Within'),
  ...pair('different', 'Different'),
]
