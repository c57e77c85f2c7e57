import {
  Autocomplete,
  Checkbox,
  MultiSelect,
  NumberInput,
  Radio,
  Select,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core'
import type { ReactNode } from 'react'
import { useState } from 'react'
import type { Preview } from '#shared/contract/old-data.ts'
import classes from './description-form.module.css'
import type { DescriptionDraft } from './description-draft.ts'
import {
  barOfLabel,
  choiceOf,
  columnChoices,
  columnOf,
  formatOf,
  isPattern,
  symbolMapOf,
  symbolMapText,
  withoutHeader,
} from './description-draft.ts'
import { FORMAT_NAMES } from './old-data-words.ts'

interface DescriptionFormProps {
  readonly draft: DescriptionDraft
  /** What is wrong, by the path of the key. */
  readonly problems: ReadonlyMap<string, string>
  /** The last preview, which knows the columns. */
  readonly preview: Preview | undefined
  readonly onChange: (draft: DescriptionDraft) => void
}

interface SectionProps {
  readonly draft: DescriptionDraft
  readonly errorOf: (key: string) => string | undefined
  readonly change: (values: Partial<DescriptionDraft>) => void
  readonly preview: Preview | undefined
}

/** Every key of a description, by what it decides: where, when, which columns, which numbers, how the text is written. */
export function DescriptionForm({ draft, problems, preview, onChange }: DescriptionFormProps) {
  const shared: SectionProps = {
    draft,
    preview,
    errorOf: (key) => problems.get(key),
    change: (values) => onChange({ ...draft, ...values }),
  }
  const format = formatOf(draft)
  return (
    <form className={classes.form} aria-label="Description" onSubmit={(event) => event.preventDefault()}>
      <Files {...shared} />
      <Times {...shared} />
      <Columns {...shared} />
      <Numbers {...shared} />
      {format === 'csv' && <TextKeys {...shared} />}
    </form>
  )
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <fieldset className={classes.section}>
      <legend className={classes.legend}>{title}</legend>
      <div className={classes.fields}>{children}</div>
    </fieldset>
  )
}

const SYMBOL_PLACES = [
  { value: 'path', label: 'Path: {symbol}' },
  { value: 'column', label: 'A column' },
  { value: 'key', label: 'JSON key' },
  { value: 'table', label: 'Table name' },
] as const

function Files({ draft, errorOf, change, preview }: SectionProps) {
  const format = formatOf(draft)
  const placesFor = SYMBOL_PLACES.filter(
    ({ value }) =>
      value === draft.symbol || (value === 'key' ? format === 'json' : value === 'table' ? format === 'sqlite' : true),
  )
  return (
    <Section title="Files">
      <TextInput
        label="Pattern"
        description={
          isPattern(draft.files) ? undefined : 'Names one file. {symbol} stands for the symbol, * for any text.'
        }
        value={draft.files}
        error={errorOf('files')}
        spellCheck={false}
        onChange={(event) => change({ files: event.currentTarget.value })}
      />
      <div className={classes.pair}>
        <Select
          label="Format"
          data={[
            { value: '', label: `${FORMAT_NAMES[formatOf({ files: draft.files })]}, by name` },
            ...Object.entries(FORMAT_NAMES).map(([value, label]) => ({ value, label })),
          ]}
          value={draft.format ?? ''}
          allowDeselect={false}
          onChange={(value) => {
            const { format: _before, ...others } = draft
            change(
              value === null || value === ''
                ? { ...others, format: undefined }
                : { format: value as keyof typeof FORMAT_NAMES },
            )
          }}
        />
        <Select
          label="Symbol from"
          data={placesFor.map(({ value, label }) => ({ value, label }))}
          value={draft.symbol}
          allowDeselect={false}
          error={errorOf('symbol')}
          onChange={(value) => value !== null && change({ symbol: value })}
        />
      </div>
      {draft.symbol === 'column' && (
        <ColumnSelect
          label="Column of the symbol"
          column={draft.symbolColumn}
          draft={draft}
          preview={preview}
          error={errorOf('symbolColumn')}
          onChange={(column) => column !== null && change({ symbolColumn: column })}
        />
      )}
      {format === 'sqlite' && (
        <TextInput
          label="Table"
          description={draft.symbol === 'table' ? 'With {symbol} where each symbol has a table of its own.' : undefined}
          value={draft.table}
          error={errorOf('table')}
          spellCheck={false}
          onChange={(event) => change({ table: event.currentTarget.value })}
        />
      )}
      <OtherNames draft={draft} change={change} />
    </Section>
  )
}

function OtherNames({ draft, change }: Pick<SectionProps, 'draft' | 'change'>) {
  const [text, setText] = useState(() => symbolMapText(draft.symbolMap))
  const isBad = symbolMapOf(text) === null
  return (
    <Textarea
      label="Other names"
      description="Old name = symbol of this workspace, one a line."
      placeholder="BRK_B = BRK.B"
      value={text}
      error={isBad ? 'Write each line as OLD = SYMBOL; the last right names hold' : undefined}
      autosize
      minRows={1}
      maxRows={6}
      spellCheck={false}
      onChange={(event) => {
        const { value } = event.currentTarget
        setText(value)
        const map = symbolMapOf(value)
        if (map !== null) change({ symbolMap: map })
      }}
    />
  )
}

