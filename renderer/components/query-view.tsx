import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { shownError } from '../error-report.ts'
import { LoadingSpace } from './loading-space.tsx'
import { OperatorError } from './operator-error.tsx'

interface QueryViewProps<Data> {
  readonly query: UseQueryResult<Data>
  /** Height in pixels that the content will take, so that nothing jumps when it arrives. */
  readonly height: number
  readonly children: (data: Data) => ReactNode
}

/** What a query brings, or room for it while it loads, or its error; a failed refetch keeps what was shown. */
export function QueryView<Data>({ query, height, children }: QueryViewProps<Data>) {
  if (query.data === undefined) {
    if (query.error === null) return <LoadingSpace height={height} />
    return <OperatorError error={shownError(query.error)} onRetry={() => void query.refetch()} />
  }
  return (
    <>
      {query.error !== null && (
        <OperatorError
          error={shownError(query.error)}
          context="What is shown below is the last answer."
          onRetry={() => void query.refetch()}
        />
      )}
      {children(query.data)}
    </>
  )
}
