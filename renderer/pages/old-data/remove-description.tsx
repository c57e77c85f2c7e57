import { useQuery } from '@tanstack/react-query'
import { ActionPopover } from '../../components/action-popover.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { YamlDiff } from './yaml-diff.tsx'

/** Takes a description out of switchyard.yaml, once the operator has seen which lines go. */
export function RemoveDescription({ descriptionKey }: { readonly descriptionKey: string }) {
  const change = { kind: 'remove', key: descriptionKey } as const
  const plan = useQuery(orpc.legacy.planChange.queryOptions({ input: change, staleTime: 0, gcTime: 0 }))
  return (
    <ActionPopover
      label="Take out…"
      title="Take this description out of switchyard.yaml"
      facts={[
        ['Works on', descriptionKey],
        ['Does', 'Removes the lines below from switchyard.yaml. The next import takes out what came from these files.'],
        ['Leaves alone', 'The files, everything that is imported until then, and every other line.'],
        ['Undo', 'Describe the files again. The lines that go are shown here.'],
      ]}
      confirm="Take it out"
      busyWords="Writing"
      act={async () => {
        if (plan.data === undefined) return
        await orpc.legacy.saveChange.call({ change, fileHash: plan.data.fileHash })
      }}
      blockedBy={plan.data === undefined ? 'What would change is not known yet.' : undefined}
    >
      <QueryView query={plan} height={80}>
        {(data) => <YamlDiff plan={data} context={1} />}
      </QueryView>
    </ActionPopover>
  )
}