/** What files have most often; any other pattern can be typed. */
const TIME_FORMATS = [
  '%Y-%m-%d %H:%M:%S',
  '%Y-%m-%d %H:%M',
  'iso',
  'epoch',
  'epoch-ms',
  'epoch-us',
  'epoch-ns',
  '%m/%d/%Y %H:%M',
  '%d/%m/%Y %H:%M',
  '%d.%m.%Y %H:%M',
  '%m/%d/%Y %I:%M %p',
  '%Y%m%d %H:%M:%S',
  '%Y%m%d %H:%M',
  '%Y%m%d %H%M',
]

const COMMON_ZONES = [
  'America/New_York',
  'UTC',
  'America/Chicago',
  'America/Los_Angeles',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Zurich',
  'Asia/Tokyo',
  'Asia/Hong_Kong',
  'Asia/Kolkata',
  'Australia/Sydney',
]
const ZONES = [...COMMON_ZONES, ...Intl.supportedValuesOf('timeZone').filter((zone) => !COMMON_ZONES.includes(zone))]

function Times({ draft, errorOf, change, preview }: SectionProps) {
  const open = preview?.hours?.open ?? '09:30'
  return (
    <Section title="Times">
      <Radio.Group label="A time names its bar by" value={draft.label} onChange={(value) => change({ label: value })}>
        <div className={classes.choices}>
          {(['start', 'end'] as const).map((label) => {
            const { from, to } = barOfLabel(open, label)
            return (
              <Radio
                key={label}
                size="xs"
                value={label}
                label={
                  <>
                    {label === 'start' ? 'its start' : 'its end'}
                    <span className={classes.meaning}>
                      {open} is the bar from {from} to {to}
                    </span>
                  </>
                }
              />
            )
          })}
        </div>
      </Radio.Group>
      <Autocomplete
        label="Form of the times"
        description="A strptime pattern, iso, or epoch"
        data={TIME_FORMATS}
        // All of them, whatever stands there: it is a list to choose from.
        filter={({ options }) => options}
        value={draft.timeFormat}
        error={errorOf('timeFormat')}
        spellCheck={false}
        onChange={(timeFormat) => change({ timeFormat })}
      />
      <Select
        label="Clock"
        description={draft.timeFormat.startsWith('epoch') ? 'Epoch times need none' : 'Of times without an offset'}
        data={ZONES.includes(draft.zone) ? ZONES : [draft.zone, ...ZONES]}
        value={draft.zone}
        error={errorOf('zone')}
        searchable
        allowDeselect={false}
        nothingFoundMessage="No such time zone"
        onChange={(zone) => zone !== null && change({ zone })}
      />
      <Select
        label="Repeated hour"
        description="Which one a time means when summer time ends"
        data={[
          { value: 'refuse', label: 'Refuse the row' },
          { value: 'first', label: 'The first of the two' },
          { value: 'second', label: 'The second of the two' },
        ]}
        value={draft.repeatedHour}
        allowDeselect={false}
        onChange={(value) => value !== null && change({ repeatedHour: value })}
      />
    </Section>
  )
}

const VALUE_COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const
const VALUE_NAMES = { open: 'Open', high: 'High', low: 'Low', close: 'Close', volume: 'Volume' } as const
const NONE = 'none'

