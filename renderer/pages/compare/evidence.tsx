import { useState } from 'react'
import type { RunCause } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { QuietButton } from '../../components/quiet-button.tsx'
import { formatFieldValue, formatQuantity } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import { likeness } from './alike.ts'
import classes from './evidence.module.css'

type Sample = RunCause['samples'][number]
type Side = Sample['old']

/** Samples shown before the rest is asked for. */
const MOST = 1

interface EvidenceProps {
  readonly run: ComparisonRunDetail
  readonly cause: RunCause
  readonly zoneOf: (symbol: string) => string
}

/** Rows that show a cause: old, what the old row becomes when the cause is undone, and new. */
export function Evidence({ run, cause, zoneOf }: EvidenceProps) {
  const [isAll, setAll] = useState(false)
  const { samples } = cause
  if (samples.length === 0) return <p className={classes.none}>No row was kept to show it.</p>
  return (
    <>
      <ul className={classes.samples} aria-label="Evidence">
        {samples.slice(0, isAll ? undefined : MOST).map((sample) => (
          <li key={`${sample.symbol} ${sample.sessionDate} ${sample.old?.ts} ${sample.fresh?.ts}`}>
            <SampleTable run={run} sample={sample} zone={zoneOf(sample.symbol)} />
          </li>
        ))}
      </ul>
      {samples.length > MOST && !isAll && (
        <QuietButton onClick={() => setAll(true)}>
          Show {formatQuantity(samples.length - MOST, 'more sample')}
        </QuietButton>
      )}
    </>
  )
}

interface SampleTableProps {
  readonly run: ComparisonRunDetail
  readonly sample: Sample
  readonly zone: string
}

function SampleTable({ run, sample, zone }: SampleTableProps) {
  const { symbol, sessionDate, old, fresh, undone } = sample
  const fields = COMPARED_FIELDS.filter((field) => run.counts.fields[field] !== undefined)
  return (
    <table className={classes.table} aria-label={`${symbol} ${sessionDate}`}>
      <thead>
        <tr>
          <th scope="col">
            {symbol} {sessionDate}
          </th>
          <th scope="col">{zoneName(zone)}</th>
          {fields.map((field) => (
            <th key={field} scope="col" data-numeric>
              {field}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <Row name="Old" side={old} other={fresh} none="no row" {...{ run, symbol, zone, fields }} />
        <Row name="Old, undone" side={undone} other={fresh} none="goes away" {...{ run, symbol, zone, fields }} />
        <Row name="New" side={fresh} other={fresh} none="no row" {...{ run, symbol, zone, fields }} />
      </tbody>
    </table>
  )
}

interface RowProps {
  readonly name: string
  readonly side: Side
  /** What it is compared with. */
  readonly other: Side
  /** Said where there is no row. */
  readonly none: string
  readonly run: ComparisonRunDetail
  readonly symbol: string
  readonly zone: string
  readonly fields: readonly string[]
}

function Row({ name, side, other, none, run, symbol, zone, fields }: RowProps) {
  if (side === null) {
    return (
      <tr>
        <th scope="row">{name}</th>
        <td className={classes.absent} colSpan={fields.length + 1}>
          {none}
        </td>
      </tr>
    )
  }
  const isOtherMinute = other !== null && other.ts !== side.ts
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <Value text={formatZoneClock(side.ts, zone)} isUnlike={isOtherMinute} />
      </td>
      {fields.map((field) => {
        const value = side.values[field] ?? null
        const isUnlike =
          other !== null && likeness(run, symbol, field, value, other.values[field] ?? null) === 'different'
        return (
          <td key={field} data-numeric>
            <Value text={formatFieldValue(field, value)} isUnlike={isUnlike} />
          </td>
        )
      })}
    </tr>
  )
}

/** A value; one that is unlike the new one has a mark beside its colour. */
export function Value({ text, isUnlike }: { readonly text: string; readonly isUnlike: boolean }) {
  return isUnlike ? (
    <span className={classes.unlike}>
      <span aria-label="unlike new">≠</span> {text}
    </span>
  ) : (
    text
  )
}
