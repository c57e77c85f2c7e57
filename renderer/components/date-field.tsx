import { ActionIcon, TextInput } from '@mantine/core'
import { IconCalendar } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { isSessionDate } from '#shared/time.ts'
import classes from './date-field.module.css'

interface DateFieldProps {
  readonly label: string
  readonly value: string | undefined
  readonly min?: string | undefined
  readonly max?: string | undefined
  readonly onChange: (value: string | undefined) => void
}

/**
 * A session date, typed as YYYY-MM-DD like everywhere else in the console, or picked from the browser's own calendar. While
 * what is typed is no date, the last one stays in force.
 */
export function DateField({ label, value, min = '1990-01-01', max = '2030-12-31', onChange }: DateFieldProps) {
  /** What was typed while `of` was in force; nothing once another date is. */
  const [typed, setTyped] = useState({ of: value, text: value ?? '' })
  const picker = useRef<HTMLInputElement>(null)
  const draft = typed.of === value ? typed.text : (value ?? '')

  const type = (text: string): void => {
    const next = text === '' ? undefined : isSessionDate(text) ? text : value
    setTyped({ of: next, text })
    if (next !== value) onChange(next)
  }

  return (
    <div className={classes.field}>
      <TextInput
        label={label}
        value={draft}
        placeholder="YYYY-MM-DD"
        maxLength={10}
        autoComplete="off"
        spellCheck={false}
        error={draft !== '' && !isSessionDate(draft) && draft.length >= 10 ? 'Not a date' : undefined}
        onChange={(event) => type(event.currentTarget.value.trim())}
        onBlur={() => setTyped({ of: value, text: value ?? '' })}
        rightSection={
          <ActionIcon
            size={22}
            aria-label={`${label}: choose from a calendar`}
            onClick={() => picker.current?.showPicker()}
          >
            <IconCalendar size={14} aria-hidden />
          </ActionIcon>
        }
      />
      <input
        ref={picker}
        className={classes.picker}
        type="date"
        tabIndex={-1}
        aria-hidden
        value={value ?? ''}
        min={min}
        max={max}
        onChange={(event) => type(event.currentTarget.value)}
      />
    </div>
  )
}
