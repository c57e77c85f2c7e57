import type { ButtonProps } from '@mantine/core'
import { Button } from '@mantine/core'
import type { ComponentPropsWithRef } from 'react'
import classes from './quiet-button.module.css'

/** Those of a button whose look is not a choice. */
export type QuietButtonProps = Omit<ButtonProps & ComponentPropsWithRef<'button'>, 'variant' | 'color' | 'size'>

/** A small button without a frame, for what can be done at a line of a list. */
export function QuietButton({ className, ...props }: QuietButtonProps) {
  return (
    <Button
      {...props}
      className={`${classes.button} ${className ?? ''}`}
      variant="subtle"
      color="gray"
      size="compact-xs"
    />
  )
}
