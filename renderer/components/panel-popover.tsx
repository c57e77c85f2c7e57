import type { PopoverProps } from '@mantine/core'
import { Popover } from '@mantine/core'
import type { ReactElement, ReactNode } from 'react'
import { useEffect } from 'react'
import classes from './panel-popover.module.css'

/** What the button that opens a popover must be given. */
interface TriggerProps {
  readonly onClick: () => void
}

interface PanelPopoverProps {
  readonly width: number
  readonly position?: PopoverProps['position']
  readonly isOpen: boolean
  readonly onOpenChange: (isOpen: boolean) => void
  /** Draws the button, whose words name the panel for those who do not see it. */
  readonly renderTrigger: (props: TriggerProps) => ReactElement
  readonly className?: string | undefined
  readonly children: ReactNode
}

/**
 * A small panel at its button: takes the focus, gives it back, and closes on Escape even when what had the focus is gone (a
 * button of a finished job, for example).
 */
export function PanelPopover(props: PanelPopoverProps) {
  const { width, position = 'bottom-start', isOpen, onOpenChange, renderTrigger, className, children } = props

  useEffect(() => {
    if (!isOpen) return undefined
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) onOpenChange(false)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [isOpen, onOpenChange])

  return (
    <Popover opened={isOpen} onChange={onOpenChange} width={width} position={position} trapFocus closeOnEscape={false}>
      <Popover.Target>{renderTrigger({ onClick: () => onOpenChange(!isOpen) })}</Popover.Target>
      <Popover.Dropdown className={`${classes.dropdown} ${className ?? ''}`}>{children}</Popover.Dropdown>
    </Popover>
  )
}
