import { useState } from 'react'
import type { Finding, FindingKey } from '#shared/contract/quality.ts'
import { useAuthor } from '../../author.ts'
import { ActionPopover } from '../../components/action-popover.tsx'
import { orpc } from '../../engine-client.ts'
import { formatQuantity } from '../../format/numbers.ts'
import { problemOf, SignatureFields } from '../../components/signature-fields.tsx'

interface AcknowledgeProps {
  readonly label: string
  /** For those who do not see what the button stands at. */
  readonly hint?: string
  readonly findings: readonly Finding[]
  readonly variant?: 'default' | 'quiet'
}

/** Lets findings stand, signed with a reason. */
export function Acknowledge({ label, hint, findings, variant = 'default' }: AcknowledgeProps) {
  const [author, setAuthor] = useAuthor()
  const [reason, setReason] = useState('')
  const quantity = formatQuantity(findings.length, 'finding')
  return (
    <ActionPopover
      label={label}
      {...(hint === undefined ? {} : { hint })}
      variant={variant}
      title={`Acknowledge ${quantity}`}
      facts={[
        [
          'Does',
          'Signs that somebody looked and lets them stand. They no longer hold the session back, and stay counted.',
        ],
        ['Leaves alone', 'Every bar and every finding.'],
        ['Undo', 'Reopen takes the signature back at any time.'],
      ]}
      confirm={`Acknowledge ${quantity}`}
      busyWords="Signing"
      act={async () => {
        await orpc.quality.acknowledge.call({
          findings: findings.map(keyOf),
          reason: reason.trim(),
          author: author.trim(),
        })
        setReason('')
      }}
      blockedBy={problemOf(reason, author)}
      firstFocus="field"
    >
      <SignatureFields
        reason={reason}
        onReason={setReason}
        author={author}
        onAuthor={setAuthor}
        placeholder="What was looked at, and why it may stand"
      />
    </ActionPopover>
  )
}

/** What tells a finding from all others. A rule that this version does not know keeps its name; the engine says if it is none. */
export function keyOf({ symbol, sessionDate, ts, rule }: Finding): FindingKey {
  return { symbol, sessionDate, ts, rule: rule as FindingKey['rule'] }
}
