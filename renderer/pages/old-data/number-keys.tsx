import { Checkbox, NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import classes from './description-form.module.css'
import type { DescriptionDraft } from './description-draft.ts'
import type { SectionProps } from './form-section.tsx'
import { Section } from './form-section.tsx'

const THOUSANDS = [
  { value: '', label: 'Nothing' },
  { value: ',', label: 'Comma  1,000' },
  { value: '.', label: 'Point  1.000' },
  { value: ' ', label: 'Blank  1 000' },
  { value: "'", label: "Apostrophe  1'000" },
]

/** How numbers are written, and in which unit. */
export function Numbers({ draft, errorOf, change }: SectionProps) {
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
        <TextInput
          label="Currency beside numbers"
          placeholder="None"
          value={draft.currency}
          error={errorOf('currency')}
          onChange={(event) => change({ currency: event.currentTarget.value })}
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
