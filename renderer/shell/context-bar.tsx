import { Button, Select } from '@mantine/core'
import { IconCalendar, IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import type { Overview } from '#shared/contract/contract.ts'
import { DateField } from '../components/date-field.tsx'
import { PanelPopover } from '../components/panel-popover.tsx'
import { useViewContext } from '../view-context.ts'
import classes from './context-bar.module.css'

const ALL = ''

/** The global context: which symbol and which sessions the pages show and their actions work on. */
export function ContextBar({ symbols }: { readonly symbols: Overview['symbols'] }) {
  const [context, change] = useViewContext()
  const [isOpen, setOpen] = useState(false)
  return (
    <div className={classes.context}>
      <Select
        className={classes.symbol ?? ''}
        aria-label="Symbol"
        data={[{ value: ALL, label: 'All symbols' }, ...symbols.map((entry) => entry.symbol)]}
        value={context.symbol ?? ALL}
        onChange={(value) => change({ symbol: value === null || value === ALL ? undefined : value })}
        allowDeselect={false}
        searchable
        nothingFoundMessage="No such symbol in switchyard.yaml"
        comboboxProps={{ width: 200, position: 'bottom-start' }}
      />
      <PanelPopover
        width={320}
        isOpen={isOpen}
        onOpenChange={setOpen}
        renderTrigger={(props) => (
          <Button
            {...props}
            className={classes.range ?? ''}
            leftSection={<IconCalendar size={14} aria-hidden />}
            rightSection={<IconChevronDown size={14} aria-hidden />}
          >
            {rangeWords(context.from, context.to)}
          </Button>
        )}
      >
        <div className={classes.dates}>
          <DateField
            label="First session"
            value={context.from}
            max={context.to}
            onChange={(from) => change({ from })}
          />
          <DateField label="Last session" value={context.to} min={context.from} onChange={(to) => change({ to })} />
        </div>
        <Button
          disabled={context.from === undefined && context.to === undefined}
          onClick={() => change({ from: undefined, to: undefined })}
        >
          All sessions
        </Button>
      </PanelPopover>
    </div>
  )
}

function rangeWords(from: string | undefined, to: string | undefined): string {
  if (from === undefined && to === undefined) return 'All sessions'
  if (from === undefined) return `Up to ${to}`
  if (to === undefined) return `From ${from}`
  return from === to ? from : `${from} to ${to}`
}