function Columns({ draft, errorOf, change, preview }: SectionProps) {
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

interface ColumnSelectProps {
  readonly label: string
  readonly column: string | number | null
  readonly draft: DescriptionDraft
  readonly preview: Preview | undefined
  readonly isOptional?: boolean
  readonly error: string | undefined
  readonly onChange: (column: string | number | null) => void
}

/** A column of those that the file has; one that it does not have stays there, and is said to be missing. */
function ColumnSelect({ label, column, draft, preview, isOptional = false, error, onChange }: ColumnSelectProps) {
  const choices = columnChoices(preview?.columns ?? [], formatOf(draft) === 'csv' ? draft.headerRows : 1)
  const value = choiceOf(column) ?? NONE
  const isThere = value === NONE || choices.some((choice) => choice.value === value)
  // A part of a name that several header rows make up will do, and a number where there are names.
  const isPart =
    typeof column === 'number'
      ? column <= choices.length
      : choices.some((choice) => choice.label.split('/').includes(String(column)))
  return (
    <Select
      label={label}
      data={[
        ...(isOptional ? [{ value: NONE, label: '–' }] : []),
        ...(isThere ? [] : [{ value, label: typeof column === 'number' ? `Column ${column}` : String(column) }]),
        ...choices,
      ]}
      value={value}
      error={error ?? (isThere || isPart || preview === undefined ? undefined : 'Not in this file')}
      searchable={choices.length > 12}
      allowDeselect={false}
      onChange={(choice) => choice !== null && onChange(choice === NONE ? null : columnOf(choice))}
    />
  )
}

const THOUSANDS = [
  { value: '', label: 'Nothing' },
  { value: ',', label: 'Comma  1,000' },
  { value: '.', label: 'Point  1.000' },
  { value: ' ', label: 'Blank  1 000' },
  { value: "'", label: "Apostrophe  1'000" },
]

function Numbers({ draft, errorOf, change }: SectionProps) {
  const { nulls, volumeUnit } = draft
  return (
    <Section title="Numbers">
      <div className={classes.pair}>
        <Select
          label="Volume in"
          data={[
            { value: 'shares', label: 'Shares' },
            { value: 'lots', label: 'Lots' },
          ]}
          value={volumeUnit}
          allowDeselect={false}
          onChange={(value) => value !== null && change({ volumeUnit: value })}
        />
        <NumberInput
          label="Shares in a lot"
          value={draft.lotSize}
          min={1}
          allowDecimal={false}
          disabled={volumeUnit === 'shares'}
          error={errorOf('lotSize')}
          onChange={(value) => change({ lotSize: Number(value) })}
        />
        <NumberInput
          label="Prices are divided by"
          value={draft.priceScale}
          min={0}
          error={errorOf('priceScale')}
          onChange={(value) => change({ priceScale: Number(value) })}
        />
        <Select
          label="Decimal mark"
          data={[
            { value: '.', label: 'Point  1.5' },
            { value: ',', label: 'Comma  1,5' },
          ]}
          value={draft.decimal}
          allowDeselect={false}
          onChange={(value) => value !== null && change({ decimal: value })}
        />
        <Select
          label="Between thousands"
          data={THOUSANDS}
          value={draft.thousands}
          allowDeselect={false}
          error={errorOf('thousands')}
          onChange={(value) => value !== null && change({ thousands: value as DescriptionDraft['thousands'] })}
        />
        <Select
          label="Missing values"
          data={[
            { value: 'common', label: 'All usual spellings' },
            { value: 'these', label: 'These only' },
          ]}
          value={nulls === 'common' ? 'common' : 'these'}
          allowDeselect={false}
          onChange={(value) => change({ nulls: value === 'common' ? 'common' : ['', 'nan'] })}
        />
      </div>
      {nulls === 'common' ? (
        <p className={classes.quiet}>Nothing, NA, N/A, NaN, null, None, nil, -, --, #N/A, &lt;NA&gt; and a point.</p>
      ) : (
        <>
          <TagsInput
            label="Spellings of a missing value"
            description="Upper and lower case are the same"
            value={nulls.filter((spelling) => spelling !== '')}
            error={errorOf('nulls')}
            onChange={(spellings) => change({ nulls: nulls.includes('') ? ['', ...spellings] : spellings })}
          />
          <Checkbox
            label="Nothing between two delimiters, too"
            checked={nulls.includes('')}
            onChange={(event) => {
              const others = nulls.filter((spelling) => spelling !== '')
              change({ nulls: event.currentTarget.checked ? ['', ...others] : others })
            }}
          />
        </>
      )}
      <p className={classes.quiet}>Bars are 1-minute bars: others have no counterpart among the new ones.</p>
    </Section>
  )
}

const DELIMITERS = [
  { value: ',', label: 'Comma  ,' },
  { value: ';', label: 'Semicolon  ;' },
  { value: '\t', label: 'Tab' },
  { value: '|', label: 'Bar  |' },
  { value: ' ', label: 'Blank' },
]

function TextKeys({ draft, errorOf, change, preview }: SectionProps) {
  const { delimiter } = draft
  const isKnown = DELIMITERS.some(({ value }) => value === delimiter)
  return (
    <Section title="Text">
      <div className={classes.pair}>
        <Select
          label="Delimiter"
          data={isKnown ? DELIMITERS : [...DELIMITERS, { value: delimiter, label: delimiter }]}
          value={delimiter}
          allowDeselect={false}
          error={errorOf('delimiter')}
          onChange={(value) => value !== null && change({ delimiter: value })}
        />
        <Select
          label="Quotation mark"
          data={[
            { value: '"', label: 'Double  "' },
            { value: "'", label: "Single  '" },
            { value: '', label: 'None' },
          ]}
          value={draft.quote}
          allowDeselect={false}
          onChange={(value) => value !== null && change({ quote: value })}
        />
        <NumberInput
          label="Lines to pass over"
          value={draft.skipRows}
          min={0}
          max={1_000}
          allowDecimal={false}
          error={errorOf('skipRows')}
          onChange={(value) => change({ skipRows: Number(value) })}
        />
        <NumberInput
          label="Header lines"
          value={draft.headerRows}
          min={0}
          max={5}
          allowDecimal={false}
          error={errorOf('headerRows')}
          onChange={(value) => {
            const headerRows = Number(value)
            change(headerRows === 0 ? withoutHeader(draft, preview?.columns ?? []) : { headerRows })
          }}
        />
        <Select
          label="Encoding"
          data={[
            { value: 'utf-8', label: 'UTF-8' },
            { value: 'latin-1', label: 'Latin-1' },
            { value: 'utf-16', label: 'UTF-16' },
          ]}
          value={draft.encoding}
          allowDeselect={false}
          onChange={(value) => value !== null && change({ encoding: value })}
        />
      </div>
    </Section>
  )
}
