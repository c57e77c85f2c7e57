import type { ClientContext, ClientLink } from '@orpc/client'
import type { ErrorReport } from '#shared/errors.ts'

/** The client context that the console passes with every call: TanStack Query adds its own keys, the console none. */
export type ConsoleClientContext = ClientContext

/** One open way to talk to one engine process. It never comes back once `closed` has resolved. */
export interface EngineChannel {
  readonly link: ClientLink<ConsoleClientContext>
  /** Resolves, never rejects, with a plain sentence when the channel can carry nothing more. */
  readonly closed: Promise<string>
  close(): void
}

export type DialOutcome =
  | { readonly kind: 'channel'; readonly channel: EngineChannel }
  /** Nothing answered; dialling again later may help. `why` is a sentence for the operator. */
  | { readonly kind: 'unreachable'; readonly why: string }
  /** The engine answers and does not let this page in. */
  | { readonly kind: 'refused' }
  /** The engine stays down until the operator acts. */
  | { readonly kind: 'failed'; readonly error: ErrorReport }

/** How the page reaches the engine: a message port in Electron, a WebSocket in a browser. */
export interface EngineTransport {
  /** Tries once. `say` takes plain sentences about what is being waited for. Never rejects. */
  dial(say: (note: string) => void): Promise<DialOutcome>
  /** Calls `listener` when it is worth dialling again at once; returns the function that ends that. */
  onWake(listener: () => void): () => void
}
