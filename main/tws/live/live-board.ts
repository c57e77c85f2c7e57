import type { LiveSymbol } from '#shared/contract/ingest.ts'

/** Listeners hear of changes at most this often. */
const ANNOUNCE_MS = 250

/** How the symbols of live runs stand, for the operator to see. What a run left stays until the next one. */
export class LiveBoard {
  readonly #symbols = new Map<string, LiveSymbol>()
  readonly #onChange: () => void
  #announcement: NodeJS.Timeout | undefined

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get symbols(): readonly LiveSymbol[] {
    return [...this.#symbols.values()]
  }

  of(symbol: string): LiveSymbol {
    return (
      this.#symbols.get(symbol) ?? {
        symbol,
        state: 'waiting',
        message: 'Waiting for the session.',
        bars: 0,
        interruptions: 0,
        refilled: 0,
      }
    )
  }

  update(symbol: string, part: Partial<Omit<LiveSymbol, 'symbol'>>): void {
    this.#symbols.set(symbol, { ...this.of(symbol), ...part })
    this.#announcement ??= setTimeout(() => {
      this.#announcement = undefined
      this.#onChange()
    }, ANNOUNCE_MS)
  }

  clear(): void {
    this.#symbols.clear()
  }

  close(): void {
    clearTimeout(this.#announcement)
  }
}
