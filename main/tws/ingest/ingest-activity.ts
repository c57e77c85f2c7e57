import type { IngestActivity } from '#shared/contract/ingest.ts'
import type { RequestPurpose } from '#main/stores/raw-types.ts'
import type { IngestPiece } from './plan-ingest.ts'

type Entry = { -readonly [K in keyof IngestActivity['requests'][number]]: IngestActivity['requests'][number][K] }

/** A request that somebody follows from the moment it waits for its turn. */
export interface FollowedRequest {
  sent(requestId: number): void
  ended(): void
}

/** Listeners hear of changes at most this often. */
const ANNOUNCE_MS = 250

/** The requests for bars that wait or are under way, of every run, for the operator to see. */
export class ActivityBoard {
  readonly #entries = new Set<Entry>()
  readonly #nowMs: () => number
  readonly #onChange: () => void
  #announcement: NodeJS.Timeout | undefined

  constructor(nowMs: () => number, onChange: () => void) {
    this.#nowMs = nowMs
    this.#onChange = onChange
  }

  /** Longest under way first, then those that wait. */
  get activity(): IngestActivity {
    const requests = [...this.#entries].sort(
      (a, b) => (a.sentAtMs ?? Infinity) - (b.sentAtMs ?? Infinity) || a.queuedAtMs - b.queuedAtMs,
    )
    return { requests: requests.map((entry) => ({ ...entry })) }
  }

  /** Sessions that are being asked for, by symbol. */
  isRunning(symbol: string, sessionDate: string): boolean {
    for (const entry of this.#entries) {
      if (entry.symbol === symbol && entry.from <= sessionDate && sessionDate <= entry.to) return true
    }
    return false
  }

  follow(piece: IngestPiece, purpose: RequestPurpose, attempt: number): FollowedRequest {
    const entry: Entry = {
      requestId: 0,
      symbol: piece.symbol,
      from: piece.sessions[0].date,
      to: piece.sessions[piece.sessions.length - 1].date,
      queuedAtMs: this.#nowMs(),
      attempt,
      purpose,
    }
    this.#entries.add(entry)
    this.#announce()
    return {
      sent: (requestId) => {
        entry.requestId = requestId
        entry.sentAtMs = this.#nowMs()
        this.#announce()
      },
      ended: () => {
        this.#entries.delete(entry)
        this.#announce()
      },
    }
  }

  close(): void {
    clearTimeout(this.#announcement)
  }

  #announce(): void {
    this.#announcement ??= setTimeout(() => {
      this.#announcement = undefined
      this.#onChange()
    }, ANNOUNCE_MS)
  }
}
