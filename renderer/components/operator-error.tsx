import { Button } from '@mantine/core'
import { IconAlertOctagon } from '@tabler/icons-react'
import type { ShownError } from '../error-report.ts'
import classes from './operator-error.module.css'

interface OperatorErrorProps {
  readonly error: ShownError
  /** What is unaffected, or where this happened; a full sentence. */
  readonly context?: string
  readonly onRetry?: (() => void) | undefined
}

/** An error where it happened: what it is, what to do next, and folded details. */
export function OperatorError({ error, context, onRetry }: OperatorErrorProps) {
  return (
    <div className={classes.error} role="alert">
      <IconAlertOctagon className={classes.icon} size={16} aria-hidden />
      <div className={classes.words}>
        <p className={classes.message}>{error.message}</p>
        {error.hint !== undefined && <p>{error.hint}</p>}
        {context !== undefined && <p className={classes.context}>{context}</p>}
        <details className={classes.details}>
          <summary>Details</summary>
          <code>{error.details}</code>
        </details>
      </div>
      {onRetry !== undefined && (
        <Button className={classes.retry ?? ''} onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}
