import { create } from 'zustand'
import { persist } from 'zustand/middleware'
import type { Selection } from '#shared/jobs/job-kinds.ts'
import { useOverview } from './engine-queries.ts'

/** What the operator looks at: one symbol or all, and the sessions between two dates, both included, either left open. */
export interface ViewContext {
  readonly symbol: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
}

const EVERYTHING: ViewContext = { symbol: undefined, from: undefined, to: undefined }

interface ViewState {
  /** By workspace folder. */
  readonly contexts: Readonly<Record<string, ViewContext>>
  readonly change: (folder: string, change: Partial<ViewContext>) => void
}

/** View state only: nothing in here is known to the engine. */
const useViewStore = create<ViewState>()(
  persist(
    (set) => ({
      contexts: {},
      change: (folder, change) =>
        set(({ contexts }) => ({
          contexts: { ...contexts, [folder]: { ...EVERYTHING, ...contexts[folder], ...change } },
        })),
    }),
    { name: 'switchyard-view', version: 1, partialize: ({ contexts }) => ({ contexts }) },
  ),
)

/** The global context of the open workspace and the function that changes it; remembered per workspace. */
export function useViewContext(): [ViewContext, (change: Partial<ViewContext>) => void] {
  const overview = useOverview().data
  const folder = overview?.workspace.folder ?? ''
  const stored = useViewStore((state) => state.contexts[folder]) ?? EVERYTHING
  const change = useViewStore((state) => state.change)
  // A symbol that has left the configuration must not select nothing for ever.
  const known = overview === undefined || overview.symbols.some((entry) => entry.symbol === stored.symbol)
  return [known ? stored : { ...stored, symbol: undefined }, (values) => change(folder, values)]
}

/** The part of the workspace that the context selects, as jobs take it. */
export function selectionOf(context: ViewContext): Selection {
  return {
    ...(context.symbol === undefined ? {} : { symbols: [context.symbol] }),
    ...(context.from === undefined ? {} : { from: context.from }),
    ...(context.to === undefined ? {} : { to: context.to }),
  }
}
