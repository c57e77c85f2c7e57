import type { ReactNode } from 'react'
import { Component } from 'react'
import { OperatorError } from '../components/operator-error.tsx'

interface State {
  readonly thrown: Error | undefined
}

/** Keeps a defect in one page from taking the frame, the jobs and the connection state with it. */
export class PageErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { thrown: undefined }

  static getDerivedStateFromError(thrown: unknown): State {
    return { thrown: thrown instanceof Error ? thrown : new Error(String(thrown)) }
  }

  override render(): ReactNode {
    const { thrown } = this.state
    if (thrown === undefined) return this.props.children
    return (
      <div style={{ padding: 16 }}>
        <OperatorError
          error={{
            message: 'This page could not be drawn.',
            hint: 'Try again, or load the page anew. Please report it with the details.',
            details: thrown.stack ?? thrown.message,
          }}
          context="The engine and its jobs are unaffected."
          onRetry={() => this.setState({ thrown: undefined })}
        />
      </div>
    )
  }
}
