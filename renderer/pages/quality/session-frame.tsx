import { useMemo } from 'react'
import type { SessionReport } from '#shared/contract/quality.ts'
import { ChartFrame } from '../../charts/chart-frame.tsx'
import { fileName } from '../../charts/file-name.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { formatFieldValue, formatQuantity } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import { flagWords } from '../../wording/quality-words.ts'
import { SESSION_CHART_HEIGHT, SessionChart } from './session-chart.tsx'
import { sessionCsv } from './session-csv.ts'
import type { SessionMinute } from './session-minutes.ts'
import { isMissing, minutesOf, spanOf } from './session-minutes.ts'

interface SessionFrameProps {
  readonly report: SessionReport
  /** The chosen bar, epoch seconds. */
  readonly atTs: number | undefined
  /** Whether only the time around the chosen bar is drawn. */
  readonly isNear: boolean
  readonly onBar: (ts: number | undefined) => void
}

/** The bars of a session as a chart or as a table, whole or around the chosen one. */
export function SessionFrame({ report, atTs, isNear, onBar }: SessionFrameProps) {
  const { symbol, sessionDate } = report
  const minutes = useMemo(() => minutesOf(report), [report])
  const columns = useMemo(() => columnsFor(report), [report])
  const span = spanOf(report, minutes, isNear ? atTs : undefined)
  const [fromTs, toTs] = span
  const inSpan = useMemo(() => minutes.filter(({ ts }) => ts > fromTs && ts < toTs), [minutes, fromTs, toTs])
  const isEmpty = report.bars.ts.length === 0
  return (
    <ChartFrame
      title={`${symbol} ${sessionDate}, curated bars with their marks`}
      note={barsWords(minutes)}
      fileName={fileName([symbol, sessionDate, 'curated'])}
      height={SESSION_CHART_HEIGHT}
      empty={
        isEmpty
          ? {
              title: 'No curated bars',
              text:
                report.stale === 'new'
                  ? 'It was never built. Rebuild it to see its bars.'
                  : 'The session has no bar that could be kept.',
            }
          : undefined
      }
      csv={() => sessionCsv(report, minutes)}
      renderTable={(maxHeight) => (
        <DataTable
          label={`Bars of ${symbol}, ${sessionDate}`}
          columns={columns}
          rows={minutes}
          rowKey={(minute) => String(minute.ts)}
          selectedKey={atTs === undefined ? undefined : String(atTs)}
          onSelect={({ ts }) => onBar(ts)}
          maxHeight={maxHeight}
        />
      )}
    >
      {(width) => <SessionChart report={report} minutes={inSpan} span={span} atTs={atTs} onBar={onBar} width={width} />}
    </ChartFrame>
  )
}

function barsWords(minutes: readonly SessionMinute[]): string {
  const missing = minutes.filter(isMissing).length
  const there = formatQuantity(minutes.length - missing, 'bar')
  return missing === 0 ? `${there}, no gap.` : `${there}, ${formatQuantity(missing, 'minute')} without.`
}

const FIELDS = [
  ['open', 'Open'],
  ['high', 'High'],
  ['low', 'Low'],
  ['close', 'Close'],
  ['volume', 'Volume'],
] as const

function columnsFor({ zone }: SessionReport): readonly Column<SessionMinute>[] {
  return [
    {
      key: 'ts',
      header: 'Minute',
      unit: zoneName(zone),
      cell: ({ ts }) => formatZoneClock(ts, zone),
      sortValue: ({ ts }) => ts,
    },
    ...FIELDS.map(([field, header]): Column<SessionMinute> => ({
      key: field,
      header,
      numeric: true,
      cell: (minute) => formatFieldValue(field, minute[field]),
      sortValue: (minute) => minute[field] ?? undefined,
    })),
    {
      key: 'flags',
      header: 'Marks',
      cell: (minute) => (isMissing(minute) ? 'no bar' : flagWords(minute.flags)),
      sortValue: (minute) => (isMissing(minute) ? 'no bar' : flagWords(minute.flags) || undefined),
    },
  ]
}
