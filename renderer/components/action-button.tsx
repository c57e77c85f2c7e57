import type { ButtonProps } from '@mantine/core'
import { Button } from '@mantine/core'
import type { ReactNode } from 'react'

interface ActionButtonProps extends Pick<ButtonProps, 'variant'> {
  readonly onClick: () => void
  readonly isDisabled?: boolean
  /** True while what it started has not been answered. */
  readonly isBusy?: boolean
  /** Words in its place while it is busy. */
  readonly busyWords?: string
  readonly label?: string
  readonly takesFocus?: boolean
  readonly children: ReactNode
}

/**
 * A button that does something in the engine. While it waits for the answer it does nothing, says so, and keeps the focus,
 * which a disabled button would lose.
 */
export function ActionButton(props: ActionButtonProps) {
  const { onClick, isDisabled = false, isBusy = false, busyWords, label, takesFocus = false, variant, children } = props
  return (
    <Button
      {...(variant === undefined ? {} : { variant })}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...(takesFocus ? { 'data-autofocus': true } : {})}
      disabled={isDisabled}
      aria-disabled={isDisabled || isBusy}
      aria-busy={isBusy}
      onClick={() => {
        if (!isBusy) onClick()
      }}
    >
      {isBusy && busyWords !== undefined ? busyWords : children}
    </Button>
  )
}
