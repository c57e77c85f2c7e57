import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useCallback, useState } from 'react'
import { useConnectionState } from '../engine-client.ts'
import { shownError } from '../error-report.ts'
import { ActionButton } from './action-button.tsx'
import classes from './action-popover.module.css'
import { OperatorError } from './operator-error.tsx'
import { PanelPopover } from './panel-popover.tsx'
import type { QuietButtonProps } from './quiet-button.tsx'
import { QuietButton } from './quiet-button.tsx'

type Variant = 'filled' | 'default' | 'quiet'

interface ActionPopoverProps {
  /** On the button that opens it. */
  readonly label: string
  /** For those who do not see what the button stands at. */
  readonly hint?: string
  readonly variant?: Variant
  readonly title: string
  /** What it works on, what it does, what it leaves alone, how it is undone or stopped. */
  readonly facts: readonly (readonly [term: string, words: string])[]
  /** On the button that does it. */
  readonly confirm: string
  readonly busyWords: string
  readonly act: () => Promise<unknown>
  /** Of the panel, pixels. */
  readonly width?: number
  /** Why it cannot be done now; a full sentence. */
  readonly blockedBy?: string | undefined
  /** Where the focus goes when it opens: to the button that does it, or to a field marked `data-autofocus`. */
  readonly firstFocus?: 'confirm' | 'field'
  /** A preview, or choices to make before. */
  readonly children?: ReactNode
}

/** A button that says what will be done before it is, and whether that can be undone; then does it when confirmed. */
export function ActionPopover(props: ActionPopoverProps) {
  const { label, hint, variant = 'default', title, facts, confirm, busyWords, act, firstFocus = 'confirm' } = props
  const [isOpen, setOpen] = useState(false)
  const isLive = useConnectionState().kind === 'live'
  const acting = useMutation({ mutationFn: act, onSuccess: () => setOpen(false) })
  const blocker = isLive ? props.blockedBy : 'The engine cannot be reached right now.'

  const { reset } = acting
  const change = useCallback(
    (open: boolean): void => {
      setOpen(open)
      if (open) reset()
    },
    [reset],
  )

  return (
    <PanelPopover
      width={props.width ?? 340}
      isOpen={isOpen}
      onOpenChange={change}
      renderTrigger={(trigger) => (
        <Trigger {...trigger} {...(hint === undefined ? {} : { 'aria-label': hint })} variant={variant}>
          {label}
        </Trigger>
      )}
    >
      <h3 className={classes.title}>{title}</h3>
      <dl className={classes.facts}>
        {facts.map(([term, words]) => (
          <div key={term} className={classes.fact}>
            <dt>{term}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      {props.children}
      {acting.error !== null && <OperatorError error={shownError(acting.error)} />}
      {blocker !== undefined && <p className={classes.blocked}>Not possible now: {blocker}</p>}
      <div className={classes.buttons}>
        <ActionButton
          variant="filled"
          isDisabled={blocker !== undefined}
          isBusy={acting.isPending}
          busyWords={busyWords}
          onClick={() => acting.mutate()}
          takesFocus={firstFocus === 'confirm'}
        >
          {confirm}
        </ActionButton>
        <Button onClick={() => setOpen(false)}>Close</Button>
      </div>
    </PanelPopover>
  )
}

type TriggerProps = QuietButtonProps & { readonly variant: Variant }

function Trigger({ variant, ...props }: TriggerProps) {
  return variant === 'quiet' ? <QuietButton {...props} /> : <Button {...props} variant={variant} />
}
