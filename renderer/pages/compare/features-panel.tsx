import { useMemo } from 'react'
import type { FeatureDetail } from '#shared/contract/feature-comparison.ts'
import type { ErrorSummary } from '#shared/jobs/error-summary.ts'
import type { FeatureCounts } from '#shared/jobs/feature-comparison.ts'
import { toleranceText } from '#shared/config/tolerance-text.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import { formatMeasure } from './distribution-words.ts'
import classes from './fields-panel.module.css'

interface FeatureRow extends FeatureCounts {
  readonly name: string
  readonly oldColumn: string
  readonly tolerance: string
  readonly errors: ErrorSummary | undefined
}

/** Per feature, over the minutes that both sides have: what was counted, and how large the differences are. */
export function FeaturesPanel({ features }: { readonly features: FeatureDetail }) {
  const rows = useMemo(() => featureRows(features), [features])
  return (
    <Panel title={`Features of ${features.set}`} note={noteOf(features)}>
      <DataTable
        label="Counts by feature"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ name }) => name}
        initialOrder={{ key: 'count', descending: true }}
        maxHeight={29 + 28 * 12}
      />
    </Panel>
  )
}

function noteOf({ counts, sessionsOutOfDate, sessionsNotBuilt }: FeatureDetail): string {
  return [
    `over ${formatCount(counts.minutes.common)} minutes in both`,
    sessionsOutOfDate > 0 && `${formatQuantity(sessionsOutOfDate, 'session')} out of date`,
    sessionsNotBuilt > 0 && `${formatQuantity(sessionsNotBuilt, 'session')} not built`,
  ]
    .filter((part) => part !== false)
    .join('; ')
}

function featureRows({ features, counts, errors }: FeatureDetail): readonly FeatureRow[] {
  return features.flatMap(({ name, oldColumn, tolerance }) => {
    const known = counts.byFeature[name]
    if (known === undefined) return []
    return [{ ...known, name, oldColumn, tolerance: toleranceText(tolerance), errors: errors[name] }]
  })
}

const countColumn = (key: 'nullVersusValue' | 'oldOnly' | 'newOnly', header: string): Column<FeatureRow> => ({
  key,
  header,
  numeric: true,
  wideOnly: true,
  cell: (row) => formatCount(row[key]),
  sortValue: (row) => row[key],
})

const sizeColumn = (key: 'p50' | 'p99' | 'max', header: string): Column<FeatureRow> => ({
  key,
  header,
  numeric: true,
  cell: ({ errors }) => formatMeasure(errors?.absolute[key] ?? null),
  sortValue: ({ errors }) => errors?.absolute[key] ?? undefined,
})

const COLUMNS: readonly Column<FeatureRow>[] = [
  {
    key: 'name',
    header: 'Feature',
    unit: 'old column, tolerance',
    grow: true,
    cell: ({ name, oldColumn, tolerance }) => (
      <>
        <b>{name}</b>{' '}
        <span className={classes.tolerance}>
          {oldColumn === name ? '' : `${oldColumn}, `}
          {tolerance === '0' ? 'exact' : `± ${tolerance}`}
        </span>
      </>
    ),
    sortValue: ({ name }) => name,
  },
  { key: 'equal', header: 'Equal', unit: '%', numeric: true, cell: (row) => formatShare(row.equal, row.common) },
  {
    key: 'within',
    header: 'Within',
    unit: '%',
    numeric: true,
    cell: (row) => formatShare(row.withinTolerance, row.common),
  },
  {
    key: 'share',
    header: 'Different',
    unit: '%',
    numeric: true,
    cell: (row) => formatShare(row.different, row.common),
  },
  {
    key: 'count',
    header: 'Different',
    unit: 'minutes',
    numeric: true,
    cell: (row) => formatCount(row.different),
    sortValue: (row) => row.different,
  },
  countColumn('nullVersusValue', 'One empty'),
  countColumn('oldOnly', 'Only old'),
  countColumn('newOnly', 'Only new'),
  sizeColumn('p50', 'p50'),
  sizeColumn('p99', 'p99'),
  sizeColumn('max', 'Max'),
]
