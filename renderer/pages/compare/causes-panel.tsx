import { useMemo } from 'react'
import type { RunCause, RunCauses } from '#shared/contract/causes.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatShare } from '../../format/numbers.ts'
import { causeName } from '../../wording/cause-names.ts'
import { decisionOf, scopeWords } from './cause-words.ts'
import classes from './causes-panel.module.css'

/** Stands in the list, and in the address, for what nothing explains. */
export const OPEN_KEY = 'open'

interface CausesPanelProps {
  readonly found: RunCauses
  /** Key of the chosen cause, or {@link OPEN_KEY}. */
  readonly chosen: string | undefined
  readonly onChoose: (causeKey: string) => void
}

/** A cause, or the rest that has none. */
interface CauseRow {
  readonly key: string
  readonly cause: RunCause | undefined
  readonly count: number
  readonly share: number
}

/** The causes by the share that they explain, and what none of them does. */
export function CausesPanel({ found, chosen, onChoose }: CausesPanelProps) {
  const rows = useMemo(() => rowsOf(found), [found])
  return (
    <Panel title="Causes" note={noteOf(found)}>
      <DataTable
        label="Causes"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ key }) => key}
        selectedKey={chosen}
        onSelect={({ key }) => onChoose(key)}
        lines={2}
        maxHeight={29 + 8 * 44}
        empty={found.isSearched ? 'There is no difference to explain.' : 'Causes were not searched for in this run.'}
      />
    </Panel>
  )
}

function noteOf({ isSearched, causes, differences }: RunCauses): string {
  if (!isSearched) return 'not searched for'
  if (causes.length === 0) return differences.total === 0 ? '' : 'none found'
  const shares = causes.reduce((sum, { share }) => sum + share, 0)
  const overlap = shares > 1.0001 ? '; some differences need several, so shares add up to more' : ''
  return `share of all ${formatCount(differences.total)} differences${overlap}`
}

function rowsOf({ isSearched, causes, differences }: RunCauses): readonly CauseRow[] {
  const rows: CauseRow[] = causes.map((cause) => ({
    key: cause.causeKey,
    cause,
    count: cause.explained,
    share: cause.share,
  }))
  const { open, total } = differences
  return open === 0 || !isSearched
    ? rows
    : [...rows, { key: OPEN_KEY, cause: undefined, count: open, share: open / total }]
}

/** A part of a bar that stands for all differences. Anything that is not nothing is seen. */
function Part({ kind, share }: { readonly kind: 'explained' | 'waiting' | 'open'; readonly share: number }) {
  return share > 0 && <span className={classes.bar} data-difference={kind} style={{ width: `${share * 100}%` }} />
}

const COLUMNS: readonly Column<CauseRow>[] = [
  {
    key: 'cause',
    header: 'Cause',
    grow: true,
    cell: ({ cause }) =>
      cause === undefined ? (
        <span>
          <b>No cause found</b>
          <br />
          <span className={classes.quiet}>Nothing explains these. Look at their rows.</span>
        </span>
      ) : (
        <span title={cause.words}>
          <b>{causeName(cause.kind)}</b> <span className={classes.quiet}>{scopeWords(cause)}</span>
          <br />
          {cause.words}
        </span>
      ),
  },
  {
    key: 'bar',
    header: 'Share',
    unit: '%',
    cell: ({ cause, share }) => (
      <span className={classes.share}>
        <span className={classes.track} aria-hidden>
          {cause === undefined ? (
            <Part kind="open" share={share} />
          ) : (
            <>
              <Part kind="explained" share={(share * cause.accepted) / cause.explained} />
              <Part kind="waiting" share={share * (1 - cause.accepted / cause.explained)} />
            </>
          )}
        </span>
        <span className={classes.percent}>{formatShare(share, 1)}</span>
      </span>
    ),
  },
  { key: 'count', header: 'Differences', numeric: true, wideOnly: true, cell: ({ count }) => formatCount(count) },
  {
    key: 'decision',
    header: 'Decision',
    cell: ({ cause }) => {
      if (cause === undefined) return <StateMark kind="fail" word="Open" />
      const { kind, word } = decisionOf(cause)
      return <StateMark kind={kind} word={word} />
    },
  },
]
