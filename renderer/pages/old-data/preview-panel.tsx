import { SegmentedControl } from '@mantine/core'
import type { UIEvent } from 'react'
import { useRef, useState } from 'react'
import type { Preview, PreviewRow } from '#shared/contract/old-data.ts'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatBytes, formatCount, formatFieldValue, formatQuantity } from '../../format/numbers.ts'
import { formatZoneClock, formatZoneDate, zoneName } from '../../format/times.ts'
import { FORMAT_NAMES } from './old-data-words.ts'
import classes from './preview-panel.module.css'

type Shown = 'first' | 'problems'

/** The first rows of a file twice, line by line: as they stand there, and as the bars that an import makes of them. */
export function PreviewPanel({ preview }: { readonly preview: Preview }) {
  const [chosen, setChosen] = useState<Shown>('first')
  const { sample, problems, failure, head } = preview
  const shown = problems.length === 0 ? 'first' : chosen
  const rows = shown === 'first' ? preview.rows : problems
  const lines = shown === 'first' ? head : []
  const raw = useRef<HTMLDivElement>(null)
  const bars = useRef<HTMLDivElement>(null)
  const follow = (event: UIEvent<HTMLDivElement>): void => {
    const { currentTarget } = event
    const other = currentTarget === raw.current ? bars.current : raw.current
    // Both have the same rows; only the file's side is scrolled sideways.
    if (other !== null && other.scrollTop !== currentTarget.scrollTop) other.scrollTop = currentTarget.scrollTop
  }
  // Lines that are split wrongly may have more cells than the header.
  const width = Math.max(preview.columns.length, ...rows.map(({ cells }) => cells.length))
  const symbols = rows.flatMap(({ outcome }) => (outcome.kind === 'bar' ? [outcome.bar.symbol] : []))
  const severalSymbols = new Set(symbols).size > 1
  return (
    <Panel
      title="Rows"
      note={sampleWords(preview)}
      controls={
        problems.length > 0 && (
          <SegmentedControl
            aria-label="Which rows"
            data={[
              { value: 'first', label: 'First rows' },
              {
                value: 'problems',
                label: `Refused ${formatCount(sample.refused)}, duplicates ${formatCount(sample.duplicates)}`,
              },
            ]}
            value={shown}
            onChange={(value) => setChosen(value)}
          />
        )
      }
    >
      {failure !== null && (
        <div className={classes.failure}>
          <OperatorError
            error={{
              message: failure.message,
              hint: 'Correct the description at the left: delimiter, lines before the rows, or columns.',
              details: ['LEGACY_FILE', failure.hint].filter(Boolean).join(': '),
            }}
            context="The rows are shown as they stand there."
          />
        </div>
      )}
      <div className={classes.sides}>
        <div className={classes.side}>
          <p className={classes.sideTitle}>As it stands in the file</p>
          <div className={classes.scroller} ref={raw} onScroll={follow}>
            <table className={classes.table} aria-label="Rows as they stand in the file">
              <thead>
                <tr>
                  <th scope="col" data-numeric>
                    Line
                  </th>
                  {Array.from({ length: width }, (_, i) => (
                    // Names may come more than once.
                    // oxlint-disable-next-line react/no-array-index-key
                    <th key={i} scope="col">
                      {preview.columns[i] || `(${i + 1})`}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {lines.map(({ line, cells }) => (
                  <tr key={line} className={classes.head}>
                    <td data-numeric>{formatCount(line)}</td>
                    <Cells cells={cells} columns={width} />
                  </tr>
                ))}
                {rows.map(({ line, cells, outcome }) => (
                  <tr key={line} data-outcome={outcome.kind}>
                    <td data-numeric>{formatCount(line)}</td>
                    <Cells cells={cells} columns={width} />
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
        <div className={classes.side}>
          <p className={classes.sideTitle}>
            As it is imported <span className={classes.unit}>volume in shares</span>
          </p>
          <div className={classes.scroller} ref={bars} onScroll={follow}>
            <table className={classes.table} aria-label="Rows as they are imported">
              <thead>
                <tr>
                  <th scope="col" data-numeric className={classes.lineAgain}>
                    Line
                  </th>
                  {severalSymbols && <th scope="col">Symbol</th>}
                  <th scope="col">
                    Bar <span className={classes.unit}>{zoneName(preview.zone)}</span>
                  </th>
                  <th scope="col">
                    Start <span className={classes.unit}>UTC</span>
                  </th>
                  {FIELDS.map((field) => (
                    <th key={field} scope="col" data-numeric>
                      {FIELD_NAMES[field]}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {lines.map(({ line, kind }) => (
                  <tr key={line} className={classes.head}>
                    <td data-numeric className={classes.lineAgain}>
                      {formatCount(line)}
                    </td>
                    <td colSpan={WIDTH}>{kind === 'header' ? 'Header' : 'Passed over'}</td>
                  </tr>
                ))}
                {rows.map((row) => (
                  <tr key={row.line} data-outcome={row.outcome.kind}>
                    <td data-numeric className={classes.lineAgain}>
                      {formatCount(row.line)}
                    </td>
                    <Outcome outcome={row.outcome} zone={preview.zone} withSymbol={severalSymbols} />
                  </tr>
                ))}
                {rows.length === 0 && (
                  <tr>
                    <td colSpan={WIDTH}>There is no row.</td>
                  </tr>
                )}
              </tbody>
            </table>
          </div>
        </div>
      </div>
    </Panel>
  )
}

function sampleWords({ sample, format, bytes, failure }: Preview): string {
  if (failure !== null) return `${FORMAT_NAMES[format]}, ${formatBytes(bytes)}`
  const { isWhole, rows, bars, refused, duplicates, blank } = sample
  return [
    `${isWhole ? 'all' : 'the first'} ${formatQuantity(rows, 'row')} of ${formatBytes(bytes)}: ${formatQuantity(bars, 'bar')}`,
    `${formatCount(refused)} refused`,
    formatQuantity(duplicates, 'duplicate'),
    ...(blank > 0 ? [formatQuantity(blank, 'empty line')] : []),
  ].join(', ')
}

function Cells({ cells, columns }: { readonly cells: readonly string[]; readonly columns: number }) {
  const count = Math.max(cells.length, columns)
  return Array.from({ length: count }, (_, i) => (
    <td key={i} title={cells[i]}>
      <span className={classes.cell}>{cells[i] ?? ''}</span>
    </td>
  ))
}

/** Columns of the right side behind the line and the symbol. */
const WIDTH = 7
const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const
const FIELD_NAMES = { open: 'Open', high: 'High', low: 'Low', close: 'Close', volume: 'Volume' } as const

interface OutcomeProps {
  readonly outcome: PreviewRow['outcome']
  readonly zone: string
  readonly withSymbol: boolean
}

function Outcome({ outcome, zone, withSymbol }: OutcomeProps) {
  if (outcome.kind === 'unknown') return <td colSpan={WIDTH}>–</td>
  if (outcome.kind !== 'bar') {
    return (
      <td colSpan={WIDTH} title={outcome.reason}>
        <span className={classes.reason}>
          {outcome.kind === 'refused' ? (
            <StateMark kind="fail" word="Refused:" />
          ) : (
            <StateMark kind="info" word="Duplicate:" />
          )}{' '}
          {outcome.reason}
        </span>
      </td>
    )
  }
  const { bar } = outcome
  const dateUtc = formatZoneDate(bar.ts, 'UTC')
  const date = formatZoneDate(bar.ts, zone)
  return (
    <>
      {withSymbol && <td>{bar.symbol}</td>}
      <td>
        {date} {formatZoneClock(bar.ts, zone)}–{formatZoneClock(bar.ts + 60, zone)}
      </td>
      <td title={`${dateUtc} ${formatZoneClock(bar.ts, 'UTC')} UTC`}>
        {formatZoneClock(bar.ts, 'UTC')}
        {dateUtc > date && <span className={classes.unit}> +1</span>}
        {dateUtc < date && <span className={classes.unit}> −1</span>}
      </td>
      {FIELDS.map((field) => (
        <td key={field} data-numeric>
          {formatFieldValue(field, bar[field])}
        </td>
      ))}
    </>
  )
}
