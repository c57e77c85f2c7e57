import type { ErrorReport } from './errors.ts'

/**
 * Messages between the Electron main process and the engine, which runs in a utility process. They carry life-cycle only;
 * every request of the console goes over a message port that main hands from the window to the engine.
 *
 * The engine is forked with the arguments `--workspace <folder>` and `--data <folder>`, both absolute: the operator's workspace and
 * the application's calendars, feature definitions and presets. A third one, `--create`, says that the workspace is to be made
 * in that folder first.
 */
export type HostToEngine =
  /** A window wants to talk: exactly one port is transferred with this message, and it speaks the contract. */
  | { readonly kind: 'connect' }
  /** Finish what can be finished in seconds, persist the rest, close the stores, then exit with code 0. */
  | { readonly kind: 'shutdown' }

export type EngineToHost =
  /** The stores are open and ports are accepted. */
  | { readonly kind: 'ready'; readonly workspace: string }
  /**
   * The engine cannot start (bad configuration, locked workspace, ...); it exits with code 1 after this. Sending takes a moment,
   * so the exit must not follow in the same turn: a message that is lost makes a failure look like a crash.
   */
  | { readonly kind: 'failed'; readonly error: ErrorReport }
  /** How many jobs run, sent on every change, so that closing the window can warn. */
  | { readonly kind: 'activity'; readonly runningJobs: number }
