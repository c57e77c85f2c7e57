import { useQuery } from '@tanstack/react-query'
import type { QualityGrid } from '#shared/contract/quality.ts'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import { formatDates } from '../../format/times.ts'
import type { CellBox } from '../../grid/grid-cells.ts'
import { positionsIn } from '../../grid/grid-cells.ts'
import { symbolWords } from '../../wording/job-words.ts'
import { SEVERITY_WORDS } from '../../wording/quality-words.ts'
import type { QualityCell } from './quality-cells.ts'
import { axesOf, cellAt } from './quality-cells.ts'
import { RangeActions } from './range-actions.tsx'
import classes from './range-inspector.module.css'
import { rangeIn } from '../../grid/session-range.ts'

/** The engine takes no more at once. */
const MOST_FINDINGS = 10_000

interface RangeInspectorProps {
  readonly grid: QualityGrid
  readonly box: CellBox
}

/** Several sessions: what was counted in them together, and what can be done about all of them. */
export function RangeInspector({ grid, box }: RangeInspectorProps) {
  const range = rangeIn(axesOf(grid), box)
  const cells = positionsIn(box).flatMap((position) => cellAt(grid, position) ?? [])
  const open = useQuery(orpc.quality.findings.queryOptions({ input: { ...range, open: true, limit: MOST_FINDINGS } }))
  return (
    <div className={classes.inspector}>
      <p className={classes.range}>
        <b>{symbolWords(range.symbols)}</b>, {formatDates(range.from, range.to)}
      </p>
      <Counts cells={cells} />
      <QueryView query={open} height={120}>
        {(findings) => (
          <>
            {findings.length === MOST_FINDINGS && (
              <p className={classes.range}>
                More than {formatQuantity(MOST_FINDINGS, 'open finding')}; the gravest and newest of them are
                acknowledged at once, the rest after that.
              </p>
            )}
            <RangeActions
              key={`${range.symbols.join(' ')} ${range.from} ${range.to}`}
              range={range}
              open={findings}
              isStale={cells.some(({ stale }) => stale !== undefined)}
            />
          </>
        )}
      </QueryView>
    </div>
  )
}

function Counts({ cells }: { readonly cells: readonly QualityCell[] }) {
  const count = (is: (cell: QualityCell) => boolean): number => cells.filter(is).length
  const sum = (of: (cell: QualityCell) => number): number => cells.reduce((total, cell) => total + of(cell), 0)
  const built = cells.filter(({ coverage }) => coverage !== undefined)
  const worstIs = (severity: keyof typeof SEVERITY_WORDS): number => count(({ worst }) => worst === severity)
  return (
    <dl className={classes.counts}>
      <Line word="Sessions built" value={formatCount(built.length)} />
      <Line word="Not built" value={formatCount(cells.length - built.length)} />
      <Line
        word="Coverage, on average"
        value={built.length === 0 ? '–' : `${formatShare(sum(({ coverage = 0 }) => coverage) / built.length, 1)} %`}
      />
      <Line word="Miss a threshold" value={formatCount(count(({ isBelowThreshold }) => isBelowThreshold))} />
      <Line word="Quarantined" value={formatCount(count(({ isQuarantined }) => isQuarantined))} />
      <Line word="Stale" value={formatCount(count(({ stale }) => stale !== undefined))} />
      <Line word="Minutes filled" value={formatCount(sum(({ filled }) => filled))} />
      <Line word="Findings open" value={formatCount(sum(({ openFindings }) => openFindings))} />
      <Line word="Findings acknowledged" value={formatCount(sum(({ acknowledged }) => acknowledged))} />
      {(['error', 'warn', 'info'] as const).map((severity) => (
        <div key={severity} className={classes.line}>
          <dt>
            Sessions at worst <StateMark {...SEVERITY_WORDS[severity]} />
          </dt>
          <dd>{formatCount(worstIs(severity))}</dd>
        </div>
      ))}
    </dl>
  )
}

function Line({ word, value }: { readonly word: string; readonly value: string }) {
  return (
    <div className={classes.line}>
      <dt>{word}</dt>
      <dd>{value}</dd>
    </div>
  )
}
