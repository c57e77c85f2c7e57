import type { SymbolCondition } from './scenario/scenario-schema.ts'
import { type Farm, farmBroken, farmOk, SERVER_BROKEN } from './wire/service-notices.ts'
import type { TwsError } from './wire/tws-errors.ts'

/** The farms in the order in which a live gateway tells of them. */
const FARMS: readonly Farm[] = ['market', 'history', 'definitions']

/** What becomes of historical requests while the history farm is down. */
export type HistoryOutage = 'error162' | 'error165' | 'hang'

/**
 * How the services behind the simulated TWS are: its line to the broker, the history farm, what each symbol is answered, the
 * unit of volumes.
 */
export class ServiceState {
  readonly conditions = new Map<string, SymbolCondition>()
  readonly brokenFarms = new Set<Farm>()
  /** Whether volumes of US stocks are told in lots of 100. */
  volumeInLots = false
  #isConnected = true
  #historyOutage: HistoryOutage | null = null
  #waiting: (() => void)[] = []

  /** Whether the line to the broker is up. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  set isConnected(value: boolean) {
    this.#isConnected = value
    this.#wake()
  }

  /** Null while the history farm is up. */
  get historyOutage(): HistoryOutage | null {
    return this.#historyOutage
  }

  set historyOutage(value: HistoryOutage | null) {
    this.#historyOutage = value
    this.#wake()
  }

  /** What a client is told of the services when it has logged in. */
  loginNotices(): TwsError[] {
    if (!this.#isConnected) return [SERVER_BROKEN]
    return FARMS.map((farm) => (this.brokenFarms.has(farm) ? farmBroken(farm) : farmOk(farm)))
  }

  /** Whether historical requests are answered and live bars come. */
  get isServing(): boolean {
    return this.#isConnected && this.#historyOutage === null
  }

  /** Resolves when requests are answered again; rejects with the reason of `signal` when that is aborted before. */
  async whenServing(signal: AbortSignal): Promise<void> {
    while (!this.isServing) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      signal.throwIfAborted()
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
