import { create } from 'zustand'
import { persist } from 'zustand/middleware'

interface AuthorState {
  readonly name: string
  readonly rename: (name: string) => void
}

const useAuthorStore = create<AuthorState>()(
  persist((set) => ({ name: '', rename: (name) => set({ name }) }), {
    name: 'switchyard-author',
    version: 1,
    partialize: ({ name }) => ({ name }),
  }),
)

/** Who signs for what is decided in this browser, remembered from one time to the next, and the function that changes it. */
export function useAuthor(): [name: string, rename: (name: string) => void] {
  const { name, rename } = useAuthorStore()
  return [name, rename]
}
