import { MultiSelect, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { RunCause } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { DateField } from '../../components/date-field.tsx'
import { QuietButton } from '../../components/quiet-button.tsx'
import { unitOfField } from '../../format/numbers.ts'
import type { RowFilter } from './compare-address.ts'
import { EVERY_ROW, ROW_CLASSES, ROW_STATES } from './compare-address.ts'
import { classWords } from './row-words.ts'
import classes from './row-filters.module.css'
import { STATE_WORDS } from './state-bar.tsx'

const ALL = 'all'

interface RowFiltersProps {
  readonly run: ComparisonRunDetail
  readonly causes: readonly RunCause[]
  readonly filter: RowFilter
  readonly onChange: (filter: RowFilter) => void
}

/** Which rows are listed, and in which order. */
export function RowFilters({ run, causes, filter, onChange }: RowFiltersProps) {
  const change = (values: Partial<RowFilter>): void => onChange({ ...filter, ...values, row: undefined })
  const isNarrowed = (Object.keys(EVERY_ROW) as (keyof RowFilter)[]).some(
    (key) => key !== 'order' && key !== 'row' && filter[key] !== undefined,
  )
  return (
    <div className={classes.filters}>
      <MultiSelect
        label="Symbols"
        placeholder={filter.symbols === undefined ? 'All' : ''}
        data={run.symbols}
        value={[...(filter.symbols ?? [])]}
        onChange={(symbols) => change({ symbols: symbols.length === 0 ? undefined : symbols })}
        searchable
      />
      <DateField label="First session" value={filter.from} max={filter.to} onChange={(from) => change({ from })} />
      <DateField label="Last session" value={filter.to} min={filter.from} onChange={(to) => change({ to })} />
      <OneOf
        label="Class"
        all="All classes"
        values={ROW_CLASSES.map((value) => ({ value, label: classWords(value).word }))}
        value={filter.class}
        onChange={(value) => change({ class: value })}
      />
      <OneOf
        label="Field"
        all="Any field"
        values={Object.keys(run.counts.fields).map((value) => ({ value, label: value }))}
        value={filter.field}
        onChange={(field) => change({ field })}
      />
      <LeastField
        key={filter.least}
        unit={filter.field === undefined ? '' : unitOfField(filter.field)}
        value={filter.least}
        onChange={(least) => change({ least })}
      />
      <OneOf
        label="State"
        all="Any state"
        values={ROW_STATES.map((value) => ({ value, label: STATE_WORDS[value].word }))}
        value={filter.state}
        onChange={(state) => change({ state })}
      />
      <OneOf
        label="Cause"
        all="Any cause"
        values={causes.map(({ causeKey, words }) => ({ value: causeKey, label: words }))}
        value={filter.cause}
        onChange={(cause) => change({ cause })}
      />
      <div className={classes.end}>
        <SegmentedControl
          aria-label="Order"
          data={[
            { value: 'largest', label: 'Largest first' },
            { value: 'time', label: 'By time' },
          ]}
          value={filter.order}
          onChange={(order) => change({ order })}
        />
        <QuietButton disabled={!isNarrowed} onClick={() => onChange({ ...EVERY_ROW, order: filter.order })}>
          All rows
        </QuietButton>
      </div>
    </div>
  )
}

interface OneOfProps<Value extends string> {
  readonly label: string
  /** Said when nothing is chosen. */
  readonly all: string
  readonly values: readonly { readonly value: Value; readonly label: string }[]
  readonly value: Value | undefined
  readonly onChange: (value: Value | undefined) => void
}

function OneOf<Value extends string>({ label, all, values, value, onChange }: OneOfProps<Value>) {
  return (
    <Select
      label={label}
      data={[{ value: ALL, label: all }, ...values]}
      value={value ?? ALL}
      onChange={(chosen) => onChange(values.find((entry) => entry.value === chosen)?.value)}
      allowDeselect={false}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
    />
  )
}

interface LeastFieldProps {
  readonly unit: string
  readonly value: number | undefined
  readonly onChange: (value: number | undefined) => void
}

/** Takes effect when it is left or on Enter, so that no half-typed number is asked for. */
function LeastField({ unit, value, onChange }: LeastFieldProps) {
  const [text, setText] = useState(value === undefined ? '' : String(value))
  const number = text.trim() === '' ? undefined : Number(text)
  const isWrong = number !== undefined && !(number >= 0 && Number.isFinite(number))
  const settle = (): void => {
    if (!isWrong && number !== value) onChange(number)
  }
  return (
    <TextInput
      label="Least difference"
      placeholder={unit === '' ? 'Any' : `Any, ${unit}`}
      value={text}
      error={isWrong && 'Not a number'}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={settle}
      onKeyDown={(event) => event.key === 'Enter' && settle()}
    />
  )
}
