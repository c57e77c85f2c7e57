/** Keeps what was used last, up to a total size. */
export interface RecentCache<T> {
  get(key: string): T | undefined
  set(key: string, value: T, size: number): void
}

/** A cache that drops the values used longest ago once the sizes add up to more than `capacity`; the newest always stays. */
export function createRecentCache<T>(capacity: number): RecentCache<T> {
  const entries = new Map<string, { readonly value: T; readonly size: number }>()
  let total = 0
  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      // A Map iterates in the order of insertion: inserting again makes it the youngest.
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, size) {
      const previous = entries.get(key)
      if (previous !== undefined) total -= previous.size
      entries.delete(key)
      entries.set(key, { value, size })
      total += size
      for (const [oldest, entry] of entries) {
        if (total <= capacity || oldest === key) break
        entries.delete(oldest)
        total -= entry.size
      }
    },
  }
}
