import { Tooltip } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { Finding } from '#shared/contract/quality.ts'
import { OperatorError } from '../../components/operator-error.tsx'
import { QuietButton } from '../../components/quiet-button.tsx'
import { orpc, useConnectionState } from '../../engine-client.ts'
import { shownError } from '../../error-report.ts'
import { keyOf } from './acknowledge.tsx'

interface ReopenProps {
  readonly findings: readonly Finding[]
  /** For those who do not see what the button stands at. */
  readonly hint: string
}

/** Takes acknowledgements back. */
export function Reopen({ findings, hint }: ReopenProps) {
  const isLive = useConnectionState().kind === 'live'
  const reopening = useMutation(orpc.quality.reopen.mutationOptions())
  return (
    <>
      <Tooltip label="Takes the signature back. It can be acknowledged again." multiline maw={280}>
        <QuietButton
          aria-label={hint}
          aria-busy={reopening.isPending}
          disabled={!isLive}
          onClick={() => {
            if (!reopening.isPending) reopening.mutate({ findings: findings.map(keyOf) })
          }}
        >
          Reopen
        </QuietButton>
      </Tooltip>
      {reopening.error !== null && <OperatorError error={shownError(reopening.error)} />}
    </>
  )
}
