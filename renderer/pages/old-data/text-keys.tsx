import { NumberInput, Select } from '@mantine/core'
import classes from './description-form.module.css'
import { withoutHeader } from './description-draft.ts'
import type { SectionProps } from './form-section.tsx'
import { Section } from './form-section.tsx'

const DELIMITERS = [
  { value: ',', label: 'Comma  ,' },
  { value: ';', label: 'Semicolon  ;' },
  { value: '\t', label: 'Tab' },
  { value: '|', label: 'Bar  |' },
  { value: ' ', label: 'Blank' },
]

/** How a text is taken apart. */
export function TextKeys({ draft, errorOf, change, preview }: SectionProps) {
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
