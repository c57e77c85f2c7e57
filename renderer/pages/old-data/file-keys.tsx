import { Select, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ColumnSelect } from './column-select.tsx'
import classes from './description-form.module.css'
import { formatOf, isPattern, symbolMapOf, symbolMapText } from './description-draft.ts'
import type { SectionProps } from './form-section.tsx'
import { Section } from './form-section.tsx'
import { FORMAT_NAMES } from './old-data-words.ts'

const SYMBOL_PLACES = [
  { value: 'path', label: 'Path: {symbol}' },
  { value: 'column', label: 'A column' },
  { value: 'key', label: 'JSON key' },
  { value: 'table', label: 'Table name' },
] as const

/** Where the files are, and where their symbols stand. */
export function Files({ draft, errorOf, change, preview }: SectionProps) {
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
