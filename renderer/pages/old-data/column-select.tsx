import { Select } from '@mantine/core'
import type { Preview } from '#shared/contract/old-data.ts'
import type { DescriptionDraft } from './description-draft.ts'
import { choiceOf, columnChoices, columnOf, formatOf } from './description-draft.ts'

const NONE = 'none'

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
export function ColumnSelect({
  label,
  column,
  draft,
  preview,
  isOptional = false,
  error,
  onChange,
}: ColumnSelectProps) {
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
