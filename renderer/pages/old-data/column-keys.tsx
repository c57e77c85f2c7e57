import { MultiSelect, Select } from '@mantine/core'
import { ColumnSelect } from './column-select.tsx'
import classes from './description-form.module.css'
import type { DescriptionDraft } from './description-draft.ts'
import type { SectionProps } from './form-section.tsx'
import { Section } from './form-section.tsx'

const VALUE_COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const
const VALUE_NAMES = { open: 'Open', high: 'High', low: 'Low', close: 'Close', volume: 'Volume' } as const
const EXTRA_COLUMNS = ['vwap', 'tradeCount'] as const
const EXTRA_NAMES = { vwap: 'Average price (vwap)', tradeCount: 'Number of trades' } as const

/** Which column is what. */
export function Columns({ draft, errorOf, change, preview }: SectionProps) {
  const { columns, features } = draft
  const shared = { draft, preview }
  const set = (values: Partial<DescriptionDraft['columns']>): void => change({ columns: { ...columns, ...values } })
  return (
    <Section title="Columns">
      <div className={classes.pair}>
        <ColumnSelect
          {...shared}
          label="Time"
          column={columns.time}
          error={errorOf('columns.time')}
          onChange={(column) => column !== null && set({ time: column })}
        />
        <ColumnSelect
          {...shared}
          label="Date, if apart"
          column={columns.date ?? null}
          isOptional
          error={errorOf('columns.date')}
          onChange={(column) => set({ date: column ?? undefined })}
        />
        {VALUE_COLUMNS.map((field) => (
          <ColumnSelect
            key={field}
            {...shared}
            label={VALUE_NAMES[field]}
            column={columns[field]}
            isOptional
            error={errorOf(`columns.${field}`)}
            onChange={(column) => set({ [field]: column })}
          />
        ))}
        {EXTRA_COLUMNS.map((field) => (
          <ColumnSelect
            key={field}
            {...shared}
            label={EXTRA_NAMES[field]}
            column={columns[field] ?? null}
            isOptional
            error={errorOf(`columns.${field}`)}
            onChange={(column) => set({ [field]: column ?? undefined })}
          />
        ))}
      </div>
      <Select
        label="Other columns, as features"
        data={[
          { value: 'none', label: 'None' },
          { value: 'rest', label: 'All others that hold numbers' },
          { value: 'named', label: 'These' },
        ]}
        value={features === 'rest' ? 'rest' : features.length === 0 ? 'none' : 'named'}
        allowDeselect={false}
        error={errorOf('features')}
        onChange={(value) =>
          change({ features: value === 'rest' ? 'rest' : value === 'named' ? (preview?.otherColumns ?? []) : [] })
        }
      />
      {features !== 'rest' && features.length > 0 && (
        <MultiSelect
          label="Features"
          data={[...new Set([...(preview?.otherColumns ?? []), ...features])].filter((name) => name !== '')}
          value={features}
          searchable
          onChange={(names) => change({ features: names })}
        />
      )}
    </Section>
  )
}
