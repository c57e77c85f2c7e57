import { useState } from 'react'
import type { Acceptance } from '#shared/contract/causes.ts'
import { useAuthor } from '../../author.ts'
import { ActionPopover } from '../../components/action-popover.tsx'
import { problemOf, SignatureFields } from '../../components/signature-fields.tsx'
import { orpc } from '../../engine-client.ts'

/** Takes an acceptance back, signed with a reason. */
export function WithdrawAcceptance({ acceptance }: { readonly acceptance: Acceptance }) {
  const [author, setAuthor] = useAuthor()
  const [reason, setReason] = useState('')
  return (
    <ActionPopover
      label="Withdraw…"
      hint={`Withdraw the acceptance of ${acceptance.author}…`}
      variant="quiet"
      title="Withdraw this acceptance"
      facts={[
        ['Does', 'Its differences wait for a decision again, in every run. Gates count them as unexplained.'],
        ['Leaves alone', 'Every bar and every run. That it was accepted stays on record.'],
        ['Undo', 'It can be accepted again.'],
      ]}
      confirm="Withdraw acceptance"
      busyWords="Withdrawing"
      act={async () => {
        await orpc.compare.withdrawAcceptance.call({ id: acceptance.id, reason: reason.trim(), author: author.trim() })
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
        placeholder="What turned out to be otherwise"
      />
    </ActionPopover>
  )
}
