import { Autocomplete, Radio, Select } from '@mantine/core'
import classes from './description-form.module.css'
import { barOfLabel } from './description-draft.ts'
import type { SectionProps } from './form-section.tsx'
import { Section } from './form-section.tsx'

/** What files have most often; any other pattern can be typed. */
const TIME_FORMATS = [
  '%Y-%m-%d %H:%M:%S',
  '%Y-%m-%d %H:%M',
  'iso',
  'epoch',
  'epoch-ms',
  'epoch-us',
  'epoch-ns',
  'excel',
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

/** How times are written, on which clock, and which end of its bar one names. */
export function Times({ draft, errorOf, change, preview }: SectionProps) {
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
        description="A strptime pattern, iso, epoch, or excel (days since 1899)"
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
