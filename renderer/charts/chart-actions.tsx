import { Button, Tooltip, VisuallyHidden } from '@mantine/core'
import { IconDownload, IconTable } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useId, useState } from 'react'
import type { ShownError } from '../error-report.ts'
import classes from './chart-actions.module.css'
import { saveFile } from './save-file.ts'

interface ChartActionsProps {
  /** What the chart shows, for those who do not see which chart the actions stand at. */
  readonly title: string
  /** Name of the files, without extension. */
  readonly fileName: string
  readonly isTable: boolean
  readonly onTable: (isTable: boolean) => void
  readonly csv: () => string
  readonly picture: () => Promise<Blob>
  /** Undefined when an export begins. */
  readonly onFailure: (failure: ShownError | undefined) => void
  /** Why there is nothing to show or to export; a full sentence. */
  readonly blockedBy?: string | undefined
}

type Format = 'csv' | 'png'

/** The quiet buttons of a chart: its values as a table, as a CSV file, and itself as a PNG file. */
export function ChartActions(props: ChartActionsProps) {
  const { title, fileName, isTable, onTable, csv, picture, onFailure, blockedBy } = props
  const [busy, setBusy] = useState<Format>()
  const [made, setMade] = useState<string>()
  const reasonId = useId()

  const save = async (format: Format): Promise<void> => {
    if (busy !== undefined) return
    onFailure(undefined)
    setMade(undefined)
    setBusy(format)
    try {
      const name = `${fileName}.${format}`
      saveFile(name, format === 'csv' ? new Blob([csv()], { type: 'text/csv;charset=utf-8' }) : await picture())
      setMade(name)
    } catch (error) {
      onFailure(failureOf(format, error))
    } finally {
      setBusy(undefined)
    }
  }
  const shared = { blockedBy, reasonId }
  return (
    <fieldset className={classes.actions} aria-label={`${title}: table and files`}>
      <ChartAction {...shared} hint="Show the values as a table" isPressed={isTable} onClick={() => onTable(!isTable)}>
        <IconTable size={14} stroke={1.8} aria-hidden />
        As table
      </ChartAction>
      <ChartAction
        {...shared}
        hint="Save the exact values as a CSV file"
        label="Export CSV"
        isBusy={busy === 'csv'}
        onClick={() => void save('csv')}
      >
        <IconDownload size={14} stroke={1.8} aria-hidden />
        CSV
      </ChartAction>
      <ChartAction
        {...shared}
        hint="Save the chart as a PNG picture"
        label="Export PNG"
        isBusy={busy === 'png'}
        onClick={() => void save('png')}
      >
        <IconDownload size={14} stroke={1.8} aria-hidden />
        PNG
      </ChartAction>
      <VisuallyHidden id={reasonId}>{blockedBy}</VisuallyHidden>
      <VisuallyHidden component="output">{made !== undefined && `${made} was handed over for saving.`}</VisuallyHidden>
    </fieldset>
  )
}

interface ChartActionProps {
  readonly hint: string
  readonly label?: string
  readonly isPressed?: boolean
  readonly isBusy?: boolean
  readonly blockedBy: string | undefined
  readonly reasonId: string
  readonly onClick: () => void
  readonly children: ReactNode
}

/** Stays reachable while it is blocked, so that the reason can be read there with pointer and keyboard alike. */
function ChartAction(props: ChartActionProps) {
  const { hint, label, isPressed, isBusy = false, blockedBy, reasonId, onClick, children } = props
  const isBlocked = blockedBy !== undefined
  return (
    <Tooltip label={blockedBy ?? hint} multiline maw={280}>
      <Button
        className={classes.action ?? ''}
        variant="subtle"
        color="gray"
        size="compact-xs"
        {...(label === undefined ? {} : { 'aria-label': label })}
        {...(isPressed === undefined ? {} : { 'aria-pressed': isPressed })}
        {...(isBlocked ? { 'aria-describedby': reasonId } : {})}
        aria-disabled={isBlocked}
        aria-busy={isBusy}
        onClick={() => {
          if (!isBlocked) onClick()
        }}
      >
        {children}
      </Button>
    </Tooltip>
  )
}

function failureOf(format: Format, error: unknown): ShownError {
  return {
    message: format === 'csv' ? 'The CSV file could not be made.' : 'The picture could not be made.',
    hint:
      format === 'csv'
        ? 'Try again, or read the values with “As table”.'
        : 'Try again, or export the values as CSV. Reload the page if it fails every time.',
    details: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  }
}
